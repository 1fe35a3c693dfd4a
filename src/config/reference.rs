//! Every key of the file with its meaning: what README and manual print.

/// Keys that are explained together.
#[derive(Debug)]
pub struct KeyRow {
    /// The tables they stand in; a name that people choose is `NAME`.
    pub tables: &'static [&'static str],
    pub keys: &'static [&'static str],
    /// Plain words; what is typed stands between backticks.
    pub meaning: &'static str,
}

const fn row(tables: &'static [&'static str], keys: &'static [&'static str], meaning: &'static str) -> KeyRow {
    KeyRow { tables, keys, meaning }
}

const AGENT: &[&str] = &["agent"];
const DESK: &[&str] = &["desk.NAME"];
const SMTP: &[&str] = &["desk.NAME.smtp"];
const SERVERS: &[&str] = &["desk.NAME.imap", "desk.NAME.smtp"];
const MAILBOX: &[&str] = &["desk.NAME.imap", "desk.NAME"];
const FOLDERS: &[&str] = &["desk.NAME.imap.folders"];
const PROJECT: &[&str] = &["project.NAME"];
const UI: &[&str] = &["ui"];

/// The keys in the order in which a file is written.
pub static KEYS: &[KeyRow] = &[
    row(AGENT, &["name"], "your short name on the desk, one word; the login name unless given"),
    row(AGENT, &["display", "address"], "your name and address as templates and senders' names show them"),
    row(DESK, &["source"], "`imap` or `maildir`"),
    row(DESK, &["path"], "the folder of a Maildir"),
    row(DESK, &["address"], "the mailbox's own address, where the login is none"),
    row(SERVERS, &["host", "user"], "server and login; of `smtp` the user is that of `imap` unless given (`\"\"`: no login)"),
    row(SERVERS, &["port"], "993 and 587 unless given"),
    row(SERVERS, &["tls"], "`implicit`, `starttls`, or `none` to loopback alone"),
    row(SERVERS, &["password_command", "password_file", "token_command"], "one of them: where the secret comes from"),
    row(SERVERS, &["ca_file"], "a certificate to trust besides the system's"),
    row(SMTP, &["command"], "instead of a server: a program that takes the mail, as `[\"sendmail\", \"-t\", \"-i\"]`"),
    row(SMTP, &["folders"], "instead of a server: mail is put into Maildirs below this folder and leaves for nowhere"),
    row(FOLDERS, &["inbox"], "the folders new mail comes into (`[\"INBOX\"]`)"),
    row(FOLDERS, &["sent", "archive", "junk"], "their names; `auto` takes what the server calls so"),
    row(FOLDERS, &["team"], "the folder of the team's log (`Postdesk`); `false` shares nothing"),
    row(MAILBOX, &["authserv_id"], "whose `Authentication-Results` to believe"),
    row(MAILBOX, &["archive_on_solve", "junk_on_spam"], "move mail as well (`false`); below `[desk.NAME]` on a Maildir"),
    row(PROJECT, &["desk", "name"], "the desk it belongs to, and what it is called"),
    row(PROJECT, &["addresses"], "where its mail comes to; `*@app.example.com` is a whole domain"),
    row(PROJECT, &["retired_addresses"], "received, never sent from"),
    row(PROJECT, &["from", "from_style"], "its sender, and how the agent's name stands in it: `{agent} ({project})`"),
    row(PROJECT, &["signature"], "stands below every mail, unless a template does"),
    row(PROJECT, &["templates"], "folders of templates (`./templates`)"),
    row(PROJECT, &["default"], "takes the mail that no address sorts (`false`)"),
    row(PROJECT, &["reopen_on_reply"], "a customer's mail opens a ticket again (`true`)"),
    row(PROJECT, &["acknowledge", "ticket_template", "on_new"], "checked, without effect in this version"),
    row(&["project.NAME.targets"], &["first_response", "resolution", "hours"], "checked, without effect in this version"),
    row(&["send"], &["undo_window"], "so long a mail can be called back on the screen (`10s`)"),
    row(&["send"], &["composer"], "`built-in`, or `external` for `$EDITOR` at once"),
    row(UI, &["theme"], "`default`, `light` or `dark`"),
    row(UI, &["mouse", "animations"], "clicks and wheel (`false`); redrawing only because time passes (`true`)"),
    row(UI, &["borders", "icons"], "`unicode`, or in seven bits `ascii` and `none`"),
    row(UI, &["after_action"], "where the cursor goes once a ticket is dealt with: `stay`, `next` or `back`"),
    row(&["outside"], &["opener"], "the program that opens links and files"),
    row(&["outside"], &["downloads"], "where attachments are saved"),
    row(&["outside"], &["clipboard"], "`auto`, `native`, `osc52`, `osc52-tmux` or `off`"),
    row(&["notify"], &["bell", "hook"], "ring, and run a program, when customers have written while the screen is open"),
    row(&["view.NAME"], &["query"], "a view of the queue of your own"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::read::keys_looked_for;
    use super::*;

    #[test]
    fn every_key_that_is_read_is_explained_once_and_no_other() {
        let mut explained = BTreeSet::new();
        for row in KEYS {
            for table in row.tables {
                for key in row.keys {
                    assert!(explained.insert(((*table).to_owned(), *key)), "`{key}` of [{table}] is there twice");
                }
            }
        }

        let read = keys_looked_for();

        assert_eq!(read.difference(&explained).collect::<Vec<_>>(), Vec::<&(String, &str)>::new(), "read, but not explained");
        assert_eq!(explained.difference(&read).collect::<Vec<_>>(), Vec::<&(String, &str)>::new(), "explained, but not read");
    }
}

//! The mailbox on its server: connection, login, what it offers, its folders.

use std::time::Instant;

use super::{Budget, LOG_RULES_AT_MOST, log_rules, timeouts};
use crate::config::{SecretSource, Server, TlsMode};
use crate::desk::DeskSetup;
use crate::desk::network::{endpoint, source_error};
use crate::protocol::doctor::Check;
use crate::store::folders::FolderRole;
use crate::sync::imap::ImapSource;
use crate::sync::pass::{self, FolderChoice};
use crate::sync::source::{MailSource, SourceError, SourceResult, Trouble, Waker};

const STEPS: [&str; 3] = ["imap connection", "imap tls", "imap login"];
const NOT_REACHED: &str = "not reached";

/// Everything about the mailbox, and the rules of the team's log tried in it.
pub fn checks(setup: &DeskSetup, server: &Server, stop: &Waker, tell: &mut dyn FnMut(Check)) {
    let endpoint = match endpoint(server) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            tell(Check::failed("imap password", error.to_string(), error.remedy()));
            return tell(Check::skipped("imap", "no password to log in with"));
        }
    };
    tell(Check::ok("imap password", format!("{} gives one", place(&server.secret))));
    let mut source = match ImapSource::connect(&endpoint, timeouts()) {
        Ok(source) => source,
        Err(error) => return stopped(server, &error).into_iter().for_each(tell),
    };
    passed(server).into_iter().for_each(&mut *tell);
    tell(capabilities(&source));
    folders(setup, &mut source).into_iter().for_each(&mut *tell);
    if setup.desk.folders.team.is_none() {
        source.close();
        return tell(Check::skipped("team log", "switched off: team = false"));
    }
    let budget = Budget { stop, until: Instant::now() + LOG_RULES_AT_MOST };
    log_rules::checks(setup, &endpoint, source, &budget, tell);
}

/// Where the password comes from, without a word of the command.
fn place(secret: &SecretSource) -> &'static str {
    match secret {
        SecretSource::Command(_) => "password_command",
        SecretSource::File(_) => "password_file",
        SecretSource::TokenCommand(_) => "token_command",
        SecretSource::None => "nobody",
    }
}

fn passed(server: &Server) -> [Check; 3] {
    let tls = match server.tls {
        TlsMode::Implicit => "protected from the first byte, certificate accepted",
        TlsMode::StartTls => "STARTTLS, certificate accepted",
        TlsMode::None => "switched off: this machine only",
    };
    let [connection, tls_step, login] = STEPS;
    [
        Check::ok(connection, format!("{}:{} answers", server.host, server.port)),
        Check::ok(tls_step, tls),
        Check::ok(login, format!("{} is let in", server.user)),
    ]
}

/// The step at which it ended has failed; those before it are well, those behind it were not reached.
fn stopped(server: &Server, error: &SourceError) -> Vec<Check> {
    let at = match error.trouble {
        Trouble::Tls => 1,
        Trouble::Auth => 2,
        _ => 0,
    };
    let told = source_error(error);
    let well = passed(server).into_iter().take(at);
    let failed = STEPS.iter().skip(at).take(1).map(|name| Check::failed(name, told.to_string(), told.remedy()));
    let rest = STEPS.iter().skip(at + 1).chain(&["imap folders", "team log"]).map(|name| Check::skipped(name, NOT_REACHED));
    well.chain(failed).chain(rest).collect()
}

/// Capabilities that matter, and what their absence means; the first ones are missed.
const MISSED: [(&str, &str); 3] = [
    ("UIDPLUS", "no message can be deleted alone: the log is never compacted, and nothing is moved"),
    ("CONDSTORE", "every sync compares all flags"),
    ("IDLE", "the server is asked for news every 10 seconds instead of telling them"),
];
const WELCOME: [&str; 7] = ["QRESYNC", "ESEARCH", "MOVE", "MULTIAPPEND", "LITERAL+", "SPECIAL-USE", "NAMESPACE"];

fn capabilities(source: &ImapSource) -> Check {
    let name = "imap capabilities";
    let missed: Vec<String> = MISSED.iter().filter(|(what, _)| !source.can(what)).map(|(what, means)| format!("no {what}: {means}")).collect();
    let known = MISSED.iter().map(|(what, _)| *what).chain(WELCOME);
    let (here, lacking): (Vec<&str>, Vec<&str>) = known.partition(|what| source.can(what));
    let lacking = lacking.into_iter().filter(|what| WELCOME.contains(what)).collect::<Vec<_>>().join(" ");
    let without = if lacking.is_empty() { String::new() } else { format!("; without {lacking}") };
    let seen = format!("{}{without}", here.join(" "));
    if missed.is_empty() {
        return Check::ok(name, seen);
    }
    Check::degraded(name, format!("{}. Offered: {seen}", missed.join("; ")), "Everything works, slower; only the server's operator could change it.")
}

/// The folders that are read, by what they are for.
fn folders(setup: &DeskSetup, source: &mut dyn MailSource) -> Vec<Check> {
    let configured = &setup.desk.folders;
    let choice = FolderChoice {
        inbox: configured.inbox.clone(),
        sent: configured.sent.clone(),
        archive: configured.archive.clone(),
        junk: configured.junk.clone(),
    };
    let found = match pass::folders(source, &choice).and_then(|found| Ok((found, source.folders()?))) {
        Ok(found) => found,
        Err(error) => return vec![Check::failed("imap folders", error.to_string(), error.remedy())],
    };
    let (roles, listed) = found;
    let mut checks: Vec<Check> = roles.iter().map(|(name, role)| readable(source, name, *role)).collect();
    for (role, word, needed) in [
        (FolderRole::Sent, "sent", "answers are not filed, and answers given in other programs are not seen"),
        (FolderRole::Archive, "archive", "nothing can be archived on solving"),
        (FolderRole::Junk, "junk", "nothing can be moved there as spam"),
    ] {
        if !roles.iter().any(|(_, known)| *known == role) {
            let remedy = format!("Name the folder in the desk's configuration, folders = {{ {word} = \"…\" }}, or create one.");
            checks.push(Check::degraded(&format!("{word} folder"), format!("none was found: {needed}"), remedy));
        }
    }
    checks.extend(configured.team.as_ref().map(|team| {
        if listed.iter().any(|folder| folder.name == *team) {
            Check::ok("team folder", format!("{team} is there"))
        } else {
            Check::ok("team folder", format!("{team} is not there yet; it is made when the first change is shared"))
        }
    }));
    checks
}

fn readable(source: &mut dyn MailSource, folder: &str, role: FolderRole) -> Check {
    let word = match role {
        FolderRole::Inbox => "inbox",
        FolderRole::Sent => "sent",
        FolderRole::Archive => "archive",
        FolderRole::Junk => "junk",
    };
    let name = format!("{word} folder");
    let selected: SourceResult<_> = source.select(folder, None);
    match selected {
        Ok(selected) if selected.read_only => Check::degraded(
            &name,
            format!("{folder}: {} messages, read-only", selected.exists),
            "What is read here is not marked on the server; ask its operator for the right to write.",
        ),
        Ok(selected) => Check::ok(&name, format!("{folder}: {} messages", selected.exists)),
        Err(error) => Check::failed(&name, error.to_string(), error.remedy()),
    }
}

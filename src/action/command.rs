//! What only the command line offers: sync, demo, outbox, templates, …

use super::{Action, Arg, Command, Scope, Sub, Value};

const JSON: Arg = Arg::flag("json", "Prints JSON Lines");
const DRAFT_ID: Arg = Arg::word("id", Value::DraftId, "The draft, as `drafts list` names it");
const OUTBOX_ID: Arg = Arg::word("id", Value::OutboxId, "The mail, as `outbox list` names it");

pub static ACTIONS: &[Action] = &[
    Action {
        name: "demo",
        title: "Try a generated desk",
        help: "Makes a desk full of generated mail in a local folder and opens it: no account, no network, and no mail leaves. \
               Piped, it prints the list of tickets. With a command behind `--` it runs that on the demo desk. The desk is kept until --fresh. \
               The same seed makes the same mail, tickets and order; only the dates follow the clock. 100,000 mails are made and read in \
               within a minute and take 1 GB, a million within ten minutes and 10 GB.",
        scopes: &[],
        keys: &[],
        args: &[
            Arg::option("messages", Value::Number, "How many mails to generate, up to some millions (default 240)"),
            Arg::option("seed", Value::Number, "The same seed makes the same desk (default 1)"),
            Arg::option("dir", Value::Folder, "Where the desk is kept, instead of the data directory"),
            Arg::flag("fresh", "Throws the demo desk away and makes it anew"),
            Arg::word("command", Value::CommandLine, "A command to run on the demo desk").optional().many(),
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk demo", "opens the demo desk"),
                ("postdesk demo --messages 100000 --dir large", "opens a large desk, kept in the folder `large`"),
                ("postdesk demo -- list status:open --json", "lists its open tickets for a script"),
                ("postdesk demo -- reply 1 --template refund --send", "answers a ticket of the demo desk"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "sync",
        title: "Sync now",
        help: "Fetches new mail, opens and reopens tickets, and sends what waits in the outbox. \
               With --watch it stays and does so whenever something arrives, until it is interrupted. \
               If the folder of the team's log was deleted or emptied, or the server has lost the order of its mails, postdesk says so and \
               writes nothing there; --restore-log puts back what this computer knows.",
        scopes: &[Scope::Global],
        keys: &["$", "ctrl-r"],
        args: &[
            Arg::flag("watch", "Stays connected and syncs again on news, until interrupted"),
            Arg::flag("restore-log", "Puts the team's log back into its folder, from what is known here"),
            JSON,
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk sync", "syncs every configured desk once"),
                ("postdesk --desk acme sync --watch", "keeps one desk up to date"),
                ("postdesk sync --restore-log", "puts the team's log back after somebody has deleted its folder"),
                ("postdesk sync --json", "reports counts and bytes per step"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "list",
        title: "List tickets",
        help: "Prints tickets, newest activity first; without a query all that are not spam. \
               The query is that of the screen: status:open assignee:me project:app tag:billing from:@acme.example is:unread, words, \"a phrase\", -, OR.",
        scopes: &[],
        keys: &[],
        args: &[
            Arg::word("query", Value::Query, "Which tickets; several words mean all of them").optional().many(),
            Arg::option("sort", Value::Sort, "updated, created, priority, number, waiting, status, assignee or requester (default updated)"),
            Arg::option("limit", Value::Number, "At most so many tickets (default 50)"),
            JSON,
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk list", "the queue"),
                ("postdesk list assignee:me status:open --sort priority", "my open tickets, the urgent ones first"),
                ("postdesk list 'from:@acme.example \"credit note\"' --json", "tickets for a script"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "show",
        title: "Show a ticket",
        help: "Prints a ticket: its state, its messages from the oldest to the newest, notes and changes.",
        scopes: &[],
        keys: &[],
        args: &[
            Arg::word("ticket", Value::Ticket, "The ticket: 1042, #1042, or at least four digits of its key"),
            Arg::flag("raw", "Prints the mails as they came, byte for byte"),
            Arg::flag("headers", "Prints the mails' headers"),
            JSON,
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk show 1042", "reads a ticket"), ("postdesk show 1042 --json", "everything about it, for a script")],
            hidden: false,
        }),
    },
    Action {
        name: "outbox",
        title: "Look after outgoing mail",
        help: "Mail that has been accepted for sending, until it has left.",
        scopes: &[],
        keys: &[],
        args: &[],
        undo: false,
        command: Some(Command {
            under: &[
                Sub { name: "list", help: "Prints what is in the outbox", args: &[JSON] },
                Sub {
                    name: "show",
                    help: "Prints a mail as it will be sent or was sent, how it stands, and what others have written since it was begun",
                    args: &[OUTBOX_ID, Arg::flag("json", "Prints one JSON object")],
                },
                Sub {
                    name: "retry",
                    help: "Tries to send a mail again",
                    args: &[OUTBOX_ID, Arg::flag("anyway", "Sends one that is held, or may have been sent already")],
                },
                Sub { name: "cancel", help: "Takes a mail out of the outbox; it is not sent", args: &[OUTBOX_ID] },
                Sub { name: "edit", help: "Makes a mail in the outbox a draft again", args: &[OUTBOX_ID] },
            ],
            examples: &[
                ("postdesk outbox list", "what has not left yet, and why"),
                ("postdesk outbox show 7", "reads one, beside what came in between"),
                ("postdesk outbox retry 7 --anyway", "sends a held mail after a look at it"),
                ("postdesk outbox cancel 7", "gives a mail up"),
                ("postdesk outbox edit 7", "makes it a draft again"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "drafts",
        title: "Look after drafts",
        help: "Answers that have been begun and not sent.",
        scopes: &[],
        keys: &[],
        args: &[],
        undo: false,
        command: Some(Command {
            under: &[
                Sub { name: "list", help: "Prints the drafts, discarded ones too while they can be recovered", args: &[JSON] },
                Sub { name: "show", help: "Prints what would be sent, to whom, and what stands against it", args: &[DRAFT_ID] },
                Sub {
                    name: "send",
                    help: "Checks and sends a draft",
                    args: &[DRAFT_ID, Arg::option("allow", Value::Check, "Overrides one check on purpose; may be repeated").many(), super::CROWD],
                },
                Sub { name: "recover", help: "Takes a draft out of the trash", args: &[DRAFT_ID] },
                Sub { name: "discard", help: "Puts a draft into the trash, where it stays for seven days", args: &[DRAFT_ID] },
            ],
            examples: &[
                ("postdesk drafts list", "what has been begun"),
                ("postdesk drafts show 4", "reads one"),
                ("postdesk drafts send 4", "sends a draft after its review"),
                ("postdesk drafts discard 4", "puts it into the trash"),
                ("postdesk drafts recover 4", "takes it out again"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "templates",
        title: "Look after templates",
        help: "The answers a project keeps in its template folders.",
        scopes: &[],
        keys: &[],
        args: &[],
        undo: false,
        command: Some(Command {
            under: &[
                Sub {
                    name: "list",
                    help: "Prints the templates of each project",
                    args: &[Arg::option("project", Value::Project, "Only those of this project"), JSON],
                },
                Sub { name: "check", help: "Looks for mistakes in all templates; fails when there are any", args: &[] },
                Sub {
                    name: "render",
                    help: "Prints a template filled in for a ticket",
                    args: &[
                        Arg::word("name", Value::Template, "The template"),
                        Arg::option("ticket", Value::Ticket, "The ticket it is filled in for").required(),
                    ],
                },
            ],
            examples: &[
                ("postdesk templates check", "finds mistakes before customers do"),
                ("postdesk templates render refund --ticket 1042", "shows a template filled in"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "parse",
        title: "Explain how mail is read",
        help: "Prints how mail files are read: parts, what is new text, class, routing, and why. \
               Needs no configuration and does not fail, whatever the mail is; with a configuration the project is named too.",
        scopes: &[],
        keys: &[],
        args: &[Arg::word("file", Value::File, "Files with one mail each; `-` reads standard input").many(), JSON],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk parse mail.eml", "explains one mail"), ("postdesk parse *.eml --json", "one object per file")],
            hidden: false,
        }),
    },
    Action {
        name: "import",
        title: "Import a mail archive",
        help: "Puts the mails of an archive into the desk's inbox, in its Maildir or on its IMAP server, and reads them from there, so that \
               the whole team has them. An archive is an mbox file, a Maildir, or a folder with either or with single mails; `-` reads an mbox from standard input. \
               Each mail keeps its bytes, the flags the archive notes, and the date of its arrival: that of the mbox's `From` line, else its own Date. \
               What the mailbox holds already is passed over, so an interrupted import is done again with the same command. \
               In an mbox, `>From` lines lose one `>` (mboxrd). On its way through an IMAP server a mail gets CRLF line ends, which export takes off again.",
        scopes: &[],
        keys: &[],
        args: &[Arg::word("archive", Value::File, "mbox files, Maildirs or folders of mail; `-` reads an mbox from standard input").many(), JSON],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk import support-2025.mbox", "adds an old archive to the mailbox"),
                ("postdesk demo -- import ~/Maildir", "tries a Maildir on the demo desk; the original is only read"),
                ("zstd -dc list.mbox.zst | postdesk import -", "imports what another program unpacks"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "export",
        title: "Export mail and tickets",
        help: "Writes all tickets, or those a query finds, spam included. mbox: the mails byte for byte, in the order in which they came into the mailbox, \
               quoted the mboxrd way; the `From` line before each is always the same (mboxrd@z, 1970), because sender and dates stand in the mail, and line ends are line feeds. \
               json: one ticket per line as `show --json` prints it, with the Message-IDs in it. csv: one ticket per line with the columns of the queue, for a spreadsheet. \
               markdown: each ticket as a conversation to read. --redact writes placeholders for the addresses and names of people and agents and for Message-IDs, the same \
               one for the same person throughout; what else people tell in their own words stays. What is here only in part is fetched whole first, unless --offline.",
        scopes: &[],
        keys: &[],
        args: &[
            Arg::word("query", Value::Query, "Which tickets; several words mean all of them").optional().many(),
            Arg::option("format", Value::Text, "mbox, json, csv or markdown").required(),
            Arg::option("output", Value::File, "Writes this file instead of standard output; it is there only when it is complete"),
            Arg::flag("redact", "Writes placeholders for people; not for mbox"),
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk export --format mbox --output all.mbox", "saves every mail"),
                ("postdesk export project:app 'created:>2026-01-01' --format json > app.jsonl", "tickets for a script"),
                ("postdesk export number:1042 --format markdown --redact", "a conversation to show to others"),
                ("postdesk export status:solved --format csv --output solved.csv", "a table for a spreadsheet"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "doctor",
        title: "Find out what is wrong",
        help: "Tries out what a desk needs and prints what was seen and what to do about each fault: files and versions, configuration, terminal, \
               login, folders, the way out by SMTP, and the rules of the team's log. Those are tried in a folder made for it in the mailbox, with some \
               forty small mails, and the folder is removed again; what a killed run leaves behind the next one removes. No mail is sent. \
               It takes about a minute at most; --offline leaves the servers out. No password is printed, so the output can be shown to others. \
               With --json each check is an object with check, outcome (ok, degraded, failed or skipped), seen, remedy and desk. \
               It fails when any check has failed.",
        scopes: &[],
        keys: &[],
        args: &[JSON],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk doctor", "examines every configured desk"),
                ("postdesk --desk acme --offline doctor", "looks at files and configuration alone"),
                ("postdesk doctor --json", "one object per check, for a script"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "completions",
        title: "Print shell completions",
        help: "Prints a completion script for a shell: bash, zsh, fish, elvish or powershell.",
        scopes: &[],
        keys: &[],
        args: &[Arg::word("shell", Value::Shell, "bash, zsh, fish, elvish or powershell")],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[(
                "postdesk completions bash > ~/.local/share/bash-completion/completions/postdesk",
                "completes commands and options in bash",
            )],
            hidden: false,
        }),
    },
    Action {
        name: "man",
        title: "Print the manual page",
        help: "Prints the manual page in roff, as it is kept in man/postdesk.1.",
        scopes: &[],
        keys: &[],
        args: &[],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk man > man/postdesk.1", "regenerates the page that is kept with the source")],
            hidden: true,
        }),
    },
];

//! What is written on tickets: answers, new mail, mail passed on, and notes.

use super::{Action, Arg, Command, ON_TICKETS, Scope, TICKET, Value};

/// The mail of a ticket that is answered or passed on.
const MESSAGE: Arg = Arg::option("message", Value::Message, "The mail it is about: its place, 1 being the oldest, or its Message-ID");

/// What `reply`, `forward` and `new` share; kept in this order in help.
const BODY: Arg = Arg::option("body", Value::File, "A file with the text; `-` reads standard input. Comes below the template's text");
const TEMPLATE: Arg = Arg::option("template", Value::Template, "Begins with a template of the project");
const ATTACH: Arg = Arg::option("attach", Value::File, "A file to send along; may be repeated").many();
const CC: Arg = Arg::option("cc", Value::Address, "A further recipient everybody sees; may be repeated").many();
const BCC: Arg = Arg::option("bcc", Value::Address, "A further recipient nobody sees; may be repeated").many();
const DRY_RUN: Arg = Arg::flag("dry-run", "Prints what would be sent, and keeps nothing");
const SEND: Arg = Arg::flag("send", "Sends at once; without it a draft is kept for review");
const ALLOW: Arg = Arg::option("allow", Value::Check, "Overrides one check on purpose; may be repeated").many();

/// The arguments of an order that writes a mail: its own, then those all of them share.
macro_rules! writing {
    ($($own:expr),+ $(,)?) => {
        &[$($own,)+ TEMPLATE, BODY, ATTACH, CC, BCC, DRY_RUN, SEND, ALLOW]
    };
}
pub static ACTIONS: &[Action] = &[
    Action {
        name: "reply",
        title: "Reply to all",
        help: "Answers a mail of a ticket, on the screen the one in focus, else the newest: its sender and the other participants. \
               Without --send the answer is kept as a draft and shown for review.",
        scopes: ON_TICKETS,
        keys: &["r"],
        args: writing![
            TICKET,
            MESSAGE,
            Arg::option("to", Value::Address, "Answers to this address instead of the usual ones; may be repeated").many(),
            Arg::option("status", Value::Status, "The status the ticket gets once the answer is accepted"),
            super::CROWD,
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk reply 1042 --template refund --send", "answers with the project's template `refund`"),
                ("postdesk reply 1042 --body answer.md --status pending --send", "answers with a text, then waits for the requester"),
                ("echo 'Done.' | postdesk reply 1042 --body - --dry-run", "shows what would be sent, and to whom"),
                ("postdesk reply 1042 --message 2 --body answer.md", "answers the second mail instead of the newest"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "reply-sender",
        title: "Reply to the sender alone",
        help: "Answers the mail in focus, else the newest of the ticket, and nobody but its sender.",
        scopes: ON_TICKETS,
        keys: &["R"],
        args: &[],
        undo: false,
        command: None,
    },
    Action {
        name: "reply-template",
        title: "Reply from a template",
        help: "Chooses one of the project's templates and begins an answer to the mail in focus with it.",
        scopes: ON_TICKETS,
        keys: &["T"],
        args: &[Arg::word("template", Value::Template, "The template to begin with").optional()],
        undo: false,
        command: None,
    },
    Action {
        name: "new",
        title: "New outgoing mail",
        help: "Writes to a customer first; the mail opens a ticket. Without --send it is kept as a draft and shown for review.",
        scopes: &[Scope::Global],
        keys: &["m"],
        args: writing![
            Arg::option("project", Value::Project, "The project that writes").required(),
            Arg::option("to", Value::Address, "Who it goes to; may be repeated").many().required(),
            Arg::option("subject", Value::Text, "The subject").required(),
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[(
                "postdesk new --project app --to ana@example.org --subject 'Your order' --body mail.md --send",
                "writes to a customer and opens a ticket",
            )],
            hidden: false,
        }),
    },
    Action {
        name: "forward",
        title: "Forward",
        help: "Passes a mail of a ticket on to somebody else, with its files: on the screen the one in focus, else the newest. Notes are never passed on. \
               Without --send it is kept as a draft and shown for review.",
        scopes: ON_TICKETS,
        keys: &["f"],
        args: writing![TICKET, MESSAGE, Arg::option("to", Value::Address, "Who it goes to; may be repeated").many().required()],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk forward 1042 --to lab@partner.example --send", "passes the newest mail of the ticket on")],
            hidden: false,
        }),
    },
    Action {
        name: "note",
        title: "Write an internal note",
        help: "Adds internal text to a ticket. A note is never mailed to anybody. \
               Without --body the text is read from standard input. \
               With --edit a note of yours says that instead; everybody sees the new text, and that it was corrected.",
        scopes: ON_TICKETS,
        keys: &["c"],
        args: &[
            TICKET,
            Arg::option("body", Value::File, "A file with the text; `-` reads standard input"),
            Arg::option("edit", Value::Note, "Corrects this note instead: its place, 1 being the oldest, or its id in `show --json`"),
        ],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("echo 'Refund approved by Kim' | postdesk note 1042", "adds a note for the team"),
                ("echo 'Refund approved by Lee' | postdesk note 1042 --edit 1", "corrects the oldest note of the ticket"),
            ],
            hidden: false,
        }),
    },
];

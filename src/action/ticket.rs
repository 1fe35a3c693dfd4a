//! What is done to tickets, on the screen and on the command line alike.

use super::{Action, Arg, Command, Scope, Value};

const ON_TICKETS: &[Scope] = &[Scope::List, Scope::Ticket];

const TICKET: Arg = Arg::word("ticket", Value::Ticket, "The ticket: 1042, #1042, or at least four digits of its key");
const TICKETS: Arg = Arg::word("ticket", Value::Ticket, "The tickets: numbers, or at least four digits of a key each").many();

/// What `reply` and `new` share; kept in this order in help.
const BODY: Arg = Arg::option("body", Value::File, "A file with the text; `-` reads standard input. Comes below the template's text");
const TEMPLATE: Arg = Arg::option("template", Value::Template, "Begins with a template of the project");
const ATTACH: Arg = Arg::option("attach", Value::File, "A file to send along; may be repeated").many();
const CC: Arg = Arg::option("cc", Value::Address, "A further recipient everybody sees; may be repeated").many();
const BCC: Arg = Arg::option("bcc", Value::Address, "A further recipient nobody sees; may be repeated").many();
const DRY_RUN: Arg = Arg::flag("dry-run", "Prints what would be sent, and keeps nothing");
const SEND: Arg = Arg::flag("send", "Sends at once; without it a draft is kept for review");
const ALLOW: Arg = Arg::option("allow", Value::Check, "Overrides one check on purpose; may be repeated").many();

pub static ACTIONS: &[Action] = &[
    Action {
        name: "reply",
        title: "Reply to all",
        help: "Answers the newest message of a ticket: its sender and the other participants. \
               Without --send the answer is kept as a draft and shown for review.",
        scopes: ON_TICKETS,
        keys: &["r"],
        args: &[
            TICKET,
            TEMPLATE,
            BODY,
            ATTACH,
            Arg::option("to", Value::Address, "Answers to this address instead of the usual ones; may be repeated").many(),
            CC,
            BCC,
            Arg::option("status", Value::Status, "The status the ticket gets once the answer is accepted"),
            DRY_RUN,
            SEND,
            ALLOW,
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk reply 1042 --template refund --send", "answers with the project's template `refund`"),
                ("postdesk reply 1042 --body answer.md --status pending --send", "answers with a text, then waits for the requester"),
                ("echo 'Done.' | postdesk reply 1042 --body - --dry-run", "shows what would be sent, and to whom"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "reply-sender",
        title: "Reply to the sender alone",
        help: "Answers the newest message of a ticket, and nobody but its sender.",
        scopes: ON_TICKETS,
        keys: &["R"],
        args: &[],
        undo: false,
        command: None,
    },
    Action {
        name: "reply-template",
        title: "Reply from a template",
        help: "Chooses one of the project's templates and begins an answer with it.",
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
        scopes: &[],
        keys: &[],
        args: &[
            Arg::option("project", Value::Project, "The project that writes").required(),
            Arg::option("to", Value::Address, "Who it goes to; may be repeated").many().required(),
            Arg::option("subject", Value::Text, "The subject").required(),
            TEMPLATE,
            BODY,
            ATTACH,
            CC,
            BCC,
            DRY_RUN,
            SEND,
            ALLOW,
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
        name: "note",
        title: "Write an internal note",
        help: "Adds internal text to a ticket. A note is never mailed to anybody. \
               Without --body the text is read from standard input.",
        scopes: ON_TICKETS,
        keys: &["c"],
        args: &[TICKET, Arg::option("body", Value::File, "A file with the text; `-` reads standard input")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[("echo 'Refund approved by Kim' | postdesk note 1042", "adds a note for the team")],
            hidden: false,
        }),
    },
    Action {
        name: "assign",
        title: "Assign to somebody",
        help: "Gives tickets to an agent; `me` takes them, `none` puts them back.",
        scopes: ON_TICKETS,
        keys: &["a"],
        args: &[TICKETS, Arg::word("assignee", Value::Agent, "An agent's short name, `me` or `none`")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk assign 1042 me", "takes the ticket"),
                ("postdesk assign 1042 1043 ana", "gives both to ana"),
                ("postdesk assign 1042 none", "puts it back into the queue"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "assign-me",
        title: "Assign to me",
        help: "Takes the ticket.",
        scopes: ON_TICKETS,
        keys: &["A"],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "status",
        title: "Set the status",
        help: "Sets the status of tickets: open, pending (waiting for the requester), hold (waiting for a third party), solved or spam.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[TICKETS, Arg::word("status", Value::Status, "open, pending, hold, solved or spam")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk status 1042 solved", "solves the ticket"),
                ("postdesk status 1042 1043 1044 pending", "three wait for their requesters"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "solve",
        title: "Solve",
        help: "Sets the status to solved. The customer's next mail reopens the ticket.",
        scopes: ON_TICKETS,
        keys: &["x", "s s"],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "reopen",
        title: "Reopen",
        help: "Sets the status to open.",
        scopes: ON_TICKETS,
        keys: &["X", "s o"],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "pending",
        title: "Wait for the requester",
        help: "Sets the status to pending: the requester has to answer first.",
        scopes: ON_TICKETS,
        keys: &["s p"],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "hold",
        title: "Put on hold",
        help: "Sets the status to hold: a third party has to act first.",
        scopes: ON_TICKETS,
        keys: &["s h"],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "spam",
        title: "Mark as spam",
        help: "Sets the status to spam: the ticket leaves the default views.",
        scopes: ON_TICKETS,
        keys: &["s x"],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "priority",
        title: "Set the priority",
        help: "Sets how urgent tickets are: low, normal, high or urgent.",
        scopes: ON_TICKETS,
        keys: &["!"],
        args: &[TICKETS, Arg::word("priority", Value::Priority, "low, normal, high or urgent")],
        undo: true,
        command: Some(Command { under: &[], examples: &[("postdesk priority 1042 urgent", "moves the ticket to the front")], hidden: false }),
    },
    Action {
        name: "tag",
        title: "Add and remove tags",
        help: "Adds (+) and removes (-) tags of tickets. Tags are lower-case words.",
        scopes: ON_TICKETS,
        keys: &["t"],
        args: &[TICKETS, Arg::word("change", Value::TagChange, "+TAG adds a tag, -TAG removes it").many()],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk tag 1042 +billing -unsure", "adds one tag and removes another"),
                ("postdesk tag 1042 1043 +outage", "tags both tickets"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "undo",
        title: "Undo the last change",
        help: "Takes back your newest change that has not been taken back yet, or the one named. A sent mail cannot be undone.",
        scopes: &[Scope::Global],
        keys: &["u"],
        args: &[Arg::word("event", Value::Event, "The change, as `show --json` prints its id").optional()],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk undo", "takes back the newest change"), ("postdesk undo 00c0ffee00c0ffee.17", "takes back one change by its id")],
            hidden: false,
        }),
    },
];

//! What is done to tickets, on the screen and on the command line alike.

use super::{Action, Arg, Command, Scope, Value};

const ON_TICKETS: &[Scope] = &[Scope::List, Scope::Ticket];

const TICKET: Arg = Arg::word("ticket", Value::Ticket, "The ticket: 1042, #1042, or at least four digits of its key");
const TICKETS: Arg = Arg::word("ticket", Value::Ticket, "The tickets: numbers, or at least four digits of a key each").many();

/// One of the suggestions for a ticket.
const WHICH: Arg = Arg::word("which", Value::Text, "Which of them: the other ticket or the address; without it the surest").optional();

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
        name: "snooze",
        title: "Let sleep until later",
        help: "Takes tickets out of the way until a time: 30m, 3h, 2d, tomorrow, monday, next week, 2026-12-24 or \"2026-12-24 15:30\"; `off` wakes them. \
               Days begin at nine in the morning.",
        scopes: ON_TICKETS,
        keys: &["z d"],
        args: &[TICKETS, Arg::word("when", Value::Moment, "3h, tomorrow, \"next week\", a date, or `off`")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk snooze 1042 tomorrow", "comes back tomorrow morning"),
                ("postdesk snooze 1042 1043 3h", "both sleep for three hours"),
                ("postdesk snooze 1042 off", "wakes the ticket"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "move",
        title: "Move to another project",
        help: "Gives tickets to another project of the desk; the next answer is that project's.",
        scopes: ON_TICKETS,
        keys: &[">"],
        args: &[TICKETS, Arg::word("project", Value::Project, "The project's name in the configuration")],
        undo: true,
        command: Some(Command { under: &[], examples: &[("postdesk move 1042 shop", "gives the ticket to another project")], hidden: false }),
    },
    Action {
        name: "merge",
        title: "Merge into another ticket",
        help: "Makes tickets part of another one: their mail and notes stand there, and later mail follows. Undo takes them out again.",
        scopes: ON_TICKETS,
        keys: &["M"],
        args: &[TICKETS, Arg::word("into", Value::Ticket, "The ticket that stays")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk merge 1043 1042", "1043 becomes part of 1042"), ("postdesk merge 1043 1044 1042", "both become part of 1042")],
            hidden: false,
        }),
    },
    Action {
        name: "split",
        title: "Split into two tickets",
        help: "Makes a message of a ticket, and what follows it there, a ticket of their own; later answers to them follow. Undo joins the two again.",
        scopes: &[Scope::Ticket],
        keys: &["#"],
        args: &[TICKET, Arg::word("message", Value::Message, "The first mail that leaves: its place, 1 being the oldest, or its Message-ID")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk split 1042 3", "the third mail and those behind it become a ticket of their own")],
            hidden: false,
        }),
    },
    Action {
        name: "link",
        title: "Link as related",
        help: "Notes that tickets are related to another one, without making them one.",
        scopes: ON_TICKETS,
        keys: &["&"],
        args: &[TICKETS, Arg::word("other", Value::Ticket, "The ticket it is related to"), Arg::flag("remove", "Takes the link away instead")],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk link 1042 1017", "relates the two"), ("postdesk link 1042 1017 --remove", "no longer")],
            hidden: false,
        }),
    },
    Action {
        name: "unlink",
        title: "Take a link away",
        help: "Chooses one of the tickets this one is linked with; they are related no more. Of several marked tickets the links among them go.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[],
        undo: true,
        command: None,
    },
    Action {
        name: "participant",
        title: "Add and remove participants",
        help: "Adds (+) addresses to those who get the answers of tickets, and takes (-) some off, although they stand in the mail.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[TICKETS, Arg::word("change", Value::ParticipantChange, "+ADDRESS adds somebody, -ADDRESS takes somebody off").many()],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk participant 1042 +boss@example.org -list@example.org", "the boss gets the answers, the list does not"),
                ("postdesk participant 1042 1043 +boss@example.org", "the boss gets the answers of both"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "subject",
        title: "Change the subject",
        help: "Changes what tickets are called here, and in later answers.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[TICKETS, Arg::word("text", Value::Text, "The new subject")],
        undo: true,
        command: Some(Command { under: &[], examples: &[("postdesk subject 1042 'Refund for order 77'", "says what it is about")], hidden: false }),
    },
    Action {
        name: "apply",
        title: "Apply a change anyway",
        help: "Makes a change of yours that was not applied because somebody else was first, in knowledge of the other; `sync` and `show` name such changes. \
               Without an event all of the tickets' are made. --leave lets them be, and they are mentioned no more.",
        scopes: ON_TICKETS,
        keys: &["C"],
        args: &[
            TICKETS,
            Arg::word("event", Value::Event, "The change, as `show --json` prints its id; without it every one of the tickets").optional(),
            Arg::flag("leave", "Leaves it as it is, and takes it off the list of what is to be decided"),
        ],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk apply 1042 00c0ffee00c0ffee.17", "the change is made in knowledge of the other one"),
                ("postdesk apply 1042 1043", "everything of yours that was not applied to the two is"),
                ("postdesk apply 1042 --leave", "what was not applied to it stays so"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "accept",
        title: "Accept the suggestion",
        help: "Joins a ticket with the one it seems to belong to: the one its subject names, or an earlier one of the same person under the same subject; \
               or lets a person take part who joined by a reference. `show` prints the suggestions; nothing is done without this.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[TICKET, WHICH],
        undo: true,
        command: Some(Command { under: &[], examples: &[("postdesk accept 1042", "joins it with the ticket that is suggested")], hidden: false }),
    },
    Action {
        name: "dismiss",
        title: "Dismiss the suggestion",
        help: "Says that a ticket does not belong to the one that is suggested, or that a person stays out; it is suggested no more, to nobody.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[TICKET, WHICH],
        undo: true,
        command: Some(Command {
            under: &[],
            examples: &[("postdesk dismiss 1042", "what is suggested is not so"), ("postdesk dismiss 1042 1017", "1042 and 1017 are two matters")],
            hidden: false,
        }),
    },
    Action {
        name: "suggestions",
        title: "what it may belong to",
        help: "Lists the tickets it is possibly related to and the people who joined without being confirmed: to be looked at, accepted or dismissed.",
        scopes: ON_TICKETS,
        keys: &["L"],
        args: &[],
        undo: false,
        command: None,
    },
    Action {
        name: "forget",
        title: "Forget a person",
        help: "Redacts what is stored here of one person's mail (name, address, subject, text, attachments) and has colleagues' clients do the same. \
               Their mail on the server is not touched. This cannot be undone. It asks first. On the screen it is the requester unless an address is given.",
        scopes: ON_TICKETS,
        keys: &[],
        args: &[
            Arg::word("address", Value::Address, "The person's address"),
            Arg::flag("yes", "Does not ask; where standard input is no terminal nobody is asked anyway"),
        ],
        undo: false,
        command: Some(Command {
            under: &[],
            examples: &[
                ("postdesk forget carla@example.org", "redacts what is known of her, after a question"),
                ("postdesk forget carla@example.org --yes", "does so at once"),
            ],
            hidden: false,
        }),
    },
    Action {
        name: "redo",
        title: "Redo what was undone",
        help: "Does again what was undone last, as long as nothing new was done since.",
        scopes: &[Scope::Global],
        keys: &["U"],
        args: &[],
        undo: true,
        command: Some(Command { under: &[], examples: &[("postdesk redo", "does the last undone change again")], hidden: false }),
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

//! Second thoughts: what was not applied, what is suggested, what is taken back, and who is forgotten.

use super::{Action, Arg, Command, ON_TICKETS, Scope, TICKET, TICKETS, Value};

/// One of the suggestions for a ticket.
const WHICH: Arg = Arg::word("which", Value::Text, "Which of them: the other ticket or the address; without it the surest").optional();

pub static ACTIONS: &[Action] = &[
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
            Arg::flag(
                "leave",
                "Leaves it as it is, and takes it off the list of what is to be decided; a named change the mail server never takes is left out",
            ),
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
            Arg::flag(
                "yes",
                "Does not ask, and does it even if nothing here is from or to it; where standard input is no terminal nobody is asked anyway",
            ),
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
        help: "Takes back your newest change that is in force, or the one named. One that was not applied is passed over; one that a colleague has changed \
               since is refused once, and the next undo goes on to what came before it. A sent mail cannot be undone.",
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

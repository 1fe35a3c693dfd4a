//! What only the screen offers: moving, opening, searching, quitting.
//!
//! The order is that of the help screen; the first entries of a scope are the
//! ones the footer shows while there is room.

use super::{Action, Arg, Scope, Value};

const LIST: &[Scope] = &[Scope::List];
const TICKET: &[Scope] = &[Scope::Ticket];
const BOTH: &[Scope] = &[Scope::List, Scope::Ticket];
const REVIEW: &[Scope] = &[Scope::Review];
const COMPOSE: &[Scope] = &[Scope::Compose];
const WRITING: &[Scope] = &[Scope::Compose, Scope::Review];
const DRAFTS: &[Scope] = &[Scope::Drafts];
const CONFLICTS: &[Scope] = &[Scope::Conflicts];
const OUTBOX: &[Scope] = &[Scope::Outbox];
const JOBS: &[Scope] = &[Scope::Jobs];
const HELP: &[Scope] = &[Scope::Help];
const GLOBAL: &[Scope] = &[Scope::Global];
const ROWS: &[Scope] =
    &[Scope::List, Scope::Ticket, Scope::Review, Scope::Help, Scope::Outbox, Scope::Jobs, Scope::Drafts, Scope::Conflicts, Scope::Source];

/// An action of the screen alone: no arguments, nothing to undo, no sub-command.
const fn screen(name: &'static str, title: &'static str, help: &'static str, scopes: &'static [Scope], keys: &'static [&'static str]) -> Action {
    Action { name, title, help, scopes, keys, args: &[], undo: false, command: None }
}

pub static ACTIONS: &[Action] = &[
    screen("open", "open the ticket", "Opens the conversation of the selected ticket.", LIST, &["enter"]),
    screen("send", "send", "Sends the reply after its checks; what stands against it is asked about. A note is added to its ticket.", REVIEW, &["y"]),
    screen("send-and-set", "send and set status", "Chooses the status the ticket gets, then sends.", REVIEW, &["Y"]),
    screen("edit-again", "edit the text again", "Opens the text in your editor again.", REVIEW, &["e"]),
    screen("edit-to", "edit the recipients", "Edits who the mail goes to.", REVIEW, &["t"]),
    screen("edit-cc", "edit Cc", "Edits who gets a copy that everybody sees.", REVIEW, &["c"]),
    screen("edit-bcc", "edit Bcc", "Edits who gets a copy that nobody sees.", REVIEW, &["b"]),
    screen("edit-subject", "edit the subject", "Edits the subject.", REVIEW, &["s"]),
    screen("attach", "attach a file", "Asks for the path of a file to send along; tab completes it.", REVIEW, &["a"]),
    screen("detach", "take a file off", "Takes an attached file off the mail.", REVIEW, &["d"]),
    screen("as-received", "as the customer sees it", "Shows the mail as the customer will see it, or the review again.", REVIEW, &["v"]),
    screen("toggle-note", "internal note or reply", "Makes the reply an internal note; a note becomes a reply only after asking.", REVIEW, &["n"]),
    screen("identity", "write as another project", "Chooses the project, and so the sender, of the mail.", REVIEW, &["F"]),
    screen("insert-template", "insert a template", "Chooses a template and puts its text where the cursor is.", WRITING, &["ctrl-t"]),
    screen("to-review", "to the review", "Ends typing and shows what would be sent, and to whom. esc does the same.", COMPOSE, &["alt-enter"]),
    screen("leave-draft", "keep as draft and leave", "Saves the text and goes back to where it was begun.", COMPOSE, &["ctrl-g"]),
    screen("next-field", "next field", "Moves to the next field: recipients, subject, text.", COMPOSE, &["tab"]),
    screen("previous-field", "previous field", "Moves to the previous field.", COMPOSE, &["shift-tab"]),
    screen("edit-externally", "open in your editor", "Opens the text in $VISUAL or $EDITOR and takes it back.", COMPOSE, &["ctrl-e", "alt-e"]),
    screen("complete", "complete a person", "Completes a recipient from the people mail was exchanged with.", COMPOSE, &["ctrl-o"]),
    screen("undo-typing", "take typing back", "Takes back the last step of typing.", COMPOSE, &["alt-u"]),
    screen("redo-typing", "do typing again", "Does again what was taken back of the typing.", COMPOSE, &["alt-r"]),
    screen("open-draft", "go on writing", "Opens the draft to go on writing.", DRAFTS, &["enter", "e"]),
    screen("discard-saved", "into the trash", "Puts the draft into the trash for seven days.", DRAFTS, &["D"]),
    screen("recover-draft", "out of the trash", "Takes the draft out of the trash.", DRAFTS, &["r"]),
    screen("retry-mail", "try again", "Tries to send the mail now; asks first when the customer could get it twice.", OUTBOX, &["r"]),
    screen("compare-mail", "compare", "Shows a held mail beside what the customer or a colleague wrote meanwhile.", OUTBOX, &["v"]),
    screen("edit-mail", "make it a draft again", "Takes the mail out of the outbox and opens it for writing.", OUTBOX, &["e", "enter"]),
    screen("cancel-mail", "cancel the mail", "Removes the mail from the outbox. Asks first.", OUTBOX, &["D"]),
    screen("open-conflict", "open the ticket", "Opens the ticket of the change.", CONFLICTS, &["enter"]),
    screen("apply-mine", "apply mine anyway", "Makes your change all the same, in knowledge of the colleague's.", CONFLICTS, &["a"]),
    screen("drop-mine", "drop mine", "Gives your change up. One that has been shared stays in the history as not applied.", CONFLICTS, &["d"]),
    screen("keep-as-is", "keep as it is", "Lets your change stand in the history as not applied, for colleagues to see.", CONFLICTS, &["h"]),
    screen(
        "apply-all",
        "apply all of mine anyway",
        "Makes all listed changes all the same, as one that undo takes back. Asks first.",
        CONFLICTS,
        &["A"],
    ),
    screen("drop-all", "drop all of mine", "Gives all listed changes up. Asks first.", CONFLICTS, &["D"]),
    screen("keep-all", "keep all as they are", "Lets all listed changes stand in the history as not applied. Asks first.", CONFLICTS, &["H"]),
    screen("open-job", "details", "Shows everything that is known about what the row stands for.", JOBS, &["enter"]),
    screen("retry-job", "try again now", "Syncs now, or tries to send the mail of the row now.", JOBS, &["r"]),
    screen("cancel-job", "cancel", "Stops the running sync; on a mail that waits, asks and removes it from the outbox.", JOBS, &["c"]),
    screen("dismiss-job", "dismiss the error", "Takes the error off the list; it comes back if it happens again.", JOBS, &["d"]),
    screen("dismiss-jobs", "dismiss all errors", "Takes all errors off the list.", JOBS, &["D"]),
    screen("open-log", "open the place of the log", "Says where the log lies and opens that folder.", JOBS, &["o"]),
    screen("keep-draft", "keep as draft and leave", "Leaves the review; the draft is kept.", REVIEW, &["p", "P"]),
    screen(
        "discard-draft",
        "discard the draft",
        "Puts the draft into the trash, from which it can be recovered for seven days. Asks first.",
        REVIEW,
        &["D"],
    ),
    screen("down", "down", "Moves one line down.", ROWS, &["j", "down"]),
    screen("up", "up", "Moves one line up.", ROWS, &["k", "up"]),
    screen("half-page-down", "half a page down", "Moves half a page down.", ROWS, &["ctrl-d"]),
    screen("half-page-up", "half a page up", "Moves half a page up.", ROWS, &["ctrl-u"]),
    screen("page-down", "a page down", "Moves a page down.", ROWS, &["pagedown", "ctrl-f"]),
    screen("page-up", "a page up", "Moves a page up.", ROWS, &["pageup", "ctrl-b"]),
    screen("top", "to the top", "Moves to the first line.", ROWS, &["g g", "home"]),
    screen("bottom", "to the bottom", "Moves to the last line.", ROWS, &["G", "end"]),
    screen("read-on", "read on", "Scrolls a page; at the end of a message shows more of it, or goes to the next one.", TICKET, &["space"]),
    screen("read-back", "read back", "Scrolls a page back.", TICKET, &["backspace"]),
    screen("show-more", "more of a long message", "Shows more of a message that is too long to be shown at once.", TICKET, &["="]),
    screen("headers", "all headers", "Shows or hides all headers of the message.", TICKET, &["H"]),
    screen("source", "the mail as it came", "Shows the source of the message.", TICKET, &["V"]),
    screen(
        "signals",
        "what to notice about it",
        "Explains what is known of the sender and the mail: checks of our server, tricks, spam, language, what was not loaded.",
        TICKET,
        &["i"],
    ),
    screen("why", "why it is here", "Says why the message lies in this ticket and in this project, and what it was taken for.", TICKET, &["w"]),
    screen(
        "open-outside",
        "open links and files",
        "Opens a link, an attachment or the HTML with another program; every link with its true host.",
        BOTH,
        &["o"],
    ),
    screen("save-files", "save attachments", "Saves attachments into the download folder; nothing there is overwritten.", BOTH, &["S"]),
    screen("copy", "copy", "Copies the number, the subject, an address, a link or the text.", BOTH, &["y"]),
    screen("copy-address", "copy the requester's address", "Copies the requester's address.", BOTH, &["Y"]),
    screen("pipe", "pipe to a command", "Gives the text of the message, or the raw mail, to a command and shows what it prints.", BOTH, &["|"]),
    screen("others", "the requester's other tickets", "Lists the other tickets of the requester and opens one.", BOTH, &["O"]),
    screen("find", "find in the ticket", "Finds words in the conversation while you type.", TICKET, &["/", "\\"]),
    screen("find-next", "next found", "Goes to the next place where the words stand.", TICKET, &["n"]),
    screen("find-previous", "previous found", "Goes to the previous place where the words stand.", TICKET, &["N"]),
    Action {
        undo: true,
        ..screen(
            "edit-note",
            "correct the note",
            "Opens the internal note in focus to correct it, if you wrote it; everybody sees the new text, and that it was corrected.",
            TICKET,
            &["e"],
        )
    },
    screen("next-message", "next message", "Moves to the next message of the ticket.", TICKET, &["}"]),
    screen("previous-message", "previous message", "Moves to the previous message of the ticket.", TICKET, &["{"]),
    screen("next-ticket", "next ticket", "Opens the next ticket of the list.", TICKET, &["J"]),
    screen("previous-ticket", "previous ticket", "Opens the previous ticket of the list.", TICKET, &["K"]),
    screen("fold", "fold the message", "Folds or unfolds the message in focus.", TICKET, &["enter"]),
    screen("fold-all", "fold all messages", "Folds or unfolds all messages.", TICKET, &["E"]),
    screen("quotes", "show or hide quotes", "Shows or hides quoted text.", TICKET, &["\""]),
    screen("next-waiting", "next that waits for us", "Moves to the next ticket with an unread or unanswered customer message.", BOTH, &["]"]),
    screen(
        "previous-waiting",
        "previous that waits for us",
        "Moves to the previous ticket with an unread or unanswered customer message.",
        BOTH,
        &["["],
    ),
    screen("go-conflicts", "what was not applied", "Shows changes of yours that were not applied because a colleague was first.", GLOBAL, &["g c"]),
    screen("go-drafts", "drafts", "Shows what was written and not sent.", GLOBAL, &["g D"]),
    screen("go-outbox", "outbox", "Shows the mail that waits to be sent.", GLOBAL, &["g o"]),
    screen("go-jobs", "syncing and sending", "Shows what is synced and sent, how far it is, and what went wrong.", GLOBAL, &["g j"]),
    screen("reload", "read again", "Reads the list again from the local store, and the configuration from its file.", GLOBAL, &["f5"]),
    screen(
        "find-action",
        "find an action and run it",
        "Finds an action of the explained screen by typing; enter runs it there.",
        HELP,
        &["/", "enter"],
    ),
    screen(
        "palette",
        "all actions",
        "Finds an action by a few letters of its name and runs it; shows its key, or why it does not work here.",
        GLOBAL,
        &["ctrl-p"],
    ),
    screen(
        "command-line",
        "order by name",
        "Writes an action and its arguments, such as `status solved`; tab completes, up brings lines back.",
        GLOBAL,
        &[":", "ctrl-x"],
    ),
    screen(
        "repeat",
        "repeat the last change",
        "Makes the last change that was made to any ticket again, to the ticket at hand or the marked ones.",
        BOTH,
        &["."],
    ),
    screen(
        "mouse",
        "mouse on or off",
        "Lets the mouse click and scroll here, or leaves it to the terminal. While it is on, shift and drag selects text.",
        GLOBAL,
        &[],
    ),
    Action {
        args: &[Arg::word("name", Value::Theme, "default, light or dark").optional()],
        ..screen(
            "theme",
            "colours of the screen",
            "Chooses a theme until the screen is closed; `theme` under [ui] in the configuration keeps it.",
            GLOBAL,
            &[],
        )
    },
    screen("help", "keys of this screen", "Lists the keys that work on this screen.", GLOBAL, &["?", "f1"]),
    screen("quit", "back, or quit", "Goes back one level; at the top quits, and asks first if mail waits in the outbox.", GLOBAL, &["q"]),
    screen("back", "cancel or go back", "Cancels what is being typed, clears the filter, or goes back.", GLOBAL, &["esc"]),
    screen("interrupt", "cancel; twice: quit", "Cancels the running sync; pressed twice, quits.", GLOBAL, &["ctrl-c"]),
    screen("suspend", "suspend", "Stops postdesk and returns to the shell; `fg` brings it back.", GLOBAL, &["ctrl-z"]),
    screen("repaint", "repaint", "Draws the whole screen anew.", GLOBAL, &["ctrl-l"]),
];

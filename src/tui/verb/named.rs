//! From the registry's names to what they do: the only place that knows action names.

use super::{Assignee, Motion, SnoozeTo, Verb};
use crate::domain::query::Sort;
use crate::domain::ticket::Status;
use crate::domain::words::nearest;
use crate::protocol::job::Decision;
use crate::tui::model::Field;
use crate::tui::theme::ThemeName;

/// The last words of `view-one` … `view-nine`.
const VIEW_NUMBERS: [&str; 9] = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];

impl Verb {
    /// Finds what an action does here, with the arguments of a key override or the `:` line.
    ///
    /// # Errors
    /// Says why when the action has no meaning on the screen or an argument is wrong.
    pub fn of(action: &str, args: &[String]) -> Result<Self, String> {
        refuse_more(action, args)?;
        let first = args.first().map(String::as_str);
        Ok(match action {
            "assign" => Self::Assign(first.map(Assignee::parse)),
            "status" => Self::Status(first.map(str::parse).transpose().map_err(|error| text(&error))?),
            "priority" => Self::Priority(first.map(str::parse).transpose().map_err(|error| text(&error))?),
            "tag" => Self::Tag(args.to_vec()),
            "note" => Self::Note(args.join(" ")),
            "snooze" => Self::Snooze(snooze(&args.join(" "))),
            "move" => Self::MoveTo(first.map(str::to_owned)),
            "merge" => Self::Merge(args.join(" ")),
            "link" => Self::Link(args.join(" ")),
            "participant" => Self::Participant(args.to_vec()),
            "subject" => Self::Subject(args.join(" ")),
            "forget" => Self::Forget(first.map(str::to_owned)),
            "undo" => Self::Undo(first.map(str::parse).transpose().map_err(|error| text(&error))?),
            "theme" => Self::Theme(args.first().map(|word| theme(word)).transpose()?),
            "view" => view(args)?,
            "reply" => Self::Reply { sender_only: false, template: first.map(str::to_owned) },
            _ if !args.is_empty() => return Err(format!("`{action}` takes no argument here")),
            _ => Self::without_argument(action).ok_or_else(|| format!("`{action}` has no place on the screen"))?,
        })
    }

    fn without_argument(action: &str) -> Option<Self> {
        let areas = [Self::ticket, Self::reading, Self::motion, Self::list, Self::view, Self::writing, Self::waiting, Self::program];
        areas.iter().find_map(|area| area(action))
    }

    /// What is done to tickets.
    fn ticket(action: &str) -> Option<Self> {
        Some(match action {
            "assign-me" => Self::Assign(Some(Assignee::Me)),
            "solve" => Self::Status(Some(Status::Solved)),
            "reopen" => Self::Status(Some(Status::Open)),
            "pending" => Self::Status(Some(Status::Pending)),
            "hold" => Self::Status(Some(Status::Hold)),
            "spam" => Self::Status(Some(Status::Spam)),
            "tag-add" => Self::TagAdd,
            "tag-remove" => Self::TagRemove,
            "snooze-hours" => Self::Snooze(SnoozeTo::Until("3h".to_owned())),
            "snooze-tomorrow" => Self::Snooze(SnoozeTo::Until("tomorrow".to_owned())),
            "snooze-week" => Self::Snooze(SnoozeTo::Until("next week".to_owned())),
            "snooze-again" => Self::Snooze(SnoozeTo::Again),
            "wake" => Self::Snooze(SnoozeTo::Wake),
            "unlink" => Self::Unlink,
            "split" => Self::Split,
            "edit-note" => Self::EditNote,
            "apply" => Self::ApplyAnyway,
            "suggestions" => Self::Suggestions,
            "accept" => Self::AcceptSurest,
            "dismiss" => Self::DismissSurest,
            "redo" => Self::Redo,
            "repeat" => Self::Repeat,
            "others" => Self::Others,
            _ => return None,
        })
    }

    /// What is done with the mail that is read.
    fn reading(action: &str) -> Option<Self> {
        Some(match action {
            "open" => Self::Open,
            "find" => Self::Find,
            "find-next" => Self::StepFound(1),
            "find-previous" => Self::StepFound(-1),
            "headers" => Self::Headers,
            "source" => Self::Source,
            "why" => Self::Why,
            "signals" => Self::Signals,
            "show-more" => Self::ShowMore,
            "fold" => Self::Fold,
            "fold-all" => Self::FoldAll,
            "quotes" => Self::Quotes,
            "open-outside" => Self::OpenOutside,
            "save-files" => Self::SaveFiles,
            "copy" => Self::Copy,
            "copy-address" => Self::CopyAddress,
            "pipe" => Self::Pipe,
            _ => return None,
        })
    }

    /// What is done with the program.
    fn program(action: &str) -> Option<Self> {
        Some(match action {
            "palette" => Self::Palette,
            "find-action" => Self::FindAction,
            "command-line" => Self::CommandLine,
            "reload" => Self::Reload,
            "mouse" => Self::Mouse,
            "sync" => Self::SyncNow,
            "help" => Self::Help,
            "quit" => Self::Quit,
            "back" => Self::Back,
            "interrupt" => Self::Interrupt,
            "suspend" => Self::Suspend,
            "repaint" => Self::Repaint,
            _ => return None,
        })
    }

    /// What is done to a text until it leaves.
    fn writing(action: &str) -> Option<Self> {
        Some(match action {
            "reply-sender" => Self::Reply { sender_only: true, template: None },
            "reply-template" => Self::ReplyFromTemplate,
            "new" => Self::New,
            "forward" => Self::Forward,
            "to-review" => Self::ToReview,
            "next-field" => Self::StepField(1),
            "previous-field" => Self::StepField(-1),
            "edit-to" => Self::EditField(Field::To),
            "edit-cc" => Self::EditField(Field::Cc),
            "edit-bcc" => Self::EditField(Field::Bcc),
            "edit-subject" => Self::EditField(Field::Subject),
            "edit-externally" => Self::EditExternally,
            "insert-template" => Self::InsertTemplate,
            "complete" => Self::CompletePerson,
            "leave-draft" => Self::LeaveDraft,
            "undo-typing" => Self::UndoTyping(true),
            "redo-typing" => Self::UndoTyping(false),
            "attach" => Self::Attach,
            "detach" => Self::Detach,
            "as-received" => Self::AsReceived,
            "toggle-note" => Self::ToggleNote,
            "identity" => Self::Identity,
            "send" => Self::Send,
            "send-and-set" => Self::SendAndSet,
            "edit-again" => Self::EditAgain,
            "keep-draft" => Self::KeepDraft,
            "discard-draft" => Self::DiscardDraft,
            _ => return None,
        })
    }

    /// What waits: drafts, outbox, decisions, jobs.
    fn waiting(action: &str) -> Option<Self> {
        Some(match action {
            "go-drafts" => Self::Drafts,
            "open-draft" => Self::OpenDraft,
            "discard-saved" => Self::DiscardSaved,
            "recover-draft" => Self::RecoverDraft,
            "retry-mail" => Self::RetryMail,
            "compare-mail" => Self::CompareMail,
            "edit-mail" => Self::EditMail,
            "cancel-mail" => Self::CancelMail,
            "go-outbox" => Self::Outbox,
            "go-conflicts" => Self::Conflicts,
            "open-conflict" => Self::OpenConflict,
            "apply-mine" => Self::Decide(Decision::Apply),
            "drop-mine" => Self::Decide(Decision::Drop),
            "keep-as-is" => Self::Decide(Decision::Keep),
            "apply-all" => Self::DecideAll(Decision::Apply),
            "drop-all" => Self::DecideAll(Decision::Drop),
            "keep-all" => Self::DecideAll(Decision::Keep),
            "go-jobs" => Self::Jobs,
            "open-job" => Self::OpenJob,
            "retry-job" => Self::RetryJob,
            "cancel-job" => Self::CancelJob,
            "dismiss-job" => Self::DismissJob,
            "dismiss-jobs" => Self::DismissJobs,
            "open-log" => Self::OpenLog,
            _ => return None,
        })
    }

    fn motion(action: &str) -> Option<Self> {
        Some(match action {
            "down" => Self::Move(Motion::Lines(1)),
            "up" => Self::Move(Motion::Lines(-1)),
            "half-page-down" => Self::Move(Motion::HalfPages(1)),
            "half-page-up" => Self::Move(Motion::HalfPages(-1)),
            "page-down" => Self::Move(Motion::Pages(1)),
            "page-up" => Self::Move(Motion::Pages(-1)),
            "read-back" => Self::ReadBack,
            "read-on" => Self::ReadOn,
            "top" => Self::Move(Motion::Top),
            "bottom" => Self::Move(Motion::Bottom),
            "next-message" => Self::StepMessage(1),
            "previous-message" => Self::StepMessage(-1),
            "next-ticket" => Self::StepTicket(1),
            "previous-ticket" => Self::StepTicket(-1),
            "next-waiting" => Self::StepWaiting(1),
            "previous-waiting" => Self::StepWaiting(-1),
            _ => return None,
        })
    }

    fn list(action: &str) -> Option<Self> {
        Some(match action {
            "filter" => Self::Filter,
            "search" => Self::Search,
            "next-match" => Self::StepMatch(1),
            "previous-match" => Self::StepMatch(-1),
            "mark" => Self::Mark,
            "mark-range" => Self::MarkRange,
            "mark-all" => Self::MarkAll,
            "preview" => Self::TogglePreview,
            "preview-place" => Self::PlacePreview,
            "next-pane" => Self::NextPane,
            "preview-down" => Self::ScrollPreview(1),
            "preview-up" => Self::ScrollPreview(-1),
            "sort-date" => Self::Sort(Sort::Updated),
            "sort-priority" => Self::Sort(Sort::Priority),
            "sort-status" => Self::Sort(Sort::Status),
            "sort-assignee" => Self::Sort(Sort::Assignee),
            "sort-customer" => Self::Sort(Sort::Requester),
            "sort-waiting" => Self::Sort(Sort::Waiting),
            "sort-number" => Self::Sort(Sort::Number),
            _ => return None,
        })
    }

    fn view(action: &str) -> Option<Self> {
        Some(match action {
            "next-view" => Self::StepView(1),
            "previous-view" => Self::StepView(-1),
            "save-view" => Self::SaveView(None),
            "go-mine" => Self::NamedView("mine".to_owned()),
            "go-unassigned" => Self::NamedView("unassigned".to_owned()),
            "go-all" => Self::NamedView("open".to_owned()),
            "go-snoozed" => Self::NamedView("snoozed".to_owned()),
            "go-project" => Self::GoProject,
            _ => {
                let number = action.strip_prefix("view-")?;
                Self::View(VIEW_NUMBERS.iter().position(|word| *word == number)?)
            }
        })
    }
}

fn theme(word: &str) -> Result<ThemeName, String> {
    let found = ThemeName::ALL.into_iter().find(|name| name.as_str() == word);
    found.ok_or_else(|| {
        let near = nearest(word, ThemeName::ALL.iter().map(|name| name.as_str())).map(|near| format!(", did you mean `{near}`?"));
        format!("there is no theme `{word}`{}", near.unwrap_or_else(|| "; there are default, light and dark".to_owned()))
    })
}

fn snooze(words: &str) -> SnoozeTo {
    match words {
        "" => SnoozeTo::Ask,
        "off" => SnoozeTo::Wake,
        words => SnoozeTo::Until(words.to_owned()),
    }
}

/// Actions that take one word here, and what it is; the tickets are those at hand.
const ONE_WORD: [(&str, &str); 8] = [
    ("assign", "AGENT|me|none"),
    ("status", "open|pending|hold|solved|spam"),
    ("priority", "low|normal|high|urgent"),
    ("move", "PROJECT"),
    ("forget", "ADDRESS"),
    ("undo", "EVENT"),
    ("theme", "NAME"),
    ("reply", "TEMPLATE"),
];

/// A word too many may be the ticket that was meant: then nothing is done to another.
fn refuse_more(action: &str, args: &[String]) -> Result<(), String> {
    let Some((_, takes)) = ONE_WORD.iter().find(|(name, _)| *name == action).filter(|_| args.len() > 1) else { return Ok(()) };
    Err(format!("`{action}` takes one word here ({takes}), not {}", args.len()))
}

/// `view NAME`, `view save NAME`, `view drop NAME`.
fn view(args: &[String]) -> Result<Verb, String> {
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["save"] | [] => Ok(Verb::SaveView(None)),
        ["save", name] => Ok(Verb::SaveView(Some((*name).to_owned()))),
        ["drop", name] => Ok(Verb::DropView((*name).to_owned())),
        [name] => Ok(Verb::NamedView((*name).to_owned())),
        _ => Err("write `view NAME`, `view save NAME` or `view drop NAME`".to_owned()),
    }
}

fn text(error: &impl ToString) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::action;

    #[test]
    fn every_action_with_a_place_on_the_screen_is_handled() {
        for action in action::all().filter(|action| !action.scopes.is_empty()) {
            assert!(Verb::of(action.name, &[]).is_ok(), "`{}` has scopes but no handler", action.name);
        }
    }

    #[test]
    fn a_word_too_many_is_refused_and_what_is_taken_is_named() {
        for (action, args) in [
            ("status", "solved 23"),
            ("assign", "23 cy"),
            ("priority", "high low"),
            ("move", "app 23"),
            ("forget", "a@b c@d"),
            ("theme", "dark light"),
            ("reply", "refund 23"),
            ("undo", "1 2"),
        ] {
            let args: Vec<String> = args.split(' ').map(str::to_owned).collect();
            let error = Verb::of(action, &args).unwrap_err();
            assert!(error.starts_with(&format!("`{action}` takes one word here (")), "{error}");
        }
    }

    #[test]
    fn a_wrong_argument_names_the_nearest_word() {
        let error = Verb::of("status", &["solvde".into()]).unwrap_err();
        assert!(error.contains("did you mean `solved`?"), "{error}");
        assert!(Verb::of("quit", &["now".into()]).is_err());
    }
}

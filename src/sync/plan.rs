//! The planner: from what is known of a folder and what SELECT said to the steps of a pass. Pure.

use super::source::{Changes, Selected, UidSet};
use crate::store::folders::{FolderProgress, NewRange};

/// One thing to do in a selected folder, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The UIDs mean nothing any more: forget them and match the messages anew.
    Renumbered,
    /// Write the changes the server told.
    Apply,
    /// Fetch the flags of everything known and compare.
    CompareFlags,
    /// Ask which UIDs exist and drop the others.
    CompareUids,
    /// Look whether these are messages that have left another folder, so that they need not be fetched.
    Relink(UidSet),
    /// Fetch the headers of these, so that there is something to see at once.
    Headers(UidSet),
    /// Fetch everything that is still to be fetched, newest first.
    Bodies,
}

/// What to commit before the first step, and the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub progress: FolderProgress,
    pub new: Option<NewRange>,
    /// The mod-sequence to commit with the changes of this pass.
    pub highest_modseq: u64,
    pub steps: Vec<Step>,
}

/// From so many messages on, the newest headers are fetched before any body.
const HEADERS_FIRST_ABOVE: u64 = 500;
/// How many headers that is: a few screens full.
const HEADERS_FIRST: u32 = 200;

/// Plans a pass over a folder of which `known` UIDs are stored.
pub fn plan(progress: &FolderProgress, selected: &Selected, known: u64) -> Plan {
    let is_first = progress.uid_validity == 0;
    // A UIDNEXT that falls means the same as a new UIDVALIDITY: the server has lost its numbering.
    let is_renumbered = !is_first && (progress.uid_validity != selected.uid_validity || selected.uid_next < progress.uid_next);
    if is_renumbered {
        return renumbered(progress, selected);
    }
    let new = new_range(progress.uid_next, selected.uid_next);
    let mut todo = UidSet::parse(&progress.todo).unwrap_or_default();
    if let Some(range) = new {
        todo.insert_range(range.low, range.high);
    }
    let mut steps = if is_first { Vec::new() } else { changes(progress, selected, known, &todo) };
    if let Some(range) = new {
        steps.push(Step::Relink(UidSet::range(range.low, range.high)));
    }
    steps.extend(fetches(&todo, is_first));
    let next = FolderProgress { uid_validity: selected.uid_validity, uid_next: selected.uid_next, todo: todo.to_string(), ..progress.clone() };
    Plan { progress: next, new, highest_modseq: selected.highest_modseq, steps }
}

fn renumbered(progress: &FolderProgress, selected: &Selected) -> Plan {
    let new = new_range(1, selected.uid_next);
    let todo = new.map(|range| UidSet::range(range.low, range.high)).unwrap_or_default();
    let next = FolderProgress {
        uid_validity: selected.uid_validity,
        uid_next: selected.uid_next,
        todo: todo.to_string(),
        highest_modseq: 0,
        ..progress.clone()
    };
    Plan { progress: next, new, highest_modseq: selected.highest_modseq, steps: vec![Step::Renumbered, Step::Bodies] }
}

fn new_range(from: u32, next: u32) -> Option<NewRange> {
    (from.max(1) < next).then(|| NewRange { low: from.max(1), high: next - 1 })
}

fn changes(progress: &FolderProgress, selected: &Selected, known: u64, todo: &UidSet) -> Vec<Step> {
    // After the server has lost its index HIGHESTMODSEQ starts low again: what it calls unchanged is not.
    let has_forgotten = selected.highest_modseq < progress.highest_modseq;
    let is_short = known + todo.len() != u64::from(selected.exists);
    match &selected.changes {
        Changes::Exact { flags, vanished } if !has_forgotten => {
            if flags.is_empty() && vanished.is_empty() && selected.highest_modseq == progress.highest_modseq { Vec::new() } else { vec![Step::Apply] }
        }
        Changes::FlagsOnly { flags } if !has_forgotten => {
            let apply = !flags.is_empty() || selected.highest_modseq != progress.highest_modseq;
            [apply.then_some(Step::Apply), is_short.then_some(Step::CompareUids)].into_iter().flatten().collect()
        }
        _ => [(known > 0).then_some(Step::CompareFlags), (known > 0 && is_short).then_some(Step::CompareUids)].into_iter().flatten().collect(),
    }
}

fn fetches(todo: &UidSet, is_first: bool) -> Vec<Step> {
    let mut steps = Vec::new();
    if is_first && todo.len() > HEADERS_FIRST_ABOVE {
        steps.push(Step::Headers(todo.newest(HEADERS_FIRST)));
    }
    if !todo.is_empty() {
        steps.push(Step::Bodies);
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::folders::FolderRole;
    use crate::sync::source::Flags;

    fn progress(uid_validity: u32, uid_next: u32, modseq: u64, todo: &str) -> FolderProgress {
        FolderProgress { id: 1, name: "INBOX".into(), role: FolderRole::Inbox, uid_validity, uid_next, highest_modseq: modseq, todo: todo.into() }
    }

    fn selected(exists: u32, uid_next: u32, modseq: u64, changes: Changes) -> Selected {
        Selected { exists, uid_validity: 7, uid_next, highest_modseq: modseq, changes, ..Selected::default() }
    }

    fn exact() -> Changes {
        Changes::Exact { flags: vec![], vanished: UidSet::new() }
    }

    #[test]
    fn a_new_large_folder_shows_its_newest_headers_before_any_body() {
        let plan = plan(&progress(0, 1, 0, ""), &selected(1_000, 1_001, 9, exact()), 0);

        assert_eq!(plan.steps, [Step::Relink(UidSet::range(1, 1_000)), Step::Headers(UidSet::range(801, 1_000)), Step::Bodies]);
        assert_eq!(plan.progress.todo, "1:1000");
        assert_eq!(plan.new, Some(NewRange { low: 1, high: 1_000 }));
    }

    #[test]
    fn an_empty_folder_needs_nothing() {
        assert_eq!(plan(&progress(0, 1, 0, ""), &selected(0, 1, 1, Changes::Unknown), 0).steps, []);
    }

    #[test]
    fn nothing_new_means_no_steps() {
        assert_eq!(plan(&progress(7, 11, 5, ""), &selected(10, 11, 5, exact()), 10).steps, []);
    }

    #[test]
    fn new_mail_joins_what_an_interrupted_pass_left() {
        let plan = plan(&progress(7, 11, 5, "1:4"), &selected(12, 13, 6, exact()), 6);

        assert_eq!(plan.progress.todo, "1:4,11:12");
        assert_eq!(plan.new, Some(NewRange { low: 11, high: 12 }));
        assert_eq!(plan.steps, [Step::Apply, Step::Relink(UidSet::range(11, 12)), Step::Bodies]);
    }

    #[test]
    fn another_uidvalidity_or_a_fallen_uidnext_matches_everything_anew() {
        let mut other = selected(3, 4, 1, Changes::Unknown);
        other.uid_validity = 8;

        assert_eq!(plan(&progress(7, 11, 5, ""), &other, 10).steps, [Step::Renumbered, Step::Bodies]);
        assert_eq!(plan(&progress(7, 11, 5, ""), &selected(3, 4, 5, exact()), 10).steps, [Step::Renumbered, Step::Bodies]);
    }

    #[test]
    fn a_fallen_modseq_is_not_believed() {
        let told = Changes::FlagsOnly { flags: vec![(3, Flags::default())] };

        assert_eq!(plan(&progress(7, 11, 50, ""), &selected(10, 11, 2, told), 10).steps, [Step::CompareFlags]);
    }

    #[test]
    fn without_qresync_what_is_gone_is_found_by_counting() {
        let told = || Changes::FlagsOnly { flags: vec![] };

        assert_eq!(plan(&progress(7, 11, 5, ""), &selected(9, 11, 5, told()), 10).steps, [Step::CompareUids]);
        assert_eq!(plan(&progress(7, 11, 5, ""), &selected(10, 11, 5, told()), 10).steps, []);
        assert_eq!(plan(&progress(7, 11, 0, ""), &selected(9, 11, 0, Changes::Unknown), 10).steps, [Step::CompareFlags, Step::CompareUids]);
    }
}

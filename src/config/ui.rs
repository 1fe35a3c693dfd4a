//! `[ui]`: how the screen behaves.

use super::section::Section;

/// What the screen does, as the agent wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    pub after_action: AfterAction,
}

/// Where the cursor goes once a ticket has been solved, assigned, put to sleep, moved or merged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterAction {
    Next,
    #[default]
    Stay,
    Back,
}

pub(super) fn read(mut section: Section<'_>) -> Ui {
    let words = [("next", AfterAction::Next), ("stay", AfterAction::Stay), ("back", AfterAction::Back)];
    let after_action = section.word("after_action", &words).unwrap_or_default();
    section.finish();
    Ui { after_action }
}

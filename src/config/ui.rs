//! `[ui]`: how the screen behaves.

use super::section::Section;

/// What the screen does, as the agent wants it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ui {
    pub after_action: AfterAction,
    /// `borders = "ascii"`: lines of `-`, `|` and `+`.
    pub ascii_borders: bool,
    /// `icons = "none"`: signs that every font has.
    pub ascii_signs: bool,
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
    let ascii_borders = section.word("borders", &[("unicode", false), ("ascii", true)]).unwrap_or_default();
    let ascii_signs = section.word("icons", &[("unicode", false), ("none", true)]).unwrap_or_default();
    section.finish();
    Ui { after_action, ascii_borders, ascii_signs }
}

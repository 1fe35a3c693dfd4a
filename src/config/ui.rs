//! `[ui]`: how the screen behaves.

use super::section::Section;

/// What the screen does, as the agent wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ui {
    pub after_action: AfterAction,
    /// `borders = "ascii"`: lines of `-`, `|` and `+`.
    pub ascii_borders: bool,
    /// `icons = "none"`: signs that every font has.
    pub ascii_signs: bool,
    pub theme: Theme,
    /// Whether the pointer is the screen's; then the terminal selects text only with shift held down.
    pub mouse: bool,
    /// Whether something may be redrawn only because time passes, such as a countdown.
    pub animations: bool,
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            after_action: AfterAction::default(),
            ascii_borders: false,
            ascii_signs: false,
            theme: Theme::default(),
            mouse: false,
            animations: true,
        }
    }
}

/// The colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// The sixteen of the terminal.
    #[default]
    Default,
    Light,
    Dark,
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
    let themes = [("default", Theme::Default), ("light", Theme::Light), ("dark", Theme::Dark)];
    let theme = section.word("theme", &themes).unwrap_or_default();
    let mouse = section.boolean("mouse").unwrap_or(false);
    let animations = section.boolean("animations").unwrap_or(true);
    section.finish();
    Ui { after_action, ascii_borders, ascii_signs, theme, mouse, animations }
}

//! What the configuration says about the screen.

use std::path::PathBuf;

use super::{AfterAction, Habits};
use crate::tui::chrome::Chrome;
use crate::tui::keymap::Override;
use crate::tui::theme::{Depth, Theme, ThemeName};

/// All of it, as it was read last. What the agent changes on the screen is not written here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Views of the configuration: name and query.
    pub views: Vec<(String, String)>,
    /// Views saved from the screen.
    pub saved_views: Vec<(String, String)>,
    pub after_action: AfterAction,
    pub chrome: Chrome,
    pub overrides: Vec<Override>,
    /// The file it was read from, for reports; empty without one.
    pub file: String,
    pub look: Look,
    pub habits: Habits,
    /// Where attachments are saved.
    pub downloads: PathBuf,
    /// What is odd about it.
    pub warnings: Vec<String>,
}

/// Colours, pointer and movement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    pub theme: ThemeName,
    /// What the terminal can show.
    pub depth: Depth,
    /// Whether the pointer is the screen's, rather than the terminal's.
    pub mouse: bool,
    /// Whether something may be redrawn only because time passes.
    pub animations: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { theme: ThemeName::default(), depth: Depth::default(), mouse: false, animations: true }
    }
}

impl Look {
    pub fn theme(&self) -> Theme {
        Theme::new(self.theme, self.depth)
    }
}

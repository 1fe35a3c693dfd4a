//! The configuration in the words of the screen.

use std::path::{Path, PathBuf};

use crate::config::{self, Config};
use crate::desk::{DeskSetup, views};
use crate::tui::chrome::Chrome;
use crate::tui::model::{AfterAction, Look, Settings};
use crate::tui::theme::{Depth, ThemeName};
use crate::tui::{Habits, Override};

/// What the configuration, the views saved on this desk and the terminal make of the screen.
pub(super) fn of(setup: &DeskSetup, config: &Config) -> Settings {
    let file = near_home(&config.path);
    let mut warnings: Vec<String> = config.warnings.iter().map(|warning| warning.replacen(&config.path.display().to_string(), &file, 1)).collect();
    let saved = views::saved(&setup.places).unwrap_or_else(|error| {
        warnings.push(format!("{error}. {}", error.remedy()));
        Vec::new()
    });
    Settings {
        views: config.views.iter().map(|view| (view.name.clone(), view.query.clone())).collect(),
        saved_views: saved.iter().map(|view| (view.name.clone(), view.query.clone())).collect(),
        after_action: match config.ui.after_action {
            config::AfterAction::Next => AfterAction::Next,
            config::AfterAction::Stay => AfterAction::Stay,
            config::AfterAction::Back => AfterAction::Back,
        },
        chrome: Chrome { ascii_borders: config.ui.ascii_borders, ascii_signs: config.ui.ascii_signs },
        overrides: config.keys.iter().map(override_of).collect(),
        file,
        look: look(config.ui),
        habits: Habits { undo_window: config.sending.undo_window, external_editor: config.sending.external_editor },
        downloads: config.outside.downloads.clone().unwrap_or_else(downloads),
        warnings,
    }
}

fn override_of(key: &config::KeyOverride) -> Override {
    Override { scope: key.scope.clone(), key: key.key.clone(), command: key.command.clone(), line: key.line }
}

fn look(ui: config::Ui) -> Look {
    let variable = |name: &str| std::env::var(name).ok();
    let [no_color, colorterm, term] = ["NO_COLOR", "COLORTERM", "TERM"].map(variable);
    Look {
        theme: match ui.theme {
            config::Theme::Default => ThemeName::Default,
            config::Theme::Light => ThemeName::Light,
            config::Theme::Dark => ThemeName::Dark,
        },
        depth: Depth::promised(no_color.as_deref(), colorterm.as_deref(), term.as_deref()),
        mouse: ui.mouse,
        animations: ui.animations,
    }
}

/// A path as short as people write it: there is little room for reports on a small screen.
pub(super) fn near_home(path: &Path) -> String {
    let dirs = directories::BaseDirs::new();
    let below = dirs.as_ref().and_then(|dirs| path.strip_prefix(dirs.home_dir()).ok());
    below.map_or_else(|| path.display().to_string(), |rest| format!("~/{}", rest.display()))
}

/// The platform's download folder, else the home, else here.
fn downloads() -> PathBuf {
    let dirs = directories::UserDirs::new();
    let usual = dirs.as_ref().map(|dirs| dirs.download_dir().map_or_else(|| dirs.home_dir().join("Downloads"), std::path::Path::to_path_buf));
    usual.unwrap_or_else(|| PathBuf::from("."))
}

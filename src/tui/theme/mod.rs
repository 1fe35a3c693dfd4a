//! Colours: the sixteen of every terminal, two themes that choose every colour themselves,
//! and none at all under `NO_COLOR`.
//!
//! Nothing is told by colour alone: selection, unread, overdue and notes have a
//! sign or a modifier as well, so that the plain theme loses only comfort.

mod depth;
mod full;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub use depth::Depth;

/// A theme by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ThemeName {
    /// The terminal's own colours, whatever they are.
    #[default]
    Default,
    /// Dark text on a light ground.
    Light,
    /// Light text on a dark ground.
    Dark,
}

impl ThemeName {
    pub const ALL: [Self; 3] = [Self::Default, Self::Light, Self::Dark];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// What a person should know before choosing it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Default => "the terminal's own sixteen colours",
            Self::Light => "dark on light",
            Self::Dark => "light on dark",
        }
    }
}

/// A style for every role on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// What stands where no role says a colour; without one, the terminal's own.
    pub ground: Style,
    pub text: Style,
    pub dim: Style,
    pub selected: Style,
    pub unread: Style,
    pub overdue: Style,
    pub accent: Style,
    pub tab: Style,
    pub title: Style,
    pub border: Style,
    pub incoming: Style,
    pub outgoing: Style,
    pub note: Style,
    pub note_text: Style,
    pub quote: Style,
    pub good: Style,
    pub warning: Style,
    pub error: Style,
    pub key: Style,
    pub status_line: Style,
}

impl Theme {
    /// A theme in the colours a terminal has; one that has too few for it gets the sixteen.
    pub fn new(name: ThemeName, depth: Depth) -> Self {
        let mut theme = match (name, depth) {
            (_, Depth::None) => return Self::plain(),
            (ThemeName::Default, _) | (_, Depth::Sixteen) => return Self::sixteen(),
            (ThemeName::Light, _) => full::light(),
            (ThemeName::Dark, _) => full::dark(),
        };
        for (_, style) in theme.roles() {
            (style.fg, style.bg) = (style.fg.map(|colour| depth.nearest(colour)), style.bg.map(|colour| depth.nearest(colour)));
        }
        theme
    }

    /// The default: sixteen colours, legible on light and dark grounds.
    pub fn sixteen() -> Self {
        let fg = |color| Style::new().fg(color);
        Self {
            ground: Style::new(),
            text: Style::new(),
            dim: Style::new().add_modifier(Modifier::DIM),
            selected: Style::new().add_modifier(Modifier::REVERSED),
            unread: Style::new().add_modifier(Modifier::BOLD),
            overdue: fg(Color::Red).add_modifier(Modifier::BOLD),
            accent: fg(Color::Cyan),
            tab: Style::new().add_modifier(Modifier::BOLD | Modifier::REVERSED),
            title: Style::new().add_modifier(Modifier::BOLD),
            border: Style::new().add_modifier(Modifier::DIM),
            incoming: fg(Color::Blue).add_modifier(Modifier::BOLD),
            outgoing: fg(Color::Green).add_modifier(Modifier::BOLD),
            note: fg(Color::Yellow).add_modifier(Modifier::BOLD | Modifier::REVERSED),
            note_text: fg(Color::Yellow),
            quote: Style::new().add_modifier(Modifier::DIM | Modifier::ITALIC),
            good: fg(Color::Green),
            warning: fg(Color::Yellow).add_modifier(Modifier::BOLD),
            error: fg(Color::Red).add_modifier(Modifier::BOLD),
            key: fg(Color::Cyan).add_modifier(Modifier::BOLD),
            status_line: Style::new().add_modifier(Modifier::UNDERLINED),
        }
    }

    /// The same modifiers without any colour.
    pub fn plain() -> Self {
        let mut theme = Self::sixteen();
        for (_, style) in theme.roles() {
            (style.fg, style.bg) = (None, None);
        }
        theme
    }

    /// Gives the finished picture the theme's own colours wherever nothing else was said.
    pub fn lay_ground(&self, buffer: &mut Buffer) {
        let (Some(text), Some(ground)) = (self.ground.fg, self.ground.bg) else { return };
        for cell in &mut buffer.content {
            if cell.fg == Color::Reset {
                cell.fg = text;
            }
            if cell.bg == Color::Reset {
                cell.bg = ground;
            }
        }
    }

    /// Every role with its name.
    pub fn roles(&mut self) -> [(&'static str, &mut Style); 20] {
        [
            ("ground", &mut self.ground),
            ("text", &mut self.text),
            ("dim", &mut self.dim),
            ("selected", &mut self.selected),
            ("unread", &mut self.unread),
            ("overdue", &mut self.overdue),
            ("accent", &mut self.accent),
            ("tab", &mut self.tab),
            ("title", &mut self.title),
            ("border", &mut self.border),
            ("incoming", &mut self.incoming),
            ("outgoing", &mut self.outgoing),
            ("note", &mut self.note),
            ("note_text", &mut self.note_text),
            ("quote", &mut self.quote),
            ("good", &mut self.good),
            ("warning", &mut self.warning),
            ("error", &mut self.error),
            ("key", &mut self.key),
            ("status_line", &mut self.status_line),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_theme_has_no_colour_and_still_tells_roles_apart() {
        let mut theme = Theme::plain();

        assert!(theme.roles().iter().all(|(_, style)| style.fg.is_none() && style.bg.is_none()));
        assert_ne!(theme.selected, theme.text);
        assert_ne!(theme.unread, theme.text);
        assert_ne!(theme.overdue, theme.text);
        assert_ne!(theme.note, theme.text);
    }

    #[test]
    fn no_colour_wins_over_every_theme_and_too_few_colours_over_the_full_ones() {
        for name in ThemeName::ALL {
            assert_eq!(Theme::new(name, Depth::None), Theme::plain());
            assert_eq!(Theme::new(name, Depth::Sixteen), Theme::sixteen());
        }
    }

    #[test]
    fn a_terminal_of_256_colours_gets_no_others() {
        for name in [ThemeName::Light, ThemeName::Dark] {
            let mut theme = Theme::new(name, Depth::Indexed);
            let odd = |colour: Option<Color>| colour.is_some_and(|colour| !matches!(colour, Color::Indexed(16..)));
            assert!(theme.roles().iter().all(|(_, style)| !odd(style.fg) && !odd(style.bg)), "{theme:?}");
        }
    }
}

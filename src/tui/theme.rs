//! Colours: the sixteen of every terminal, and none at all under `NO_COLOR`.
//!
//! Nothing is told by colour alone: selection, unread, overdue and notes have a
//! sign or a modifier as well, so that the plain theme loses only comfort.

use ratatui::style::{Color, Modifier, Style};

/// A style for every role on the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
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
    /// The default: sixteen colours, legible on light and dark grounds.
    pub fn sixteen() -> Self {
        let fg = |color| Style::new().fg(color);
        Self {
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
        for style in theme.styles() {
            style.fg = None;
            style.bg = None;
        }
        theme
    }

    fn styles(&mut self) -> [&mut Style; 19] {
        [
            &mut self.text,
            &mut self.dim,
            &mut self.selected,
            &mut self.unread,
            &mut self.overdue,
            &mut self.accent,
            &mut self.tab,
            &mut self.title,
            &mut self.border,
            &mut self.incoming,
            &mut self.outgoing,
            &mut self.note,
            &mut self.note_text,
            &mut self.quote,
            &mut self.good,
            &mut self.warning,
            &mut self.error,
            &mut self.key,
            &mut self.status_line,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plain_theme_has_no_colour_and_still_tells_roles_apart() {
        let mut theme = Theme::plain();

        assert!(theme.styles().iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert_ne!(theme.selected, theme.text);
        assert_ne!(theme.unread, theme.text);
        assert_ne!(theme.overdue, theme.text);
        assert_ne!(theme.note, theme.text);
    }
}

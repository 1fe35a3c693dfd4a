//! The themes that choose every colour themselves, and so the ground they stand on.
//!
//! Text has a contrast of at least 4.5 to its ground, what is secondary 3 (WCAG 2.2,
//! 1.4.3 and 1.4.11); also where a row is selected. A test measures every cell.

use ratatui::style::{Color, Modifier, Style};

use super::Theme;

const fn rgb(colour: u32) -> Color {
    Color::Rgb((colour >> 16) as u8, (colour >> 8) as u8, colour as u8)
}

/// The colours of one theme; the roles are the same in both.
struct Colours {
    text: u32,
    ground: u32,
    secondary: u32,
    bright: u32,
    selected: u32,
    bar: u32,
    title: u32,
    on_title: u32,
    red: u32,
    yellow: u32,
    green: u32,
    blue: u32,
    cyan: u32,
    note: u32,
    on_note: u32,
}

pub(super) fn dark() -> Theme {
    theme(&Colours {
        text: 0x00d7_dae0,
        ground: 0x001c_1f26,
        secondary: 0x009d_a5b4,
        bright: 0x00ff_ffff,
        selected: 0x002c_3550,
        bar: 0x002a_2e38,
        title: 0x0031_4f80,
        on_title: 0x00ff_ffff,
        red: 0x00ff_9088,
        yellow: 0x00e6_c15a,
        green: 0x008f_d694,
        blue: 0x008a_b4ff,
        cyan: 0x0076_cde0,
        note: 0x00e6_c15a,
        on_note: 0x001c_1f26,
    })
}

pub(super) fn light() -> Theme {
    theme(&Colours {
        text: 0x001f_2328,
        ground: 0x00fb_faf7,
        secondary: 0x0057_606a,
        bright: 0x0000_0000,
        selected: 0x00d3_e2fb,
        bar: 0x00e8_eaed,
        title: 0x001f_4e8c,
        on_title: 0x00ff_ffff,
        red: 0x00a9_1d16,
        yellow: 0x005f_4a00,
        green: 0x0017_6130,
        blue: 0x000b_4fb3,
        cyan: 0x0005_5f73,
        note: 0x00f2_c94c,
        on_note: 0x002b_2000,
    })
}

fn theme(colours: &Colours) -> Theme {
    let fg = |colour| Style::new().fg(rgb(colour));
    let bold = |colour| fg(colour).add_modifier(Modifier::BOLD);
    Theme {
        ground: fg(colours.text).bg(rgb(colours.ground)),
        text: Style::new(),
        dim: fg(colours.secondary),
        selected: Style::new().bg(rgb(colours.selected)),
        unread: bold(colours.bright),
        overdue: bold(colours.red),
        accent: fg(colours.cyan),
        tab: bold(colours.on_title).bg(rgb(colours.title)),
        title: bold(colours.bright),
        border: fg(colours.secondary),
        incoming: bold(colours.blue),
        outgoing: bold(colours.green),
        note: bold(colours.on_note).bg(rgb(colours.note)),
        note_text: fg(colours.yellow),
        quote: fg(colours.secondary).add_modifier(Modifier::ITALIC),
        good: fg(colours.green),
        warning: bold(colours.yellow),
        error: bold(colours.red),
        key: bold(colours.cyan),
        status_line: Style::new().bg(rgb(colours.bar)),
    }
}

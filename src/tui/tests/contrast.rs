//! Whether the screen can be read: the default theme on grounds people have, the others on their own.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier, Style};

use super::support::{Fake, Play};
use crate::tui::chrome::Chrome;
use crate::tui::theme::{Depth, Theme, ThemeName};

/// What a terminal makes of its own foreground, ground and sixteen colours.
struct Palette {
    name: &'static str,
    foreground: [u8; 3],
    ground: [u8; 3],
    colours: [[u8; 3]; 8],
}

/// Black, red, green, yellow, blue, magenta, cyan, white of xterm.
const XTERM: [[u8; 3]; 8] = [[0, 0, 0], [205, 0, 0], [0, 205, 0], [205, 205, 0], [0, 0, 238], [205, 0, 205], [0, 205, 205], [229, 229, 229]];
const SOLARISED: [[u8; 3]; 8] =
    [[7, 54, 66], [220, 50, 47], [133, 153, 0], [181, 137, 0], [38, 139, 210], [211, 54, 130], [42, 161, 152], [238, 232, 213]];

const PALETTES: [Palette; 4] = [
    Palette { name: "dark", foreground: [229, 229, 229], ground: [0, 0, 0], colours: XTERM },
    Palette { name: "light", foreground: [0, 0, 0], ground: [255, 255, 255], colours: XTERM },
    Palette { name: "solarised dark", foreground: [131, 148, 150], ground: [0, 43, 54], colours: SOLARISED },
    Palette { name: "solarised light", foreground: [101, 123, 131], ground: [253, 246, 227], colours: SOLARISED },
];

/// Large or bold text needs three (WCAG 2.2, 1.4.3); so does what a terminal draws in a cell.
const ENOUGH: f64 = 3.0;

fn luminance(colour: [u8; 3]) -> f64 {
    let part = |value: u8| {
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(colour[0]) + 0.7152 * part(colour[1]) + 0.0722 * part(colour[2])
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

impl Palette {
    fn colour(&self, colour: Color, default: [u8; 3]) -> [u8; 3] {
        match colour {
            Color::Reset => default,
            Color::Black => self.colours[0],
            Color::Red => self.colours[1],
            Color::Green => self.colours[2],
            Color::Yellow => self.colours[3],
            Color::Blue => self.colours[4],
            Color::Magenta => self.colours[5],
            Color::Cyan => self.colours[6],
            Color::Gray => self.colours[7],
            Color::Rgb(red, green, blue) => [red, green, blue],
            Color::Indexed(index) => indexed(index),
            other => panic!("a theme uses {other:?}"),
        }
    }

    fn contrast_of(&self, cell: &Cell) -> f64 {
        let (text, ground) = (self.colour(cell.fg, self.foreground), self.colour(cell.bg, self.ground));
        assert!(!cell.modifier.contains(Modifier::HIDDEN));
        contrast(text, ground)
    }
}

#[test]
fn rows_of_every_kind_are_legible_on_dark_light_and_solarised_grounds() {
    let mut play = Play::new();
    // The first row is unread, the second overdue, the third marked, the fourth selected.
    play.press("j j space");
    let buffer = play.buffer();
    let list = play.model.layout().list;
    for palette in PALETTES {
        for y in list.y..list.y + 5 {
            // The mark before a row says in a sign what its colour says again.
            for cell in (0..list.width).map(|x| &buffer[(x, y)]).filter(|cell| !matches!(cell.symbol(), " " | "*")) {
                let contrast = palette.contrast_of(cell);
                assert!(contrast >= ENOUGH, "{}: `{}` in row {y} has a contrast of {contrast:.1}", palette.name, cell.symbol());
            }
        }
    }
}

/// A colour of xterm's cube or of the greys behind it.
fn indexed(index: u8) -> [u8; 3] {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        232.. => [8 + 10 * (index - 232); 3],
        16.. => [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6].map(level),
        _ => panic!("a full theme uses colour {index}, which people set themselves"),
    }
}

/// Text needs 4.5, what is secondary, such as borders and quotes, 3.
#[test]
fn check_19_every_cell_of_the_full_themes_is_legible_on_the_themes_own_ground() {
    let names = [ThemeName::Light, ThemeName::Dark];
    let themes: Vec<(ThemeName, Depth)> = names.iter().flat_map(|name| [(*name, Depth::Full), (*name, Depth::Indexed)]).collect();
    for keys in super::sizes::PLACES.into_iter().chain(["j j space", "j", "enter / l o g", "r tab", "g D", "ctrl-p", "g j", ": t h e m e space"]) {
        let mut play = Play::on(Fake::new(), 120, 40);
        if !keys.is_empty() {
            play.press(keys);
        }
        for (name, depth) in &themes {
            play.model.theme = Theme::new(*name, *depth);
            legible(&play, *name);
        }
    }
}

#[track_caller]
fn legible(play: &Play, name: ThemeName) {
    let theme = &play.model.theme;
    let secondary = [theme.dim.fg, theme.border.fg, theme.quote.fg];
    let buffer = play.buffer();
    for (at, cell) in buffer.content().iter().enumerate().filter(|(_, cell)| cell.symbol() != " ") {
        assert!(cell.fg != Color::Reset && cell.bg != Color::Reset, "{name:?}: the terminal's own colour in cell {at}");
        assert!(!cell.modifier.contains(Modifier::DIM), "{name:?}: what a terminal makes of dim is not known, cell {at}");
        let enough = if secondary.contains(&Some(cell.fg)) { ENOUGH } else { 4.5 };
        let contrast = PALETTES[0].contrast_of(cell);
        assert!(contrast >= enough, "{name:?}: `{}` in cell {at} has a contrast of {contrast:.2}, {:?} on {:?}", cell.symbol(), cell.fg, cell.bg);
    }
}

/// Each role of each theme; a change of one shows here.
#[test]
fn check_19_the_styles_of_every_theme_are_as_reviewed() {
    let shown = |name: ThemeName, depth: Depth| {
        let mut theme = Theme::new(name, depth);
        let lines: Vec<String> = theme.roles().iter().map(|(role, style)| format!("  {role:<12} {}", described(**style))).collect();
        format!("{} {depth:?}\n{}", name.as_str(), lines.join("\n"))
    };
    let depths = [Depth::Full, Depth::Indexed];
    let full = [ThemeName::Light, ThemeName::Dark].into_iter().flat_map(|name| depths.map(|depth| shown(name, depth)));
    let all: Vec<String> = [shown(ThemeName::Default, Depth::Sixteen), shown(ThemeName::Default, Depth::None)].into_iter().chain(full).collect();
    insta::assert_snapshot!("themes", all.join("\n\n"));
}

/// A style in a few words: colour, ground, modifiers.
fn described(style: Style) -> String {
    let colour = |colour: Option<Color>| colour.map_or_else(|| "-".to_owned(), |colour| colour.to_string());
    format!("{} on {} {:?}", colour(style.fg), colour(style.bg), style.add_modifier)
}

#[test]
fn a_theme_is_chosen_by_name_or_by_the_picker_and_says_what_the_terminal_makes_of_it() {
    let mut play = Play::new();
    play.model.look.depth = Depth::Indexed;
    play.press(":").typed("theme drak\n");
    assert!(play.text().contains("there is no theme `drak`, did you mean `dark`?"), "{}", play.text());
    play.press("esc :").typed("theme dark\n");
    assert_eq!(play.model.theme, Theme::new(ThemeName::Dark, Depth::Indexed));
    assert!(play.text().contains("nearest of 256"), "{}", play.text());
    play.press(":").typed("theme\n");
    assert!(play.text().contains("dark on light"), "{}", play.text());
    play.press("down enter");
    assert_eq!(play.model.look.theme, ThemeName::Light);
    play.model.look.depth = Depth::None;
    play.press(":").typed("theme dark\n");
    assert_eq!(play.model.theme, Theme::plain(), "NO_COLOR wins");
}

#[test]
fn every_state_of_a_row_has_a_sign_or_a_modifier_of_its_own() {
    let mut play = Play::new();
    play.press("j j space");
    let buffer = play.buffer();
    let list = play.model.layout().list;
    let sign = |row: u16, column: u16| buffer[(list.x + column, list.y + row)].symbol().to_owned();
    assert_eq!((sign(0, 2), sign(1, 2), sign(2, 1), sign(3, 0)), ("●".into(), "!".into(), "*".into(), "▸".into()));
    assert!(buffer[(list.x + 10, list.y)].modifier.contains(Modifier::BOLD));
    assert!(buffer[(list.x + 10, list.y + 3)].modifier.contains(Modifier::REVERSED));
}

#[test]
fn with_ascii_borders_and_no_icons_everything_drawn_has_seven_bits() {
    for (width, height) in [(40, 10), (80, 24), (130, 40)] {
        for keys in super::sizes::PLACES {
            let mut play = Play::on(Fake::many(30), width, height);
            play.model.chrome = Chrome { ascii_borders: true, ascii_signs: true };
            if !keys.is_empty() {
                play.press(keys);
            }
            let odd: Vec<String> = play.buffer().content().iter().map(Cell::symbol).filter(|symbol| !symbol.is_ascii()).map(str::to_owned).collect();
            assert!(odd.is_empty(), "{odd:?} after `{keys}` at {width}x{height}:\n{}", play.text());
        }
    }
}

//! Whether the list can be read in the default theme on grounds people have.

use ratatui::buffer::Cell;
use ratatui::style::{Color, Modifier};

use super::support::{Fake, Play};
use crate::tui::chrome::Chrome;

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
            other => panic!("the default theme uses {other:?}"),
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

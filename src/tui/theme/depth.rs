//! How many colours a terminal has, and which of them is nearest.

use ratatui::style::Color;

/// What the terminal can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Depth {
    /// No colour is wanted.
    None,
    /// The sixteen that people set in their terminal.
    #[default]
    Sixteen,
    /// xterm's 256.
    Indexed,
    /// Every colour there is.
    Full,
}

/// The levels of xterm's cube of 6×6×6 colours, which begins at 16.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
/// Where the 24 greys behind it begin: 8, 18, … 238.
const GREYS: u8 = 232;

impl Depth {
    /// What the variables of the environment promise: `NO_COLOR`, `COLORTERM`, `TERM`.
    pub fn promised(no_color: Option<&str>, colorterm: Option<&str>, term: Option<&str>) -> Self {
        let term = term.unwrap_or_default();
        if no_color.is_some_and(|value| !value.is_empty()) || matches!(term, "" | "dumb") {
            return Self::None;
        }
        if matches!(colorterm, Some("truecolor" | "24bit")) || term.ends_with("-direct") {
            return Self::Full;
        }
        let few = ["linux", "vt", "ansi", "cons", "xterm-16color", "rxvt-16color"];
        if few.iter().any(|start| term.starts_with(start)) { Self::Sixteen } else { Self::Indexed }
    }

    /// The colour itself, or the nearest the terminal has.
    pub fn nearest(self, colour: Color) -> Color {
        match (self, colour) {
            (Self::Indexed, Color::Rgb(red, green, blue)) => Color::Indexed(nearest_index([red, green, blue])),
            _ => colour,
        }
    }
}

fn nearest_index(colour: [u8; 3]) -> u8 {
    let steps = colour.map(|part| (0..6).min_by_key(|step| LEVELS.get(usize::from(*step)).map_or(255, |level| level.abs_diff(part))).unwrap_or(0));
    let cube = steps.map(|step| LEVELS.get(usize::from(step)).copied().unwrap_or(0));
    let mean = colour.iter().map(|part| u32::from(*part)).sum::<u32>() / 3;
    let grey = (mean.saturating_sub(3) / 10).min(23) as u8;
    let level = 8 + 10 * grey;
    if distance(colour, [level; 3]) < distance(colour, cube) {
        return GREYS + grey;
    }
    let [red, green, blue] = steps;
    16 + 36 * red + 6 * green + blue
}

fn distance(one: [u8; 3], other: [u8; 3]) -> u32 {
    one.iter().zip(other).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_says_how_many_colours_there_are() {
        let promised = |no_color: &str, colorterm: &str, term: &str| Depth::promised(Some(no_color), Some(colorterm), Some(term));

        assert_eq!(promised("", "truecolor", "xterm-256color"), Depth::Full);
        assert_eq!(promised("", "24bit", "screen"), Depth::Full);
        assert_eq!(promised("", "", "xterm-direct"), Depth::Full);
        assert_eq!(promised("", "", "tmux-256color"), Depth::Indexed);
        assert_eq!(promised("", "", "linux"), Depth::Sixteen);
        assert_eq!(promised("", "", "dumb"), Depth::None);
        assert_eq!(promised("1", "truecolor", "xterm-256color"), Depth::None);
        assert_eq!(Depth::promised(None, None, None), Depth::None);
    }

    #[test]
    fn the_nearest_colour_lies_in_the_cube_or_among_the_greys() {
        for (colour, index) in
            [([0, 0, 0], 16), ([255, 255, 255], 231), ([255, 0, 0], 196), ([95, 135, 175], 67), ([18, 18, 18], 233), ([128, 128, 128], 244)]
        {
            assert_eq!(nearest_index(colour), index, "{colour:?}");
        }
    }

    #[test]
    fn no_other_of_the_240_is_nearer() {
        let shown = |index: u8| match index {
            GREYS.. => [8 + 10 * (index - GREYS); 3],
            _ => [(index - 16) / 36, (index - 16) / 6 % 6, (index - 16) % 6].map(|step| LEVELS[usize::from(step)]),
        };
        for red in (0..=255).step_by(17) {
            for (green, blue) in (0..=255).step_by(15).flat_map(|green| (0..=255).step_by(51).map(move |blue| (green, blue))) {
                let colour = [red, green, blue];
                let found = distance(colour, shown(nearest_index(colour)));
                let best = (16..=255).map(|index| distance(colour, shown(index))).min().unwrap();
                assert!(found <= best, "{colour:?} became {:?}, at {found} instead of {best}", shown(nearest_index(colour)));
            }
        }
    }
}

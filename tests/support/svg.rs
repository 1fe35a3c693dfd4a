//! A terminal's screen as an SVG picture: what a reader of the README sees.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

use std::fmt::Write as _;

/// Size of a cell, and the room around the screen, in units of the picture.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 12.0;
const GROUND: &str = "#16181d";
const INK: &str = "#d6d9de";
/// The sixteen colours of a terminal that was set up with care.
const SIXTEEN: [&str; 16] = [
    "#2a2e37", "#e06c75", "#8fbf7f", "#e0b860", "#6aa5e8", "#c58ae0", "#5fbfc4", "#d6d9de", "#6b7280", "#f08c94", "#a9d79a", "#f2cf83", "#8fbef5",
    "#d9a7ef", "#84d6da", "#ffffff",
];

/// How a run of cells looks.
#[derive(Clone, PartialEq, Eq)]
struct Look {
    ink: String,
    ground: Option<String>,
    bold: bool,
    italic: bool,
    underline: bool,
    dim: bool,
    /// Characters of two cells stand in runs of their own: a font may draw them narrower.
    wide: bool,
}

/// Draws a screen; `title` is read to those who do not see it.
pub fn picture(screen: &vt100::Screen, title: &str) -> String {
    let (rows, columns) = screen.size();
    let (rows, columns) = (rows.get(), columns.get());
    let (width, height) = (f32::from(columns) * CELL.0 + 2.0 * MARGIN, f32::from(rows) * CELL.1 + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" height=\"{height:.0}\" role=\"img\">\n\
         <title>{}</title>\n<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>\n\
         <g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\">\n",
        escaped(title)
    );
    for row in 0..rows {
        draw_row(&mut svg, screen, row, columns);
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn draw_row(svg: &mut String, screen: &vt100::Screen, row: u16, columns: u16) {
    let mut column = 0;
    while column < columns {
        let look = look(screen.cell(row, column).unwrap());
        let start = column;
        let mut text = String::new();
        while let Some(cell) = screen.cell(row, column).filter(|cell| cell.is_wide_continuation() || self::look(cell) == look) {
            if !cell.is_wide_continuation() {
                text.push_str(if cell.has_contents() { cell.contents() } else { " " });
            }
            column += 1;
        }
        draw_run(svg, (row, start), column - start, &text, &look);
    }
}

fn draw_run(svg: &mut String, (row, start): (u16, u16), cells: u16, text: &str, look: &Look) {
    let (x, y, width) = (MARGIN + f32::from(start) * CELL.0, MARGIN + f32::from(row) * CELL.1, f32::from(cells) * CELL.0);
    if let Some(ground) = &look.ground {
        writeln!(svg, "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" fill=\"{ground}\"/>", CELL.1).unwrap();
    }
    if text.trim().is_empty() && !look.underline {
        return;
    }
    let mut style = format!("fill=\"{}\"", look.ink);
    for (wanted, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.italic, " font-style=\"italic\""),
        (look.underline, " text-decoration=\"underline\""),
        (look.dim, " opacity=\"0.6\""),
    ] {
        if wanted {
            style.push_str(attribute);
        }
    }
    // The length keeps the columns where they are whatever font is there.
    let baseline = y + CELL.1 * 0.74;
    writeln!(
        svg,
        "<text x=\"{x:.1}\" y=\"{baseline:.1}\" textLength=\"{width:.1}\" lengthAdjust=\"spacingAndGlyphs\" xml:space=\"preserve\" {style}>{}</text>",
        escaped(text)
    )
    .unwrap();
}

fn look(cell: &vt100::Cell) -> Look {
    let (ink, ground) = (colour(cell.fgcolor()), colour(cell.bgcolor()));
    let (ink, ground) = if cell.inverse() { (Some(ground.unwrap_or(GROUND.into())), Some(ink.unwrap_or(INK.into()))) } else { (ink, ground) };
    Look {
        ink: ink.unwrap_or(INK.into()),
        ground,
        bold: cell.bold(),
        italic: cell.italic(),
        underline: cell.underline(),
        dim: cell.dim(),
        wide: cell.is_wide(),
    }
}

fn colour(colour: vt100::Color) -> Option<String> {
    match colour {
        vt100::Color::Default => None,
        vt100::Color::Rgb(r, g, b) => Some(format!("#{r:02x}{g:02x}{b:02x}")),
        vt100::Color::Idx(index @ 0..16) => Some(SIXTEEN[usize::from(index)].to_owned()),
        vt100::Color::Idx(index @ 16..232) => {
            let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
            let n = index - 16;
            Some(format!("#{:02x}{:02x}{:02x}", level(n / 36), level(n / 6 % 6), level(n % 6)))
        }
        vt100::Color::Idx(index) => {
            let grey = 8 + 10 * (index - 232);
            Some(format!("#{grey:02x}{grey:02x}{grey:02x}"))
        }
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

//! The pictures of the README, taken from the real screen of the demo: `make pictures`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stdout, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
#[path = "support/svg.rs"]
mod svg;

use std::fs;
use std::path::Path;

use home::Home;
use screen::{PATIENCE, Screen};

/// Where the README looks for them.
const FOLDER: &str = "assets/pictures";

fn open(home: &Home, (rows, columns): (u16, u16)) -> Screen {
    let screen = Screen::of(home, &["demo"], (rows, columns));
    screen.wait_for("the synced queue", |text| text.contains("synced"), PATIENCE);
    screen
}

#[test]
fn a_picture_shows_the_text_and_the_colours_of_the_terminal() {
    let mut terminal = vt100::Parser::new(2.try_into().unwrap(), 20.try_into().unwrap(), 0);
    terminal.process("plain \x1b[1;31mred & bold\x1b[m\r\n\x1b[7m漢<\x1b[m".as_bytes());

    let svg = svg::picture(terminal.screen(), "a test");

    assert!(svg.contains(">plain </text>"), "{svg}");
    assert!(svg.contains("fill=\"#e06c75\" font-weight=\"bold\">red &amp; bold</text>"), "{svg}");
    assert!(svg.contains("fill=\"#16181d\">漢</text>"), "{svg}");
    assert!(svg.contains("width=\"16.8\" height=\"18.0\" fill=\"#d6d9de\""), "a wide character takes two cells: {svg}");
}

#[test]
#[ignore = "writes the README's pictures; run by `make pictures`"]
fn the_pictures_of_the_readme() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(FOLDER);
    fs::create_dir_all(&folder).unwrap();
    for (name, title, keys, shown) in [
        ("queue", "The queue: views, tickets, and the conversation of the selected one beside them", &["j", "j"][..], "From:"),
        ("ticket", "A ticket: the conversation with what was done to it", &["j", "j", "<enter>"][..], "message"),
        ("compose", "A reply in the composer", &["j", "j", "r"][..], "PUBLIC REPLY"),
    ] {
        let home = Home::new();
        let mut screen = open(&home, (36, 130));
        // One key after the other, as a hand would.
        for key in keys {
            screen.send(key);
            screen.settle();
        }
        screen.wait_for(name, |text| text.contains(shown), PATIENCE);
        screen.settle();
        let file = folder.join(format!("{name}.svg"));
        fs::write(&file, screen.with_screen(|seen| svg::picture(seen, title))).unwrap();
        println!("wrote {}", file.display());
    }
}

//! Colours, the mouse, the bell and the configuration of the real program, while it runs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use home::Home;
use screen::{PATIENCE, Screen};

fn open(home: &Home) -> Screen {
    let screen = questions::open(home, (24, 80));
    screen.wait_for("the synced queue", |text| text.contains("Refund please") && text.contains("synced"), PATIENCE);
    screen
}

fn leave(mut screen: Screen) {
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

fn wrote(screen: &Screen, bytes: &str) -> bool {
    screen.raw().windows(bytes.len()).any(|window| window == bytes.as_bytes())
}

fn is_captured(screen: &Screen) -> bool {
    screen.with_screen(|screen| screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None)
}

/// Every mode in which a terminal tells of its mouse.
const MOUSE_MODES: [&str; 4] = ["\x1b[?1000h", "\x1b[?1002h", "\x1b[?1003h", "\x1b[?1006h"];

#[test]
fn check_23_with_the_mouse_off_no_mouse_mode_is_ever_set() {
    let home = questions::two_questions("");
    let mut screen = open(&home);

    screen.send("<enter>");
    screen.wait_for_text("Hello, this is question");
    screen.send("q<ctrl-l>?");
    screen.wait_for_text("Keys on the list");
    screen.send("q");
    screen.wait_for_text("Refund please");

    assert!(MOUSE_MODES.iter().all(|mode| !wrote(&screen, mode)));
    leave(screen);
}

#[test]
fn check_23_the_mouse_is_switched_on_and_off_while_the_screen_runs() {
    let home = questions::two_questions("");
    let mut screen = open(&home);

    screen.send(":mouse<enter>");
    screen.wait_for_text("mouse on");
    assert!(is_captured(&screen));
    assert!(!wrote(&screen, MOUSE_MODES[2]), "movements alone would wake the program up");
    // The second row, clicked twice: SGR reports count from one.
    let row = screen.text().lines().position(|line| line.contains("Cannot log in")).unwrap() + 1;
    screen.send_bytes(format!("\x1b[<0;20;{row}M\x1b[<0;20;{row}m").as_bytes());
    screen.wait_until_gone("mouse on");
    screen.send_bytes(format!("\x1b[<0;20;{row}M\x1b[<0;20;{row}m").as_bytes());
    screen.wait_for_text("Hello, this is question 1");
    screen.send("q:mouse<enter>");
    screen.wait_for_text("mouse off");
    assert!(!is_captured(&screen));
    leave(screen);
}

#[test]
fn check_23_the_configured_mouse_is_given_back_for_a_stop_an_editor_and_the_end() {
    let mut home = questions::two_questions("[ui]\nmouse = true\n[send]\ncomposer = \"external\"\n");
    let editor = home.file("editor.sh", "#!/bin/sh\nprintf 'It is fixed.\\n' > \"$1\"\n");
    home.set("EDITOR", format!("/bin/sh {}", editor.display()));
    let mut screen = open(&home);
    assert!(is_captured(&screen));

    screen.send("<ctrl-z>");
    screen.wait_for("the shell's screen", |text| !text.contains("Refund please"), PATIENCE);
    screen.wait_stopped(PATIENCE);
    screen.assert_restored();
    screen.signal("CONT");
    screen.wait_for_text("Refund please");
    assert!(is_captured(&screen));
    screen.send("r");
    screen.wait_for_text("It is fixed.");
    let raw = screen.raw();
    let count = |mode: &str| raw.windows(mode.len()).filter(|window| *window == mode.as_bytes()).count();
    assert!(count("\x1b[?1000h") >= 3, "at the start, behind the stop and behind the editor");
    assert_eq!(count("\x1b[?1000l"), 2, "before the stop and before the editor");
    screen.send("q");
    screen.wait_for_text("kept as draft");
    screen.signal("TERM");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

/// The colours in the cells of the screen.
fn colours(screen: &Screen) -> Vec<vt100::Color> {
    screen.with_screen(|screen| {
        let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
        let both = cells.filter_map(|(row, column)| screen.cell(row, column)).flat_map(|cell| [cell.fgcolor(), cell.bgcolor()]);
        both.collect()
    })
}

#[test]
fn check_18_no_color_wins_over_a_theme_and_the_signs_stay() {
    let mut home = questions::two_questions("[ui]\ntheme = \"dark\"\n");
    home.set("NO_COLOR", "1").set("COLORTERM", "truecolor");
    let screen = open(&home);

    assert!(colours(&screen).iter().all(|colour| *colour == vt100::Color::Default));
    let text = screen.text();
    assert!(text.contains('▸') && text.contains('●'), "{text}");
    leave(screen);
}

#[test]
fn check_19_a_theme_has_every_colour_where_they_are_promised_else_the_nearest_of_256() {
    for (promise, is_right) in [
        ("truecolor", (|colour| matches!(colour, vt100::Color::Rgb(..))) as fn(&vt100::Color) -> bool),
        ("", |colour| matches!(colour, vt100::Color::Idx(16..))),
    ] {
        let mut home = questions::two_questions("[ui]\ntheme = \"light\"\n");
        home.set("COLORTERM", promise);
        let mut screen = open(&home);
        assert!(colours(&screen).iter().all(is_right), "COLORTERM={promise:?}");

        screen.send(":theme default<enter>");
        screen.wait_for_text("theme default");
        assert!(colours(&screen).iter().all(|colour| matches!(colour, vt100::Color::Default | vt100::Color::Idx(0..16))));
        leave(screen);
    }
}

/// Writes the configuration as editors do: another file that takes the place of the old one.
fn rewrite(home: &Home, change: impl FnOnce(String) -> String) {
    let config = change(std::fs::read_to_string(home.config_path()).unwrap());
    let beside = home.config_path().with_extension("new");
    std::fs::write(&beside, config).unwrap();
    std::fs::rename(beside, home.config_path()).unwrap();
}

#[test]
fn check_6_a_broken_edit_keeps_the_old_settings_and_shows_the_error_with_its_line() {
    let mut home = questions::two_questions("[ui]\ntheme = \"light\"\n");
    home.set("COLORTERM", "truecolor");
    let mut screen = open(&home);
    let line = std::fs::read_to_string(home.config_path()).unwrap().lines().position(|line| line.starts_with("theme")).unwrap() + 1;
    let is_ours = |colour: &vt100::Color| matches!(colour, vt100::Color::Rgb(..));

    rewrite(&home, |config| config.replace("theme =", "theem ="));
    // The path is long and the line is wrapped where it may be.
    let text: String = screen.wait_for_text("did you mean `theme`?").split_whitespace().collect();
    assert!(text.contains(&format!("config.toml:{line}:unknownkey`theem`")), "{text}");
    assert!(colours(&screen).iter().all(is_ours), "the theme stays");

    rewrite(&home, |config| config.replace("theem =", "theme = = "));
    screen.wait_for_text("not valid TOML");
    assert!(colours(&screen).iter().all(is_ours), "the theme stays");

    rewrite(&home, |config| config.replace("theme = =  \"light\"", "theme = \"default\"\n[keys.list]\nQ = \"quit\""));
    screen.wait_for_text("settings read again: keys, theme");
    assert!(colours(&screen).iter().all(|colour| matches!(colour, vt100::Color::Default | vt100::Color::Idx(0..16))));
    screen.send("Q");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn check_27_a_key_that_is_set_twice_or_to_nothing_known_is_told_with_file_and_line() {
    let home = questions::two_questions("[keys.list]\nx = \"slove\"\n\"enter\" = \"open\"\n\"return\" = \"filter\"\n");
    let screen = questions::open(&home, (24, 200));
    let line = std::fs::read_to_string(home.config_path()).unwrap().lines().position(|line| line.starts_with("x =")).unwrap() + 1;

    screen.wait_for_text(&format!("config.toml:{line}: unknown action `slove`, did you mean `solve`? (and 1 more)"));
    rewrite(&home, |config| config.replace("slove", "solve"));
    screen.wait_for_text("settings read again: keys");
    rewrite(&home, |config| {
        config.replace("\"return\" = \"filter\"", "\"return\" = \"filter\"\n\"p\" = \"open\"\n\"shift-p\" = \"open\"\nP = \"filter\"")
    });
    screen.wait_for_text(&format!("config.toml:{}: key `P` in [keys.list] is already set in line {}", line + 5, line + 4));
    leave(screen);
}

#[test]
fn what_the_workers_use_is_named_and_waits_for_the_next_start_and_reload_asks_by_hand() {
    let home = questions::two_questions("");
    let mut screen = open(&home);

    rewrite(&home, |config| config.replace("Acme App\"\naddresses", "Acme\"\naddresses"));
    screen.wait_for_text("desks and projects will change at the next start");
    screen.send(":reload<enter>");
    screen.wait_for_text("no setting of the screen has changed");
    leave(screen);
}

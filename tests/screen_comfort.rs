//! Colours, the mouse, the bell and the configuration of the real program, while it runs.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use std::process::{Child, Command, Stdio};

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
    times_written(screen, bytes) > 0
}

fn times_written(screen: &Screen, bytes: &str) -> usize {
    screen.raw().windows(bytes.len()).filter(|window| *window == bytes.as_bytes()).count()
}

/// `sync --watch`, once it has the network role.
fn watch(home: &Home) -> Background {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postdesk"));
    let child = command.args(["sync", "--watch"]).env_clear().envs(home.environment()).stdout(Stdio::null()).spawn().unwrap();
    let listens = home.path().join("data/postdesk/desks/acme/wake.sock");
    let deadline = std::time::Instant::now() + PATIENCE;
    while !listens.exists() {
        assert!(std::time::Instant::now() < deadline, "nobody watches");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    Background(child)
}

/// A process that ends with the test.
struct Background(Child);

impl Drop for Background {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
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
    let text: String = screen.wait_for_text("`theme`? — settings kept").split_whitespace().collect();
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

/// A script that appends what it is told, and whether it has a terminal, to a file.
fn hook(home: &Home) -> (String, std::path::PathBuf) {
    let told = home.path().join("told");
    let text = format!(
        "#!/bin/sh\necho NOISE; echo NOISE >&2\ntest -t 0 && echo terminal >> {0}\n\
         echo \"$POSTDESK_COUNT|$POSTDESK_DESK|$POSTDESK_TICKET|$POSTDESK_FROM|$POSTDESK_SUBJECT|$1\" >> {0}\n",
        told.display()
    );
    (home.file("hook.sh", text).display().to_string(), told)
}

/// Puts a mail into the mailbox as a server does: written elsewhere, then moved.
fn deliver(home: &Home, number: usize, more: &str, subject: &str) {
    let mail = format!(
        "From: Rosa Diaz <rosa@client.example>\r\nTo: support@acme.example\r\nSubject: {subject}\r\n{more}\
         Date: Tue, 03 Mar 2026 09:00:00 +0000\r\nMessage-ID: <d{number}@client.example>\r\n\r\nHello again.\r\n"
    );
    let name = format!("18000000{number:03}.M{number}P1.host");
    let written = home.file(&format!("mail/tmp/{name}"), mail);
    std::fs::rename(written, home.path().join("mail/new").join(name)).unwrap();
}

/// The lines of a file once there are so many.
fn wait_for_lines(path: &std::path::Path, count: usize) -> Vec<String> {
    let deadline = std::time::Instant::now() + PATIENCE;
    loop {
        let lines: Vec<String> = std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect();
        if lines.len() >= count {
            return lines;
        }
        assert!(std::time::Instant::now() < deadline, "{} has only {lines:?}", path.display());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

#[test]
fn new_mail_of_a_customer_rings_and_runs_the_hook_but_not_the_first_reading_nor_automatic_mail() {
    let home = questions::two_questions("");
    let (script, told) = hook(&home);
    let config = std::fs::read_to_string(home.config_path()).unwrap();
    home.config(&format!("{config}\n[notify]\nbell = true\nhook = [\"/bin/sh\", \"{script}\", \"a $HOME `id`\"]\n"));
    let mut screen = open(&home);
    // Everything, also what is automatic.
    screen.send("8");
    screen.wait_for_text("#2");
    assert!(!told.exists() && !wrote(&screen, "\x07"), "the first reading is no news");

    deliver(&home, 1, "Auto-Submitted: auto-replied\r\n", "Out of office");
    screen.wait_for_text("Out of office");
    deliver(&home, 2, "", "Printer =?utf-8?q?on_fire=1B]0;x=07?=");
    screen.wait_for_text("Printer on fire");

    let lines = wait_for_lines(&told, 1);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("1|acme|#") && lines[0].ends_with("|a $HOME `id`"), "{lines:?}");
    assert!(lines[0].contains("|Rosa Diaz|Printer on fire") && !lines[0].contains(['\x1b', '\x07']), "{lines:?}");
    screen.wait_for("the same screen, without noise", |text| !text.contains("NOISE") && text.contains("Printer on fire"), PATIENCE);
    assert!(wrote(&screen, "\x07"));
    leave(screen);
}

#[test]
fn mail_that_another_process_fetches_is_shown_and_announced_once_by_all_screens_together() {
    let home = questions::two_questions("");
    let (script, told) = hook(&home);
    let config = std::fs::read_to_string(home.config_path()).unwrap();
    home.config(&format!("{config}\n[notify]\nbell = true\nhook = [\"/bin/sh\", \"{script}\"]\n"));
    let mut watching = watch(&home);
    let screens = [open(&home), open(&home)];
    // What comes before that lay there already.
    for screen in &screens {
        screen.wait_for_text("another postdesk syncs");
    }

    for number in 1..=2 {
        let subject = format!("Printer {number} on fire");
        deliver(&home, number, "", &subject);
        for screen in &screens {
            screen.wait_for_text(&subject);
        }
        wait_for_lines(&told, number);
    }

    assert!(watching.0.try_wait().unwrap().is_none(), "it has done all of that");
    let lines = wait_for_lines(&told, 2);
    assert!(lines.iter().all(|line| line.starts_with("1|acme|#")), "{lines:?}");
    assert_eq!(lines.len(), 2, "{lines:?}");
    let bells: usize = screens.iter().map(|screen| times_written(screen, "\x07")).sum();
    assert_eq!(bells, 2);
    screens.into_iter().for_each(leave);
}

#[test]
fn a_flood_of_mail_runs_few_hooks_and_counts_all_of_it() {
    let home = questions::two_questions("");
    let (script, told) = hook(&home);
    let config = std::fs::read_to_string(home.config_path()).unwrap();
    home.config(&format!("{config}\n[notify]\nhook = [\"/bin/sh\", \"{script}\"]\n"));
    let screen = open(&home);

    for number in 0..120 {
        deliver(&home, number, "", &format!("Flood {number}"));
    }

    let count = |lines: &[String]| lines.iter().filter_map(|line| line.split('|').next()?.parse::<usize>().ok()).sum::<usize>();
    let deadline = std::time::Instant::now() + PATIENCE;
    let mut lines = wait_for_lines(&told, 1);
    while count(&lines) < 120 {
        assert!(std::time::Instant::now() < deadline, "{lines:?}");
        lines = wait_for_lines(&told, lines.len() + 1);
    }
    assert_eq!(count(&lines), 120);
    assert!(lines.len() <= 4, "{lines:?}");
    leave(screen);
}

#[test]
fn a_hook_that_cannot_run_is_told_with_the_place_to_correct_it() {
    let home = questions::two_questions("[notify]\nhook = [\"no-such-hook\"]\n");
    let screen = open(&home);

    deliver(&home, 1, "", "Printer on fire");

    let text = screen.wait_for_text("the hook `no-such-hook` does not start");
    assert!(text.contains("[notify]"), "{text}");
    leave(screen);
}

#[test]
fn check_67_without_animations_nothing_is_drawn_while_a_mail_waits_to_leave() {
    let home = questions::two_questions("[ui]\nanimations = false\n[send]\nundo_window = \"4s\"\n");
    let mut screen = open(&home);

    screen.send("r");
    screen.wait_for_text("PUBLIC REPLY");
    screen.send("It is fixed.<esc>");
    screen.wait_for_text("ready to send");
    screen.send("y");
    screen.wait_for("when it leaves", |text| text.contains("sending to Sam Lee at "), PATIENCE);
    // A second that is counted down would be drawn within these two.
    screen.settled(std::time::Duration::from_secs(2));

    let text = screen.text();
    assert!(text.contains("sending to Sam Lee at "), "it was drawn until it left:\n{text}");
    screen.wait_for_text("sent to Sam Lee");
    leave(screen);
}

//! The real program under bad treatment: random keys, sizes, signals, mistakes, odd terminals, servers that go away.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]

#[path = "support/dice.rs"]
mod dice;
#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;
mod support;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use dice::Dice;
use home::Home;
use postdesk::sync::endpoint::Timeouts;
use screen::{PATIENCE, Screen};
use support::testbed::Testbed;

const DESK: &str = "support@example.test";

/// On a busy machine, too, this is much shorter than what an agent would notice as a pause.
const AT_ONCE: Duration = Duration::from_secs(15);

fn start(home: &Home, size: (u16, u16)) -> Screen {
    let screen = questions::open(home, size);
    screen.wait_for_text("Refund please");
    screen
}

fn drafts(home: &Home) -> String {
    let listed = home.postdesk(["drafts", "list", "--json"]).output().unwrap();
    String::from_utf8_lossy(&listed.stdout).into_owned()
}

/// Everything a desk has been told to keep: texts of drafts, of the outbox, of sent mail and of notes.
fn everything_kept(home: &Home) -> String {
    let mut all = String::new();
    let mut folders = vec![home.path().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            } else if let Ok(bytes) = std::fs::read(entry.path()) {
                all.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    }
    all
}

/// Raw bytes of keys that mean something somewhere, and of some that mean nothing.
fn random_keys(dice: &mut Dice, count: usize) -> Vec<u8> {
    const KEYS: &[&[u8]] = &[
        b"j",
        b"k",
        b"\r",
        b"\x1b",
        b"\t",
        b" ",
        b"g",
        b"G",
        b"o",
        b"D",
        b"?",
        b":",
        b"/",
        b"\\",
        b"r",
        b"R",
        b"c",
        b"m",
        b"f",
        b"T",
        b"a",
        b"A",
        b"s",
        b"x",
        b"X",
        b"z",
        b"t",
        b"+",
        b"-",
        b"!",
        b"v",
        b"*",
        b",",
        b"p",
        b"P",
        b"J",
        b"K",
        b"[",
        b"]",
        b"}",
        b"{",
        b"E",
        b"\"",
        b"H",
        b"V",
        b"w",
        b"#",
        b"n",
        b"N",
        b"y",
        b"Y",
        b"e",
        b"u",
        b"U",
        b".",
        b"$",
        b"1",
        b"4",
        b"8",
        b"l",
        b"h",
        b"\x10",
        b"\x07",
        b"\x0c",
        b"\x14",
        b"\x0f",
        b"\x1b[A",
        b"\x1b[B",
        b"\x1b[5~",
        b"\x1b[6~",
        b"\x7f",
        b"\x1b[3~",
        b"\x1bs",
        b"\x1b\r",
        b"\x1bu",
        b"\xc3\xa4",
        b"\xe6\x97\xa5",
        b"\x1b[Z",
        b"\x1b[200~pasted\r\ntext\x1b[201~",
        b"\x1b[<0;10;5M\x1b[<0;10;5m",
        b"\x1b[<65;10;5M",
        b"\x1b[I",
        b"\x1b[1;5A",
        b"\x1bOP",
    ];
    (0..count).flat_map(|_| KEYS[dice.below(KEYS.len())].iter().copied()).collect()
}

#[test]
fn thousands_of_random_keys_leave_a_clean_terminal_no_panic_and_every_text() {
    for seed in 1..=support::setting("POSTDESK_KEYS_SEEDS", 2) {
        let mut home = questions::two_questions("[send]\nundo_window = \"1s\"\n");
        // What a random line asks a shell or an opener for is not there.
        home.set("PATH", "/nonexistent");
        home.set("EDITOR", "/bin/true");
        let mut screen = start(&home, (24, 80));
        let mut dice = Dice::new(seed as u64);
        for round in 0..support::setting("POSTDESK_KEYS", 3_000) / 100 {
            let keys = random_keys(&mut dice, 100);
            screen.send_bytes(&keys);
            if round % 3 == 0 {
                let (rows, columns) = (3 + dice.below(50), 10 + dice.below(150));
                screen.resize(u16::try_from(rows).unwrap(), u16::try_from(columns).unwrap());
            }
            screen.settled(Duration::from_millis(20));
        }
        screen.resize(24, 80);

        // From wherever the keys have led, a text is written and left in a hurry.
        let typed = format!("precious{seed}x");
        to_the_list(&mut screen);
        screen.send("c");
        screen.wait_for_text("INTERNAL NOTE");
        screen.send(&typed);
        screen.wait_for_text(&typed);
        if seed % 2 == 0 {
            screen.signal("TERM");
        } else {
            screen.send("<ctrl-g>");
            screen.wait_for_text("kept as draft");
            to_the_list(&mut screen);
            screen.send("qy");
        }
        screen.wait_exit(PATIENCE);

        screen.assert_restored();
        assert!(!home.path().join("state/postdesk").join("panic.log").exists(), "seed {seed}");
        assert!(!everything_kept(&home).contains("panicked at"), "seed {seed}");
        assert!(drafts(&home).contains(&typed), "seed {seed}: {}", drafts(&home));
    }
}

/// Leaves whatever is open until the list is in front, with a ticket selected.
#[track_caller]
fn to_the_list(screen: &mut Screen) {
    // Thousands of keys may still wait to be read.
    let deadline = Instant::now() + Duration::from_mins(2);
    let at_list = |text: &str| text.lines().last().is_some_and(|line| line.contains("q quit"));
    loop {
        // Drawing anew takes away what was said last, so that the footer shows.
        for key in ["<esc>", "<ctrl-g>", "<ctrl-l>"] {
            screen.send(key);
            screen.settle();
        }
        if at_list(&screen.text()) {
            break;
        }
        assert!(Instant::now() < deadline, "the list is not reached:\n{}", screen.text());
    }
    screen.send("8");
    screen.settle();
    screen.send("gg");
    screen.wait_for("a ticket", |text| text.lines().any(|line| line.starts_with('▸')), PATIENCE);
}

/// A Maildir that takes a while to be read.
fn many_mails(count: u32) -> Home {
    let home = questions::two_questions("");
    for number in 10..10 + count {
        home.file(
            &format!("mail/new/18000{number:05}.M{number}P1.host"),
            format!(
                "From: Kim {number} <kim{number}@client.example>\r\nTo: support@acme.example\r\nSubject: Refund please number {number}\r\n\
                 Date: Mon, 02 Mar 2026 09:{:02}:{:02} +0000\r\nMessage-ID: <m{number}@client.example>\r\n\r\n{}\r\n",
                number / 60 % 60,
                number % 60,
                "some text that is read and indexed ".repeat(40)
            ),
        );
    }
    home
}

/// A screen's text without what changes as time goes by.
fn without_ages(text: &str) -> String {
    let is_age = |word: &str| word == "now" || word.strip_suffix(['m', 'h']).is_some_and(|count| count.parse::<u32>().is_ok());
    let words = |line: &str| line.split_whitespace().filter(|word| !is_age(word)).collect::<Vec<_>>().join(" ");
    text.lines().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn two_hundred_resizes_during_a_sync_leave_a_correct_screen_and_a_clean_terminal() {
    let home = many_mails(3_000);
    let mut screen = questions::open(&home, (24, 80));
    screen.wait_for_text("syncing");
    let mut dice = Dice::new(7);
    for _ in 0..200 {
        screen.resize(u16::try_from(2 + dice.below(60)).unwrap(), u16::try_from(10 + dice.below(190)).unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
    screen.resize(24, 80);
    screen.wait_for("the whole list", |text| text.contains("open 3002") && text.contains("synced"), Duration::from_mins(2));
    screen.settle();

    let shown = without_ages(&screen.text());
    screen.send("<ctrl-l>");
    screen.settle();
    assert_eq!(shown, without_ages(&screen.text()), "a screen drawn anew shows the same");
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn the_list_fills_while_the_first_sync_runs() {
    let home = many_mails(6_000);
    let mut screen = questions::open(&home, (24, 80));
    screen.wait_for(
        "tickets before the sync is over",
        |text| text.contains("syncing") && text.contains("Refund please number"),
        Duration::from_mins(1),
    );
    screen.send("q");
    screen.wait_exit(PATIENCE);
}

#[test]
fn a_mistake_of_the_program_gives_the_terminal_back_says_where_the_log_is_and_loses_no_text() {
    let mut home = questions::two_questions("");
    home.set("POSTDESK_TEST_PANIC", "1");
    let mut screen = start(&home, (24, 80));
    screen.send("c");
    screen.wait_for_text("INTERNAL NOTE");
    screen.send("typed just before");
    screen.wait_for_text("typed just before");

    screen.send_bytes(b"\x1b[24~");

    assert!(!screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
    let said = screen.text();
    assert!(said.contains("postdesk: stopped by a mistake of its own. Drafts are saved."), "{said}");
    assert!(said.contains("panic.log") && said.lines().filter(|line| !line.trim().is_empty()).count() <= 4, "{said}");
    assert!(everything_kept(&home).contains("a mistake on demand"), "the log says what it was");

    let mut screen = start(&home, (24, 80));
    screen.send("gD");
    screen.wait_for_text("typed just before");
    screen.send("qq");
    screen.wait_exit(PATIENCE);
}

#[test]
fn every_kind_of_terminal_gets_a_screen_without_being_asked_anything() {
    for kind in ["dumb", "vt100", "screen", "screen-256color", "tmux-256color", "linux", "xterm-256color", ""] {
        let mut home = questions::two_questions("");
        home.set("TERM", kind);
        let mut screen = start(&home, (24, 80));
        let asked = String::from_utf8_lossy(&screen.raw()).into_owned();
        // A terminal in this test never answers: whoever waited for one would not have come so far.
        for (question, what) in
            [("\x1b[6n", "cursor"), ("\x1b[c", "device"), ("\x1b[>c", "device"), ("\x1b[?u", "keyboard"), ("\x1b]1", "colours"), ("\x1bP", "names")]
        {
            assert!(!asked.contains(question), "TERM={kind} is asked for its {what}");
        }
        screen.send("j<enter>");
        screen.wait_for_text("Hello, this is question");
        screen.send("qq");
        assert!(screen.wait_exit(PATIENCE).success(), "TERM={kind}");
        screen.assert_restored();
    }
}

#[test]
fn the_terminals_cursor_is_on_the_focused_row_after_each_frame() {
    let home = questions::two_questions("");
    let mut screen = start(&home, (24, 80));
    let on_the_row = |screen: &Screen| {
        let row = screen.text().lines().position(|line| line.starts_with('▸')).unwrap();
        assert_eq!(screen.cursor().map(|(row, _)| usize::from(row)), Some(row), "{}", screen.text());
    };
    for keys in ["j", "k", "G", "gg", "gj", "j"] {
        screen.send(keys);
        screen.settle();
        on_the_row(&screen);
    }
    screen.send("q/");
    screen.settle();
    assert_eq!(screen.cursor().map(|(row, _)| row), Some(23), "the cursor is in the line that is typed");
    screen.send("<esc>");
    screen.wait_for_text("q quit");
    screen.send("q");
    screen.wait_exit(PATIENCE);
}

/// How often each thread of a process has given up the processor to wait, and what they used of it all together.
fn activity(process: u32) -> (BTreeMap<String, u64>, u64) {
    let mut waits = BTreeMap::new();
    let mut ticks = 0;
    for task in std::fs::read_dir(format!("/proc/{process}/task")).unwrap().flatten() {
        let read = |name: &str| std::fs::read_to_string(task.path().join(name)).unwrap_or_default();
        let status = read("status");
        let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
        let name = format!("{} {}", field("Name:"), task.file_name().display());
        waits.insert(name, field("voluntary_ctxt_switches:").parse().unwrap_or(0));
        let stat = read("stat");
        let times: Vec<u64> =
            stat.rsplit_once(") ").map(|(_, rest)| rest.split(' ').skip(11).take(2).flat_map(str::parse).collect()).unwrap_or_default();
        ticks += times.iter().sum::<u64>();
    }
    (waits, ticks)
}

/// Watches a screen that rests for some seconds: no thread wakes up, no processor time is used.
#[track_caller]
fn assert_rests(screen: &Screen) {
    // A look that falls on the minute, when the other folders are looked at, is taken again.
    let mut last = String::new();
    for _ in 0..3 {
        screen.settled(Duration::from_millis(500));
        let (before, used_before) = activity(screen.process());
        std::thread::sleep(Duration::from_secs(4));
        let (after, used_after) = activity(screen.process());
        last.clear();
        for (thread, count) in &after {
            let woken = count - before.get(thread).copied().unwrap_or(0);
            if woken > 0 {
                let _ = writeln!(last, "{thread}: {woken} times");
            }
        }
        if last.is_empty() && used_after == used_before {
            return;
        }
        let _ = writeln!(last, "{} ticks used", used_after - used_before);
    }
    panic!("a screen on which nothing happens woke up in four seconds:\n{last}");
}

#[test]
fn an_idle_screen_on_a_local_folder_never_wakes_up() {
    let home = questions::two_questions("");
    let mut screen = start(&home, (24, 80));
    screen.wait_for_text("synced");
    assert_rests(&screen);
    screen.send("q");
    screen.wait_exit(PATIENCE);
}

/// A desk on a real mail server, with the screen open and synced.
fn on_a_server(bed: &Testbed) -> (Home, Screen) {
    let home = Home::new();
    home.private_file("config/postdesk/password", "secret\n");
    let servers = bed.servers(DESK, "password_file = \"password\"");
    home.config(&format!(
        r#"
agent = {{ name = "ana", display = "Ana Ruiz", address = "ana@example.test" }}
[desk.acme]
source = "imap"
{servers}
[project.app]
desk = "acme"
addresses = ["{DESK}"]
from = "Acme App <{DESK}>"
"#
    ));
    deliver(bed, 1);
    bed.wait_for_mails(DESK, "INBOX", 1);
    let screen = questions::open(&home, (24, 100));
    screen.wait_for("the first ticket", |text| text.contains("Question 1q") && text.contains("synced"), PATIENCE);
    (home, screen)
}

fn deliver(bed: &Testbed, number: u32) {
    let mail = format!(
        "From: Carla <carla@example.test>\r\nTo: {DESK}\r\nSubject: Question {number}q\r\nMessage-ID: <q{number}@example.test>\r\n\
         Date: Mon, 23 Nov 2026 10:0{number}:00 +0000\r\n\r\nThe device does not start.\r\n"
    );
    bed.deliver("carla@example.test", DESK, &mail);
}

#[test]
fn an_idle_screen_on_a_mail_server_never_wakes_up() {
    let Some(bed) = Testbed::start() else { return };
    let (_home, mut screen) = on_a_server(&bed);
    assert_rests(&screen);
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn a_server_that_goes_away_and_comes_back_is_found_again_without_a_key() {
    let Some(mut bed) = Testbed::start() else { return };
    let (_home, mut screen) = on_a_server(&bed);

    bed.stop_imap();
    screen.wait_for("offline since when, and where to look", |text| text.contains("offline since") && text.contains("g j"), PATIENCE);
    screen.send("gj");
    screen.wait_for(
        "the reason, the remedy and the next try",
        |text| text.contains("✗") && text.contains("→") && text.contains("next try"),
        PATIENCE,
    );
    // Work goes on meanwhile.
    screen.send("qA");
    screen.wait_for_text("assigned to ana");
    screen.send("gj");

    bed.start_imap();
    deliver(&bed, 2);

    screen.wait_for("a connection and no error", |text| text.contains("connected again") && text.contains("no errors"), Duration::from_mins(1));
    screen.send("q");
    screen.wait_for_text("Question 2q");
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn a_key_tries_at_once_while_the_next_try_is_far_away() {
    let Some(mut bed) = Testbed::start() else { return };
    let (_home, mut screen) = on_a_server(&bed);
    bed.stop_imap();
    screen.wait_for_text("offline since");
    screen.send("gj");
    // The fourth try: the next one is eight seconds or more away.
    screen.wait_for("several tries", |text| text.contains("(4 times since"), Duration::from_mins(1));

    bed.start_imap();
    screen.send("$");

    screen.wait_for("a connection", |text| text.contains("connected again"), Duration::from_secs(6));
    screen.send("qq");
    screen.wait_exit(PATIENCE);
}

#[test]
fn a_server_that_falls_silent_stops_no_key() {
    let Some(bed) = Testbed::start() else { return };
    let (_home, mut screen) = on_a_server(&bed);
    bed.signal_imap("STOP");
    screen.send("$");

    // The server says no word before all of this is over, and it is waited for longer than anything here.
    assert!(Timeouts::default().read > PATIENCE * 2);
    for _ in 0..5 {
        screen.send("?");
        screen.wait_for_text("Keys on the list");
        screen.send("q");
        screen.wait_until_gone("Keys on the list");
    }
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
    bed.signal_imap("CONT");
}

#[test]
fn a_program_that_slept_while_the_server_was_started_anew_goes_on_by_itself() {
    let Some(mut bed) = Testbed::start() else { return };
    let (_home, mut screen) = on_a_server(&bed);

    // As in a closed lid: the program does not run, and its connection is gone when it does again.
    screen.signal("STOP");
    bed.stop_imap();
    bed.start_imap();
    deliver(&bed, 2);
    screen.signal("CONT");

    screen.wait_for_text("Question 2q");
    screen.send("q");
    screen.wait_exit(PATIENCE);
    screen.assert_restored();
}

#[test]
fn two_screens_on_one_desk_are_no_trouble_to_each_other() {
    let home = questions::two_questions("");
    let mut first = start(&home, (24, 80));
    first.wait_for_text("synced");
    let mut second = start(&home, (24, 80));
    second.send("gj");
    second.wait_for_text("another postdesk keeps this desk up to date");
    assert!(second.text().contains("no errors"), "{}", second.text());

    // Whoever stays takes over when it is asked to sync.
    first.send("q");
    first.wait_exit(PATIENCE);
    second.send("$");
    second.wait_for("a sync of its own", |text| text.contains("up to date, last success"), PATIENCE);
    second.send("qq");
    second.wait_exit(PATIENCE);
}

#[test]
fn whoever_stays_at_a_screen_takes_over_at_once_however_the_other_ended() {
    for end in ["q", "KILL"] {
        let home = questions::two_questions("");
        let mut first = start(&home, (24, 80));
        first.wait_for_text("synced");
        let mut second = start(&home, (24, 80));
        second.send("gj");
        second.wait_for_text("another postdesk keeps this desk up to date");

        match end {
            "q" => first.send("q"),
            signal => first.signal(signal),
        }
        first.wait_exit(PATIENCE);
        second.wait_for("a sync of its own", |text| text.contains("up to date, last success"), AT_ONCE);
        second.send("qq");
        second.wait_exit(PATIENCE);
    }
}

#[test]
fn the_program_says_so_when_there_is_no_terminal() {
    let home = questions::two_questions("");
    let output = home.postdesk([]).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("terminal") && !said.contains("panicked"), "{said}");
    assert!(Path::new(env!("CARGO_BIN_EXE_postdesk")).exists());
}

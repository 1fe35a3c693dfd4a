//! Reading a ticket in the real program: other programs, files, the clipboard, speed.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::print_stderr, reason = "a test may panic")]

#[path = "support/home.rs"]
mod home;
#[path = "support/questions.rs"]
mod questions;
#[path = "support/screen.rs"]
mod screen;

use std::fmt::Write as _;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use home::Home;
use screen::{PATIENCE, Screen};

/// A desk with these mails, read by nobody and already synced.
fn desk(outside: &str, mails: &[String]) -> Home {
    desk_read(outside, mails, 0)
}

/// As [`desk`]; the first mails have been read.
fn desk_read(outside: &str, mails: &[String], read: usize) -> Home {
    let home = questions::without_mail("");
    let config = std::fs::read_to_string(home.config_path()).unwrap();
    home.config(&format!("{config}\n[outside]\ndownloads = {:?}\n{outside}\n", home.path().join("saved").display().to_string()));
    for (number, mail) in mails.iter().enumerate() {
        let (folder, flags) = if number < read { ("cur", ":2,S") } else { ("new", "") };
        home.file(&format!("mail/{folder}/17{number:08}.M{number}P1.host{flags}"), mail.replace('\n', "\r\n"));
    }
    assert!(home.postdesk(["sync"]).output().unwrap().status.success());
    home
}

fn mail(number: usize, extra_headers: &str, body: &str) -> String {
    let references = if number > 0 { "References: <q0@client.example>\nIn-Reply-To: <q0@client.example>\n" } else { "" };
    format!(
        "From: Maria Keller <maria@client.example>\nTo: support@acme.example\nSubject: Cannot log in\n\
         Date: Mon, 02 Mar 2026 {:02}:{:02}:{:02} +0000\nMessage-ID: <q{number}@client.example>\n{references}{extra_headers}\n{body}\n",
        number / 3600 % 24,
        number / 60 % 60,
        number % 60
    )
}

fn open(home: &Home) -> Screen {
    let mut screen = questions::open_offline(home, (24, 80));
    screen.wait_for_text("Cannot log in");
    screen.send("<enter>");
    screen
}

fn script(home: &Home, name: &str, text: &str) -> String {
    let path = home.file(name, format!("#!/bin/sh\n{text}\n"));
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

/// The text of a file once it is there.
fn wait_for_file(path: &Path) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match std::fs::read_to_string(path) {
            Ok(text) if !text.is_empty() => return text,
            _ => assert!(Instant::now() < deadline, "{} was not written", path.display()),
        }
        std::thread::yield_now();
    }
}

fn leave(mut screen: Screen) {
    screen.send("qq");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

#[test]
fn check_16_a_noisy_launcher_changes_no_cell_and_sees_no_shell() {
    let home = desk("", &[mail(0, "", "Please look at https://shop.example/a?b=$(touch${IFS}pwned)&c=1 today.")]);
    let noisy = script(
        &home,
        "noisy.sh",
        "echo NOISE; echo NOISE >&2; printf '\\033[2JNOISE'; test -t 0 && echo 'a terminal' >> seen; printf '%s\\n' \"$#\" \"$1\" >> seen",
    );
    let config = std::fs::read_to_string(home.config_path()).unwrap();
    home.config(&format!("{config}opener = \"{noisy}\"\n"));
    let mut screen = open(&home);
    screen.wait_for_text("Please look at");

    screen.send("o<enter>");
    screen.wait_for_text("opening shop.example");
    let seen = wait_for_file(&home.path().join("seen"));

    assert_eq!(seen, "1\nhttps://shop.example/a?b=$(touch${IFS}pwned)&c=1\n");
    assert!(!home.path().join("pwned").exists());
    assert!(!String::from_utf8_lossy(&screen.raw()).contains("NOISE"));
    screen.wait_for_text("Please look at");
    leave(screen);
}

#[test]
fn an_opener_that_is_not_there_is_named_with_a_remedy() {
    let home = desk("opener = \"no-such-opener\"", &[mail(0, "", "See https://shop.example/ now.")]);
    let mut screen = open(&home);
    screen.wait_for_text("See https");
    screen.send("o<enter>");
    screen.wait_for_text("no-such-opener");
    screen.wait_for_text("[outside]");
    leave(screen);
}

#[test]
fn check_24_copying_says_which_way_was_used_or_why_none() {
    let ways = [
        ("clipboard = \"osc52\"", "by the terminal (OSC 52)", "\x1b]52;c;IzE=\x1b\\"),
        ("clipboard = \"osc52-tmux\"", "around tmux", "\x1bPtmux;\x1b\x1b]52;c;IzE=\x1b\x1b\\\x1b\\"),
        ("clipboard = \"off\"", "switched off", ""),
    ];
    for (outside, said, sequence) in ways {
        let home = desk(outside, &[mail(0, "", "Hello.")]);
        let mut screen = open(&home);
        screen.wait_for_text("Hello.");
        screen.send("y<enter>");
        screen.wait_for_text(said);
        let raw = String::from_utf8_lossy(&screen.raw()).into_owned();
        assert!(raw.contains(sequence), "{outside}: {raw:?}");
        assert_eq!(raw.contains("]52;"), !sequence.is_empty(), "{outside}");
        leave(screen);
    }
}

#[test]
fn check_24_a_native_tool_gets_the_text_and_is_named() {
    let mut home = desk("", &[mail(0, "", "Hello.")]);
    script(&home, "bin/xclip", "cat > copied");
    let path = format!("{}:{}", home.path().join("bin").display(), std::env::var("PATH").unwrap());
    home.set("PATH", path).set("DISPLAY", ":0");
    let mut screen = open(&home);
    screen.wait_for_text("Hello.");

    screen.send("Y");

    screen.wait_for_text("by xclip");
    assert_eq!(wait_for_file(&home.path().join("copied")), "maria@client.example");
    leave(screen);
}

#[test]
fn check_24_inside_tmux_its_own_buffer_is_used_and_a_tool_that_fails_is_named_with_the_remedy() {
    for (tool, said) in [("cat > copied", "by tmux"), ("exit 1", "tmux did not take it")] {
        let mut home = desk("", &[mail(0, "", "Hello.")]);
        script(&home, "bin/tmux", &format!("echo \"$@\" > how; {tool}"));
        let path = format!("{}:{}", home.path().join("bin").display(), std::env::var("PATH").unwrap());
        home.set("PATH", path).set("TMUX", "/tmp/tmux-0/default,1,0");
        let mut screen = open(&home);
        screen.wait_for_text("Hello.");

        screen.send("Y");

        let text = screen.wait_for_text(said);
        assert_eq!(wait_for_file(&home.path().join("how")).trim(), "load-buffer -w -");
        if tool.starts_with("cat") {
            assert_eq!(wait_for_file(&home.path().join("copied")), "maria@client.example");
        } else {
            assert!(text.contains("[outside]"), "{text}");
        }
        assert!(!String::from_utf8_lossy(&screen.raw()).contains("]52;"));
        leave(screen);
    }
}

#[test]
fn check_24_a_terminal_that_cannot_copy_is_told_so() {
    let mut home = desk("", &[mail(0, "", "Hello.")]);
    let nothing = home.path().join("no-programs");
    home.set("TERM", "linux").set("PATH", nothing);
    let mut screen = open(&home);
    screen.wait_for_text("Hello.");

    screen.send("Y");

    screen.wait_for_text("this terminal cannot copy");
    leave(screen);
}

#[test]
fn check_63_attachments_are_saved_privately_under_a_safe_name_and_never_over_a_file() {
    let body = "--b\nContent-Type: text/plain\n\nSee the file.\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"../../.ssh/keys.txt\"\n\nsecret\n--b--";
    let home = desk("", &[mail(0, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n", body)]);
    let mut screen = open(&home);
    screen.wait_for_text("Attached: keys.txt");

    screen.send("SS");
    screen.wait_for_text("saved/keys.txt");
    screen.send("S<enter>");
    screen.wait_for_text("saved/keys-2.txt");

    for name in ["keys.txt", "keys-2.txt"] {
        let path = home.path().join("saved").join(name);
        assert_eq!(std::fs::read_to_string(&path).unwrap().trim(), "secret");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    leave(screen);
}

#[test]
fn check_60_reading_makes_no_network_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let at = listener.local_addr().unwrap();
    let body = format!(
        "<html><head><link rel=stylesheet href='http://{at}/x.css'><style>@import url(http://{at}/y.css);</style></head>\
         <body background='http://{at}/b.png'>Hello <b>you</b><img src='http://{at}/pixel.gif'><iframe src='http://{at}/'></iframe></body></html>"
    );
    let home = desk("", &[mail(0, "MIME-Version: 1.0\nContent-Type: text/html\n", &body)]);
    let mut screen = open(&home);

    screen.wait_for_text("Hello you");
    screen.wait_for_text("Not loaded from elsewhere");
    screen.send("V");
    screen.wait_for_text("Source of");
    screen.send("qH");
    screen.wait_for_text("Message-ID");

    assert!(listener.accept().is_err(), "something connected");
    leave(screen);
}

#[test]
fn a_text_is_piped_and_the_output_shown() {
    let home = desk("", &[mail(0, "", "one two three")]);
    let mut screen = open(&home);
    screen.wait_for_text("one two three");

    screen.send("|tr a-z A-Z<enter>");
    screen.wait_for_text("ONE TWO THREE");
    screen.send("q|<tab>grep -i ^message-id<enter>");
    screen.wait_for_text("Message-ID: <q0@client.example>");

    screen.send("q");
    screen.wait_for_text("one two three");
    leave(screen);
}

#[test]
fn check_31_reading_the_next_ticket_takes_two_keys() {
    let other = mail(0, "", "The second question.").replace("<q0@", "<other@").replace("Cannot log in", "Another one");
    let home = desk("", &[mail(0, "", "The first question."), other]);
    let mut screen = open(&home);
    screen.wait_for("one of them", |text| text.contains("The first question.") || text.contains("The second question."), PATIENCE);
    let first = if screen.text().contains("The first question.") { "The second question." } else { "The first question." };
    screen.send(if screen.text().contains("this is the first") { "K" } else { "J" });
    screen.wait_for("the other", |text| text.contains(first) || text.contains("last ticket"), PATIENCE);
    leave(screen);
}

/// From the key that opens a ticket to the text on the screen.
fn opening_time(home: &Home, text: &str) -> Duration {
    let mut screen = questions::open_offline(home, (24, 80));
    screen.wait_for_text("Cannot log in");
    // Without the preview, which would have read it already.
    screen.send("p");
    screen.wait_for("no preview", |shown| !shown.contains("─────") && !shown.contains(text), PATIENCE);
    let begin = Instant::now();
    screen.send("<enter>");
    screen.wait_for_text(text);
    let took = begin.elapsed();
    leave(screen);
    took
}

/// The bars are for a release build; an unoptimised one is given ten times as long.
fn within(bar: Duration) -> Duration {
    if cfg!(debug_assertions) { bar * 10 } else { bar }
}

#[test]
fn check_59_a_ticket_of_two_thousand_mails_opens_at_once() {
    let mails: Vec<String> = (0..2_000).map(|number| mail(number, "", &format!("This is mail {number}.\n\n> and this is quoted"))).collect();
    // Read to the last but one, and read by nobody: then reading begins at the first.
    for (read, text) in [(1_999, "This is mail 1999."), (0, "This is mail 0.")] {
        let home = desk_read("", &mails, read);
        let took = opening_time(&home, text);
        eprintln!("2,000 mails, {read} read: {took:?}");
        assert!(took < within(Duration::from_millis(100)), "{read}: {took:?}");
    }
}

#[test]
fn check_59_a_newsletter_of_five_megabytes_opens_shortened_and_goes_on() {
    let mut html = String::from("<html><body><h1>The great newsletter</h1>");
    for row in 0..40_000 {
        let _ = writeln!(
            html,
            "<table><tr><td style='color:red;padding:3px'>Offer {row}</td><td><a href='https://shop.example/{row}'>buy it</a> now, while it lasts, or never</td></tr></table>"
        );
    }
    html.push_str("</body></html>");
    assert!(html.len() > 5_000_000, "{}", html.len());
    let home = desk("", &[mail(0, "MIME-Version: 1.0\nContent-Type: text/html\n", &html)]);

    let took = opening_time(&home, "The great newsletter");
    eprintln!("5 MB of HTML: {took:?}");
    assert!(took < within(Duration::from_millis(300)), "{took:?}");

    let mut screen = open(&home);
    screen.wait_for_text("The great newsletter");
    screen.wait_for_text("shown without its layout");
    screen.send("G");
    screen.wait_for_text("space shows more");
    screen.send("<space>");
    screen.wait_until_gone("space shows more");
    leave(screen);
}

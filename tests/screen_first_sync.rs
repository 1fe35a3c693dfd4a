//! The screen of the real program while a mailbox is fetched for the first time from a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;
#[path = "support/screen.rs"]
mod screen;
mod support;

use home::Home;
use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::source::{Flags, MailSource as _};
use screen::{PATIENCE, Screen};
use support::testbed::Testbed;

const DESK: &str = "support@example.test";
/// Mails in the mailbox; more than are fetched before the first of them are shown.
const MAILS: usize = 4_000;

/// A server with a mailbox of so many mails.
fn server() -> Option<Testbed> {
    let bed = Testbed::start()?;
    let mails: Vec<Vec<u8>> = (0..MAILS).map(|number| mail(number).into_bytes()).collect();
    let mut source = ImapSource::connect(&bed.plain_endpoint(DESK), Timeouts::default()).unwrap();
    for some in mails.chunks(500) {
        source.append_all("INBOX", &Flags::default(), some).unwrap();
    }
    source.close();
    Some(bed)
}

fn mail(number: usize) -> String {
    format!(
        "From: Customer {number} <c{number}@client.example>\r\nTo: {DESK}\r\nSubject: Question {number} of many\r\n\
         Message-ID: <q{number}@client.example>\r\nDate: Mon, 02 Mar 2026 09:00:00 +0000\r\n\r\nHello, this is question {number}.\r\n{}\r\n",
        "It is about the same as ever. ".repeat(30)
    )
}

fn open(bed: &Testbed) -> (Home, Screen) {
    let home = Home::new();
    let servers = bed.servers(DESK, "password_command = \"echo secret\"");
    home.config(&format!("agent = {{ name = \"ana\" }}\n[desk.acme]\nsource = \"imap\"\n{servers}\n"));
    let screen = Screen::of(&home, &[], (24, 100));
    (home, screen)
}

/// Goes on when dropped, so that a test that fails ends.
struct Halted<'a>(&'a Testbed);

impl<'a> Halted<'a> {
    fn halt(bed: &'a Testbed) -> Self {
        bed.signal_imap("STOP");
        Self(bed)
    }
}

impl Drop for Halted<'_> {
    fn drop(&mut self) {
        self.0.signal_imap("CONT");
    }
}

#[test]
fn check_51_every_key_shows_its_effect_while_the_first_sync_is_running() {
    let Some(bed) = server() else { return };
    let (_home, mut screen) = open(&bed);
    screen.wait_for("the first tickets", |text| text.matches("of many").count() > 5, PATIENCE);

    // The server says no more: whatever is shown from here on is shown while the sync runs.
    let halted = Halted::halt(&bed);
    let text = screen.text();
    assert!(text.contains("INBOX") && !text.contains("synced"), "the sync was over too soon:\n{text}");
    for key in ["j", "j", "k"] {
        let before = screen.marked();
        screen.send(key);
        screen.wait_for_marked(|marked| *marked != before, PATIENCE);
    }
    screen.send("/customer");
    screen.wait_for_text("is:automatic customer");
    screen.send("<esc>");
    screen.wait_until_gone("is:automatic customer");
    screen.send("?");
    screen.wait_for_text("Keys on the list");
    screen.send("q");
    screen.wait_until_gone("Keys on the list");
    screen.send("A");
    screen.wait_for_text("assigned to ana");
    screen.send("<enter>");
    screen.wait_for_text("From: Customer");
    screen.send("q");
    screen.wait_for("the list again", |text| text.matches("of many").count() > 5, PATIENCE);
    assert!(!screen.text().contains("synced"), "{}", screen.text());

    drop(halted);
    screen.wait_for_text("synced now");
    screen.send("q");
    assert!(screen.wait_exit(PATIENCE).success());
    screen.assert_restored();
}

//! Desks on a local Maildir, and what an agent does on all of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use super::home::Home;
use super::screen::Screen;

const CONFIG: &str = r#"
agent = { name = "ana", display = "Ana Ruiz", address = "ana@acme.example" }

[desk.acme]
source = "maildir"
path = MAIL
address = "support@acme.example"
smtp = { folders = OUT }

[project.app]
desk = "acme"
name = "Acme App"
addresses = ["support@acme.example"]
from = "Acme App <support@acme.example>"
default = true
"#;

/// A desk without mail, with more lines for its configuration.
pub fn without_mail(more: &str) -> Home {
    let home = Home::new();
    for folder in ["mail/cur", "mail/new", "mail/tmp", "out"] {
        std::fs::create_dir_all(home.path().join(folder)).unwrap();
    }
    let quoted = |folder: &str| format!("{:?}", home.path().join(folder).display().to_string());
    home.config(&format!("{}\n{more}", CONFIG.replace("MAIL", &quoted("mail")).replace("OUT", &quoted("out"))));
    home
}

/// A desk with two customers' mails that have not been synced yet.
pub fn two_questions(more: &str) -> Home {
    let home = without_mail(more);
    for (number, name, subject) in [(1, "Maria Keller", "Cannot log in"), (2, "Sam Lee", "Refund please")] {
        home.file(
            &format!("mail/new/17000000{number}.M{number}P1.host"),
            format!(
                "From: {name} <customer{number}@client.example>\r\nTo: support@acme.example\r\nSubject: {subject}\r\n\
                 Date: Mon, 02 Mar 2026 0{number}:00:00 +0000\r\nMessage-ID: <q{number}@client.example>\r\n\r\nHello, this is question {number}.\r\n"
            ),
        );
    }
    home
}

/// The program on that desk, in a terminal of so many rows and columns.
pub fn open(home: &Home, size: (u16, u16)) -> Screen {
    start(home, &[], size)
}

/// The same without any network.
pub fn open_offline(home: &Home, size: (u16, u16)) -> Screen {
    start(home, &["--offline"], size)
}

/// The program with a command in a terminal.
pub fn start(home: &Home, args: &[&str], size: (u16, u16)) -> Screen {
    Screen::of(home, args, size)
}

/// Begins a reply to the ticket at hand and types a text.
pub fn type_reply(screen: &mut Screen, text: &str) {
    screen.send("r");
    screen.wait_for_text("PUBLIC REPLY");
    screen.send(text);
    screen.wait_for_text(text);
}

/// Types a reply and goes on to its review.
pub fn reply_up_to_review(screen: &mut Screen, text: &str) {
    type_reply(screen, text);
    screen.send("<esc>");
    screen.wait_for_text("ready to send");
}

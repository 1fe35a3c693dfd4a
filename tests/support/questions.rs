//! A desk on a local Maildir with two customers' mails that have not been synced yet.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::path::Path;

use super::home::Home;
use super::screen::Screen;

const CONFIG: &str = r#"
agent = { name = "ana", display = "Ana Ruiz", address = "ana@acme.example" }

[desk.acme]
source = "maildir"
path = "mail"
address = "support@acme.example"
smtp = { folders = "out" }

[project.app]
desk = "acme"
name = "Acme App"
addresses = ["support@acme.example"]
from = "Acme App <support@acme.example>"
default = true
"#;

/// The desk, with more lines for its configuration.
pub fn two_questions(more: &str) -> Home {
    let home = Home::new();
    let mail = home.path().join("mail");
    for folder in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(mail.join(folder)).unwrap();
    }
    std::fs::create_dir_all(home.path().join("out")).unwrap();
    let config = CONFIG.replace("\"mail\"", &format!("{:?}", mail.display().to_string()));
    let config = config.replace("\"out\"", &format!("{:?}", home.path().join("out").display().to_string()));
    home.config(&format!("{config}\n{more}"));
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
    Screen::start(Path::new(env!("CARGO_BIN_EXE_postdesk")), &[], home.environment(), home.path(), size)
}

//! A desk on a Maildir, driven through `postdesk::desk` with the mails in `tests/fixtures/threads`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};

use postdesk::config;
use postdesk::desk::{Desk, DeskSetup, Places};
use postdesk::protocol::json::{ShownMessage, ShownTicket};
use postdesk::sync::source::Waker;
use tempfile::TempDir;

const CONFIG: &str = r#"agent = { name = "ana", display = "Ana Ruiz" }
[desk.acme]
source = "maildir"
path = "MAIL"
address = "support@desk.example"
authserv_id = "mx.desk.example"
smtp = { folders = "OUT" }
[project.app]
desk = "acme"
name = "App"
addresses = ["support+app@desk.example", "*@app.desk.example"]
retired_addresses = ["help@old.example"]
from = "App <support+app@desk.example>"
default = true
[project.shop]
desk = "acme"
addresses = ["shop@desk.example"]
from = "Shop <shop@desk.example>"
"#;

pub struct TestDesk {
    pub desk: Desk,
    pub setup: DeskSetup,
    home: TempDir,
    delivered: u32,
}

impl TestDesk {
    pub fn new() -> Self {
        let home = TempDir::new().unwrap();
        for part in ["cur", "new", "tmp", ".Sent/cur", ".Sent/new", ".Sent/tmp"] {
            fs::create_dir_all(home.path().join("mail").join(part)).unwrap();
        }
        let text = CONFIG.replace("MAIL", home.path().join("mail").to_str().unwrap()).replace("OUT", home.path().join("out").to_str().unwrap());
        let config = config::parse(&text, &home.path().join("config.toml")).unwrap();
        let places = Places { data: home.path().join("data"), cache: home.path().join("cache"), state: home.path().join("state") };
        places.data.parent().into_iter().for_each(|parent| fs::create_dir_all(parent).unwrap());
        let setup = DeskSetup { desk: config.desks[0].clone(), agent: config.agent.clone(), places, offline: false };
        Self { desk: Desk::open(setup.clone()).unwrap(), setup, home, delivered: 0 }
    }

    pub fn path(&self) -> &Path {
        self.home.path()
    }

    /// Puts a mail into a folder (empty: the inbox), one second after the one before, and syncs.
    pub fn deliver_bytes(&mut self, folder: &str, bytes: &[u8]) -> &mut Self {
        self.delivered += 1;
        let path = self.path().join("mail").join(folder).join("new").join(format!("{:04}.test", self.delivered));
        fs::write(&path, bytes).unwrap();
        let at = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_795_000_000 + u64::from(self.delivered));
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        self.sync();
        self
    }

    pub fn deliver(&mut self, fixture: &str) -> &mut Self {
        self.deliver_bytes("", &bytes(fixture))
    }

    /// The same with `{{word}}`s filled in.
    pub fn deliver_filled(&mut self, fixture: &str, words: &[(&str, &str)]) -> &mut Self {
        let mut text = String::from_utf8(bytes(fixture)).unwrap();
        for (word, value) in words {
            text = text.replace(&format!("{{{{{word}}}}}"), value);
        }
        self.deliver_bytes("", text.as_bytes())
    }

    /// A mail of ours: it lies in Sent.
    pub fn sent(&mut self, fixture: &str) -> &mut Self {
        self.deliver_bytes(".Sent", &bytes(fixture))
    }

    pub fn sync(&mut self) {
        let report = self.desk.sync(&mut |_| {}, &Waker::default()).unwrap();
        assert!(report.errors.is_empty(), "{report:?}");
    }

    /// Throws the cache away, as a user may, and reads everything anew.
    pub fn rebuild(&mut self) {
        let cache = self.path().join("cache");
        let setup = DeskSetup { places: Places { cache: self.path().join("other-cache"), ..self.setup.places.clone() }, ..self.setup.clone() };
        self.desk = Desk::open(setup).unwrap();
        fs::remove_dir_all(cache).unwrap();
        self.desk = Desk::open(self.setup.clone()).unwrap();
        self.sync();
    }

    pub fn show(&mut self, number: u64) -> ShownTicket {
        let key = self.desk.find(&format!("#{number}").parse().unwrap()).unwrap();
        self.desk.show(&key).unwrap()
    }

    /// Numbers and Message-IDs of the tickets there are, by number.
    pub fn tickets(&mut self) -> Vec<(u64, Vec<String>)> {
        (1..20)
            .filter_map(|number| {
                let key = self.desk.find(&format!("#{number}").parse().unwrap()).ok()?;
                let shown = self.desk.show(&key).ok()?;
                (shown.row.number == Some(number)).then(|| (number, ids(&shown)))
            })
            .collect()
    }

    /// The message of a ticket whose id begins like this.
    pub fn message(&mut self, number: u64, id: &str) -> ShownMessage {
        let shown = self.show(number);
        let found = shown.messages.iter().find(|message| message.message_id.as_str().starts_with(id));
        found.cloned().unwrap_or_else(|| panic!("#{number} holds {:?}, not {id}", ids(&shown)))
    }

    /// Why a message stands in a ticket.
    pub fn placed_by(&mut self, number: u64, id: &str) -> String {
        self.message(number, id).placed_by
    }
}

/// What stands before the `@` of each id.
pub fn ids(shown: &ShownTicket) -> Vec<String> {
    shown.messages.iter().map(|message| message.message_id.as_str().split('@').next().unwrap_or_default().to_owned()).collect()
}

pub fn bytes(fixture: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/threads").join(fixture);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

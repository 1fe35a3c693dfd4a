//! The same mailbox for everybody: a private Dovecot, and the raw drain of it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};

use postdesk::demo::{self, DemoOptions};
use postdesk::domain::Timestamp;
use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::source::{Flags, MailSource as _};

use crate::home::Home;
use crate::sizes::Sizes;
use crate::support::testbed::{Setup, Storage, Testbed};

pub const USER: &str = "support@example.test";

/// The server and how many mails its shared mailbox holds; `None` when there is no server here.
pub fn start(sizes: &Sizes) -> Option<(Testbed, usize)> {
    let bed = Testbed::start_with(Setup { storage: Storage::Maildir, ..Setup::default() })?;
    let count = fill(&bed, sizes);
    Some((bed, count))
}

/// Puts the mails into the shared mailbox and says how many.
fn fill(bed: &Testbed, sizes: &Sizes) -> usize {
    let scratch = tempfile::tempdir().unwrap();
    let folder = sizes.maildir.clone().unwrap_or_else(|| generated(scratch.path(), sizes.sync_messages));
    append(bed, &folder)
}

/// Puts as many mails again, and others, into the shared mailbox.
pub fn fill_more(bed: &Testbed, sizes: &Sizes) -> usize {
    let scratch = tempfile::tempdir().unwrap();
    let folder = of_seed(scratch.path(), sizes.sync_messages, 2);
    append(bed, &folder)
}

fn append(bed: &Testbed, folder: &Path) -> usize {
    let mut source = ImapSource::connect(&bed.plain_endpoint(USER), Timeouts::default()).unwrap();
    let mut files: Vec<PathBuf> =
        ["cur", "new"].iter().flat_map(|part| fs::read_dir(folder.join(part)).unwrap()).map(|entry| entry.unwrap().path()).collect();
    files.sort();
    // For each APPEND by itself the server would open a folder that grows with every one of them.
    for some in files.chunks(1_000) {
        let mails: Vec<Vec<u8>> = some.iter().map(|file| crlf(&fs::read(file).unwrap())).collect();
        source.append_all("INBOX", &Flags::default(), &mails).unwrap();
    }
    source.close();
    files.len()
}

/// A generated mailbox below a folder; its Maildir.
pub fn generated(below: &Path, messages: u32) -> PathBuf {
    of_seed(below, messages, 1)
}

fn of_seed(below: &Path, messages: u32, seed: u64) -> PathBuf {
    let now = Timestamp::from_second(1_795_000_000).unwrap();
    demo::generate(&DemoOptions { messages, seed, now, dir: below.to_owned() }).unwrap();
    below.join("mail")
}

fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 30);
    for (index, &byte) in bytes.iter().enumerate() {
        if byte == b'\n' && (index == 0 || bytes[index - 1] != b'\r') {
            wire.push(b'\r');
        }
        wire.push(byte);
    }
    wire
}

/// Fetches every body over TLS and throws it away: what server and wire can do.
pub fn drain(bed: &Testbed) -> usize {
    let pem = fs::read(bed.ca_file()).unwrap();
    let connector = native_tls::TlsConnector::builder().add_root_certificate(native_tls::Certificate::from_pem(&pem).unwrap()).build().unwrap();
    let mut stream = connector.connect("localhost", TcpStream::connect(("127.0.0.1", bed.ports().imaps)).unwrap()).unwrap();
    let mut octets = 0;
    for (tag, command) in
        [("d1", format!("LOGIN {USER} secret")), ("d2", "SELECT INBOX".into()), ("d3", "UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])".into())]
    {
        stream.write_all(format!("{tag} {command}\r\n").as_bytes()).unwrap();
        octets += until_tagged(&mut stream, tag);
    }
    octets
}

fn until_tagged(stream: &mut native_tls::TlsStream<TcpStream>, tag: &str) -> usize {
    let end = format!("\r\n{tag} OK");
    let (mut buffer, mut tail, mut octets) = (vec![0; 1 << 20], Vec::new(), 0);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed");
        octets += read;
        tail.extend_from_slice(&buffer[read.saturating_sub(512)..read]);
        let text = String::from_utf8_lossy(&tail).into_owned();
        if text.ends_with("\r\n") && (text.contains(&end) || text.starts_with(&end[2..])) {
            return octets;
        }
        let keep = tail.len().saturating_sub(512);
        tail.drain(..keep);
    }
}

/// A home whose desk is the server's mailbox.
pub fn configured(bed: &Testbed) -> Home {
    configured_for(bed, bed.ports().imaps, "ana")
}

/// The same for somebody else, and by another way to the server.
pub fn configured_for(bed: &Testbed, port: u16, agent: &str) -> Home {
    let home = Home::new();
    home.config(&format!(
        "agent = {{ name = \"{agent}\" }}\n[desk.bench]\nsource = \"imap\"\nimap = {{ host = \"localhost\", port = {port}, user = \"{USER}\", password_command = \"echo secret\", ca_file = \"{}\" }}\n\
         smtp = {{ host = \"localhost\" }}\n",
        bed.ca_file().display()
    ));
    home
}

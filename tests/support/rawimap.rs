//! A plain IMAP client to look at folders with, independent of what is tested.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A message as it lies on the server.
#[derive(Clone, Debug)]
pub struct Mail {
    pub uid: u32,
    /// As the server wrote them, e.g. `\Seen $Work`.
    pub flags: String,
    pub text: String,
}

impl Mail {
    /// The value of a header field, unfolded.
    pub fn header(&self, name: &str) -> Option<String> {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default().replace("\r\n ", " ").replace("\r\n\t", " ");
        head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    }
}

pub struct RawImap {
    stream: BufReader<TcpStream>,
    tag: u32,
}

impl RawImap {
    /// Logs in with the password `secret`; `None` while the server is not up.
    pub fn login(port: u16, user: &str) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let mut client = Self { stream: BufReader::new(stream), tag: 0 };
        let mut greeting = String::new();
        client.stream.read_line(&mut greeting).ok()?;
        let answer = client.try_command(&format!("LOGIN \"{user}\" secret"))?;
        answer.1.then_some(client)
    }

    /// Runs a command that must succeed and returns everything before the tagged line.
    #[track_caller]
    pub fn command(&mut self, command: &str) -> Vec<u8> {
        let (answer, ok) = self.try_command(command).expect("the server answers");
        assert!(ok, "{command}: {}", String::from_utf8_lossy(&answer));
        answer
    }

    pub fn try_command(&mut self, command: &str) -> Option<(Vec<u8>, bool)> {
        self.tag += 1;
        let tag = format!("t{} ", self.tag);
        self.stream.get_mut().write_all(format!("{tag}{command}\r\n").as_bytes()).ok()?;
        let mut answer = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line).ok()? == 0 {
                return None;
            }
            if line.starts_with(b"+") {
                continue;
            }
            if line.starts_with(tag.as_bytes()) {
                let ok = line[tag.len()..].starts_with(b"OK");
                if !ok {
                    answer.extend_from_slice(&line);
                }
                return Some((answer, ok));
            }
            let literal = literal_size(&line);
            answer.extend_from_slice(&line);
            let start = answer.len();
            answer.resize(start + literal, 0);
            self.stream.read_exact(&mut answer[start..]).ok()?;
        }
    }

    /// Everything in a folder; empty when there is no such folder.
    pub fn mails(&mut self, folder: &str) -> Vec<Mail> {
        self.look(folder, 1, "BODY.PEEK[]")
    }

    /// The heads of what is in a folder from a UID on.
    pub fn heads(&mut self, folder: &str, from: u32) -> Vec<Mail> {
        let mut heads = self.look(folder, from, "BODY.PEEK[HEADER]");
        // `*` is the last message, even when its UID is lower.
        heads.retain(|head| head.uid >= from);
        heads
    }

    fn look(&mut self, folder: &str, from: u32, part: &str) -> Vec<Mail> {
        if !self.try_command(&format!("EXAMINE \"{folder}\"")).is_some_and(|(_, ok)| ok) {
            return Vec::new();
        }
        let answer = self.command(&format!("UID FETCH {from}:* (UID FLAGS {part})"));
        let mut mails = Vec::new();
        let mut rest = answer.as_slice();
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            let size = literal_size(&rest[..=end]);
            let body = &rest[end + 1..end + 1 + size];
            rest = &rest[end + 1 + size..];
            if size > 0 {
                mails.push(Mail {
                    uid: number_after(&line, "UID "),
                    flags: between(&line, "FLAGS (", ")"),
                    text: String::from_utf8_lossy(body).into_owned(),
                });
            }
        }
        mails
    }

    /// Appends a message with flags as IMAP writes them.
    pub fn append(&mut self, folder: &str, flags: &str, message: &str) {
        let size = message.len();
        // The message follows without waiting for leave: a `+` that comes is passed over.
        self.command(&format!("APPEND \"{folder}\" ({flags}) {{{size}}}\r\n{message}"));
    }
}

fn literal_size(line: &[u8]) -> usize {
    let text = String::from_utf8_lossy(line);
    let text = text.trim_end();
    text.strip_suffix('}').and_then(|text| text.rsplit_once('{')).and_then(|(_, size)| size.parse().ok()).unwrap_or(0)
}

fn number_after(line: &str, mark: &str) -> u32 {
    let rest = line.split_once(mark).map_or("", |(_, rest)| rest);
    rest.chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap_or(0)
}

fn between(line: &str, open: &str, close: &str) -> String {
    line.split_once(open).and_then(|(_, rest)| rest.split_once(close)).map(|(inner, _)| inner.to_owned()).unwrap_or_default()
}

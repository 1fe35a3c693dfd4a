//! A small IMAP server in memory that keeps fewer promises than a good one.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What is wrong with it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quirks {
    /// Every two mails get each other's number.
    pub reorders: bool,
    /// The arrival bears the mail's own `Date`.
    pub trusts_dates: bool,
    /// So many sessions at once are let in; 0: all.
    pub sessions: usize,
    /// A folder that was made cannot be deleted.
    pub keeps_folders: bool,
}

struct Mail {
    uid: u32,
    flags: String,
    text: String,
}

#[derive(Default)]
struct State {
    folders: Vec<(String, Vec<Mail>)>,
    sessions: usize,
    appended: u32,
}

/// Listens on loopback until the test is over. Takes any user with the password `secret`; offers nothing beyond IMAP4rev1.
pub struct Quirky {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Quirky {
    pub fn start(quirks: Quirks) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State { folders: vec![("INBOX".into(), Vec::new())], ..State::default() }));
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || Session { state, quirks, selected: String::new(), stream: BufReader::new(stream) }.serve());
            }
        });
        Self { port, state }
    }

    pub fn folders(&self) -> Vec<String> {
        self.state.lock().unwrap().folders.iter().map(|(name, _)| name.clone()).collect()
    }
}

struct Session {
    state: Arc<Mutex<State>>,
    quirks: Quirks,
    selected: String,
    stream: BufReader<TcpStream>,
}

impl Session {
    fn serve(mut self) {
        let is_full = {
            let mut state = self.state.lock().unwrap();
            state.sessions += 1;
            self.quirks.sessions > 0 && state.sessions > self.quirks.sessions
        };
        if is_full {
            self.say("* BYE Too many connections");
        } else {
            self.say("* OK ready");
            while self.command().is_some() {}
        }
        self.state.lock().unwrap().sessions -= 1;
    }

    fn say(&mut self, line: &str) {
        let _ = self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes());
    }

    fn command(&mut self) -> Option<()> {
        let mut line = String::new();
        if self.stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let (tag, rest) = line.trim_end().split_once(' ')?;
        let rest = rest.strip_prefix("UID ").unwrap_or(rest);
        let (verb, args) = rest.split_once(' ').unwrap_or((rest, ""));
        let ending = self.answer(verb, args);
        self.say(&format!("{tag} {ending}"));
        (verb != "LOGOUT").then_some(())
    }

    fn answer(&mut self, verb: &str, args: &str) -> String {
        match verb {
            "CAPABILITY" => self.say("* CAPABILITY IMAP4rev1"),
            "LOGIN" if args.ends_with("\"secret\"") => return "OK [CAPABILITY IMAP4rev1] in".into(),
            "LOGIN" => return "NO [AUTHENTICATIONFAILED] no".into(),
            "LIST" => self.list(args),
            "CREATE" => self.state.lock().unwrap().folders.push((name(args), Vec::new())),
            "DELETE" if self.quirks.keeps_folders => return "NO not allowed".into(),
            "DELETE" => self.state.lock().unwrap().folders.retain(|(folder, _)| *folder != name(args)),
            "SELECT" => return self.select(name(args)),
            "STATUS" => self.say(&format!("* STATUS {} (UIDNEXT 1000 UIDVALIDITY 7)", args.split(" (").next().unwrap())),
            "APPEND" => self.append(args),
            "SEARCH" => self.search(args),
            "FETCH" => self.fetch(args),
            "STORE" => self.store(args),
            _ => {}
        }
        "OK done".into()
    }

    fn list(&mut self, args: &str) {
        if args == "\"\" \"\"" {
            return self.say("* LIST (\\Noselect) \"/\" \"\"");
        }
        let names: Vec<String> = self.state.lock().unwrap().folders.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            self.say(&format!("* LIST () \"/\" \"{name}\""));
        }
    }

    fn select(&mut self, folder: String) -> String {
        let Some(count) = self.with(&folder, |mails| mails.len()) else { return "NO [NONEXISTENT] no such folder".into() };
        self.selected = folder;
        self.say(&format!("* {count} EXISTS"));
        self.say("* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted)] no others");
        self.say("* OK [UIDVALIDITY 7] v");
        self.say("* OK [UIDNEXT 1000] n");
        "OK [READ-WRITE] done".into()
    }

    fn append(&mut self, args: &str) {
        let size: usize = args.rsplit_once('{').unwrap().1.trim_end_matches('}').parse().unwrap();
        self.say("+ go on");
        let mut text = vec![0; size + 2];
        self.stream.read_exact(&mut text).unwrap();
        text.truncate(size);
        let number = {
            let mut state = self.state.lock().unwrap();
            state.appended += 1;
            state.appended + 1
        };
        let uid = if self.quirks.reorders { number ^ 1 } else { number };
        let mail = Mail { uid, flags: String::new(), text: String::from_utf8(text).unwrap() };
        self.with(&name(args), |mails| {
            mails.push(mail);
            mails.sort_by_key(|mail| mail.uid);
        });
    }

    fn search(&mut self, args: &str) {
        let wanted = args.split('"').nth(1).unwrap_or_default().to_owned();
        let folder = self.selected.clone();
        let uids: Vec<String> = self
            .with(&folder, |mails| mails.iter().filter(|mail| mail.text.contains(&wanted)).map(|mail| mail.uid.to_string()).collect())
            .unwrap_or_default();
        self.say(format!("* SEARCH {}", uids.join(" ")).trim_end());
    }

    fn fetch(&mut self, args: &str) {
        let (set, items) = args.split_once(' ').unwrap();
        let wants = |uid: u32| {
            set.split(',').any(|part| {
                let (low, high) = part.split_once(':').unwrap_or((part, part));
                (low.parse().unwrap()..=high.parse().unwrap()).contains(&uid)
            })
        };
        let date = if self.quirks.trusts_dates {
            "01-Jan-2001 12:00:00 +0000".into()
        } else {
            jiff::Timestamp::now().strftime("%d-%b-%Y %H:%M:%S +0000").to_string()
        };
        let folder = self.selected.clone();
        let lines = self.with(&folder, |mails| {
            let found = mails.iter().enumerate().filter(|(_, mail)| wants(mail.uid));
            let line = |(place, mail): (usize, &Mail)| {
                let Mail { uid, flags, text } = mail;
                let body = if items.contains("BODY") {
                    format!(" INTERNALDATE \"{date}\" RFC822.SIZE {0} BODY[] {{{0}}}\r\n{text}", text.len())
                } else {
                    String::new()
                };
                format!("* {} FETCH (UID {uid} FLAGS ({flags}){body})", place + 1)
            };
            found.map(line).collect::<Vec<_>>()
        });
        lines.unwrap_or_default().iter().for_each(|line| self.say(line));
    }

    fn store(&mut self, args: &str) {
        let uid: u32 = args.split([' ', ':', ',']).next().unwrap().parse().unwrap();
        let flags = args.split(['(', ')']).nth(1).unwrap_or_default().to_owned();
        let folder = self.selected.clone();
        self.with(&folder, |mails| mails.iter_mut().filter(|mail| mail.uid == uid).for_each(|mail| mail.flags.clone_from(&flags)));
    }

    fn with<T>(&self, folder: &str, act: impl FnOnce(&mut Vec<Mail>) -> T) -> Option<T> {
        let mut state = self.state.lock().unwrap();
        state.folders.iter_mut().find(|(name, _)| name == folder).map(|(_, mails)| act(mails))
    }
}

/// The first quoted word.
fn name(args: &str) -> String {
    args.split('"').nth(1).unwrap_or_default().to_owned()
}

//! Mail archives on this machine: mbox files, Maildirs, folders full of single mails.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::source::{Deposit, Flags};
use crate::domain::Timestamp;
use crate::mail::mbox;

/// Folders in folders are looked into this deep.
const DEPTH: usize = 16;
/// One of these fields at least stands in every mail that a program has made.
const HEAD: [&str; 10] = ["From", "Date", "Subject", "Received", "Message-ID", "To", "Sender", "Return-Path", "Delivered-To", "MIME-Version"];

/// What stood in the way, and where.
#[derive(Debug)]
pub struct ArchiveError {
    pub path: PathBuf,
    pub source: io::Error,
}

/// Hands every mail of an archive to `sink`, one at a time and in order; a file that cannot
/// be read goes to `trouble`, and the others are read all the same.
///
/// A file that begins with a `From …` line is an mbox, any other a single mail if it has the head of one. Of a folder
/// that is a Maildir, `cur` and `new` are read with the flags in the names; of any other
/// every file and folder in it, by name. Links are not followed.
///
/// # Errors
/// Whatever `sink` returns ends it.
pub fn each<E>(path: &Path, sink: &mut dyn FnMut(Deposit) -> Result<(), E>, trouble: &mut dyn FnMut(ArchiveError)) -> Result<(), E> {
    let kind = match fs::metadata(path) {
        Ok(kind) => kind,
        Err(source) => {
            trouble(ArchiveError { path: path.to_owned(), source });
            return Ok(());
        }
    };
    if kind.is_dir() { folder(path, DEPTH, sink, trouble) } else { file(path, None, sink, trouble) }
}

/// The same for an mbox that is not a file, such as standard input.
///
/// # Errors
/// Whatever `sink` returns ends it.
pub fn each_of_stream<E>(
    stream: impl BufRead,
    name: &Path,
    sink: &mut dyn FnMut(Deposit) -> Result<(), E>,
    trouble: &mut dyn FnMut(ArchiveError),
) -> Result<(), E> {
    let mut say = |source: io::Error| trouble(ArchiveError { path: name.to_owned(), source });
    let reader = match mbox::Reader::new(stream) {
        Ok(reader) => reader,
        Err(error) => {
            say(error);
            return Ok(());
        }
    };
    for mail in reader {
        match mail {
            Ok(mail) => sink(noted(mail))?,
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => say(error),
            Err(error) => {
                say(error);
                return Ok(());
            }
        }
    }
    Ok(())
}

fn noted(mail: mbox::Archived) -> Deposit {
    let (seen, answered, flagged) = mbox::noted_flags(&mail.bytes);
    Deposit { flags: Flags { seen, answered, flagged, ..Flags::default() }, internal_date: mail.arrived, bytes: mail.bytes }
}

fn folder<E>(path: &Path, depth: usize, sink: &mut dyn FnMut(Deposit) -> Result<(), E>, trouble: &mut dyn FnMut(ArchiveError)) -> Result<(), E> {
    let names = match names(path) {
        Ok(names) => names,
        Err(source) => {
            trouble(ArchiveError { path: path.to_owned(), source });
            return Ok(());
        }
    };
    let is_maildir = path.join("cur").is_dir() && path.join("new").is_dir();
    let holds_mail = path.file_name().is_some_and(|name| name == "cur" || name == "new");
    for name in names {
        let below = path.join(&name);
        let Ok(kind) = fs::symlink_metadata(&below) else { continue };
        // What lies in tmp is not there yet, and other files of a Maildir are its programs' own.
        let is_mail_of_maildir = matches!(name.as_str(), "cur" | "new") || name.starts_with('.');
        if kind.is_dir() && depth > 0 && (!is_maildir || is_mail_of_maildir) {
            folder(&below, depth - 1, sink, trouble)?;
        } else if kind.is_file() && !is_maildir && !name.starts_with('.') {
            file(&below, Some(flags_in(&name)).filter(|_| holds_mail), sink, trouble)?;
        }
    }
    Ok(())
}

/// Numbers are compared as such, so that mail 10 of an MH folder comes behind mail 9.
fn names(path: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(path)? {
        names.extend(entry?.file_name().to_str().map(str::to_owned));
    }
    let number = |name: &String| name.split('.').next().unwrap_or_default().parse::<u64>().unwrap_or(u64::MAX);
    names.sort_by(|a, b| (number(a), a).cmp(&(number(b), b)));
    Ok(names)
}

/// The flags at the end of a Maildir file's name.
fn flags_in(name: &str) -> Flags {
    let letters = name.rsplit_once(":2,").map_or("", |(_, letters)| letters);
    let has = |letter: char| letters.contains(letter);
    Flags { seen: has('S'), answered: has('R'), flagged: has('F'), draft: has('D'), ..Flags::default() }
}

/// One file, with its flags if it lies where a Maildir has nothing but mails.
fn file<E>(
    path: &Path,
    of_maildir: Option<Flags>,
    sink: &mut dyn FnMut(Deposit) -> Result<(), E>,
    trouble: &mut dyn FnMut(ArchiveError),
) -> Result<(), E> {
    let opened = File::open(path).and_then(|file| {
        let changed = file.metadata()?.modified().ok().and_then(|time| Timestamp::try_from(time).ok());
        let mut reader = BufReader::with_capacity(64 << 10, file);
        let is_mbox = reader.fill_buf()?.trim_ascii_start().starts_with(b"From ");
        Ok((reader, is_mbox, changed))
    });
    let (reader, is_mbox, changed) = match opened {
        Ok(opened) => opened,
        Err(source) => {
            trouble(ArchiveError { path: path.to_owned(), source });
            return Ok(());
        }
    };
    if is_mbox {
        return each_of_stream(reader, path, sink, trouble);
    }
    match whole(reader) {
        Ok(bytes) if bytes.is_empty() => Ok(()),
        Ok(bytes) if of_maildir.is_none() && !has_head(&bytes) => {
            let what = "it is neither an mbox nor a mail: no field such as From, Date or Subject stands at its beginning";
            trouble(ArchiveError { path: path.to_owned(), source: io::Error::new(io::ErrorKind::InvalidData, what) });
            Ok(())
        }
        Ok(bytes) => sink(Deposit { flags: of_maildir.unwrap_or_default(), internal_date: changed, bytes }),
        Err(source) => {
            trouble(ArchiveError { path: path.to_owned(), source });
            Ok(())
        }
    }
}

/// Tells whether a file begins as a mail does: above the first empty line stands a field that mails have.
/// Nothing more is asked, so that no mail is left out for being broken.
fn has_head(bytes: &[u8]) -> bool {
    let lines = bytes.split(|octet| *octet == b'\n').map(<[u8]>::trim_ascii_end);
    lines.skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).any(|line| {
        let name = line.split(|octet| *octet == b':').next().filter(|name| name.len() < line.len()).unwrap_or_default();
        HEAD.iter().any(|field| field.as_bytes().eq_ignore_ascii_case(name.trim_ascii_end()))
    })
}

fn whole(reader: impl BufRead) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::Read::read_to_end(&mut io::Read::take(reader, mbox::MAIL_OCTETS as u64 + 1), &mut bytes)?;
    if bytes.len() > mbox::MAIL_OCTETS {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {} MiB", mbox::MAIL_OCTETS >> 20)));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path) -> (Vec<String>, usize) {
        let mut mails = Vec::new();
        let mut troubles = 0;
        let sink = &mut |mail: Deposit| -> Result<(), ()> {
            mails.push(format!(
                "{}{}",
                String::from_utf8_lossy(&mail.bytes).lines().next().unwrap_or_default(),
                if mail.flags.seen { " S" } else { "" }
            ));
            Ok(())
        };
        each(path, sink, &mut |_| troubles += 1).unwrap();
        (mails, troubles)
    }

    fn write(path: &Path, text: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn a_folder_of_mboxes_and_single_mails_is_read_by_name() {
        let dir = tempfile::tempdir().unwrap();
        write(
            &dir.path().join("b/2003.mbox"),
            "From x Mon Nov 23 14:05:00 2026\nA: mbox\nStatus: RO\n\n\nFrom x Mon Nov 23 14:05:00 2026\nB: mbox\n\n",
        );
        write(&dir.path().join("a/10"), "Subject: ten\n\n");
        write(&dir.path().join("a/9"), "DATE : nine\r\n\r\n");
        write(&dir.path().join("a/.hidden"), "E: hidden\n\n");

        assert_eq!(read(dir.path()), (vec!["DATE : nine".into(), "Subject: ten".into(), "A: mbox S".into(), "B: mbox".into()], 0));
    }

    #[test]
    fn of_a_maildir_cur_and_new_are_read_with_their_flags() {
        let dir = tempfile::tempdir().unwrap();
        for part in ["cur", "new", "tmp", ".Sent/cur", ".Sent/new"] {
            fs::create_dir_all(dir.path().join(part)).unwrap();
        }
        write(&dir.path().join("cur/1.host:2,S"), "A: cur\n\n");
        write(&dir.path().join("new/2.host"), "B: new\n\n");
        write(&dir.path().join("tmp/3.host"), "C: tmp\n\n");
        write(&dir.path().join(".Sent/cur/4.host:2,S"), "D: sent\n\n");
        write(&dir.path().join("dovecot-uidlist"), "3 V1\n");

        assert_eq!(read(dir.path()), (vec!["D: sent S".into(), "A: cur S".into(), "B: new".into()], 0));
    }

    #[test]
    fn what_is_neither_an_mbox_nor_a_mail_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        write(&dir.path().join("passwd"), "root:x:0:0:root:/root:/bin/sh\nmail:x:8:8::/var/mail:\n");
        write(&dir.path().join("letter"), "Dear all,\n\nFrom: now on\n");
        write(&dir.path().join("mail"), "Received: by x\nsome broken line\n\nhello\n");

        assert_eq!(read(dir.path()), (vec!["Received: by x".into()], 2));
        assert_eq!(read(&dir.path().join("passwd")), (vec![], 1));
    }

    #[test]
    fn a_file_that_is_not_there_is_said() {
        assert_eq!(read(Path::new("/nowhere/at/all")), (vec![], 1));
    }
}

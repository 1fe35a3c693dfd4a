//! Mail archives in one file: mbox in its mboxrd form, read and written without loss.
//!
//! A line `From …` begins a mail, an empty line ends it, and inside a mail every line
//! that begins with `From ` behind any number of `>` gets one `>` more. What stands in
//! the `From …` line is no part of the mail: its date is taken for the time of arrival,
//! and what is written is always [`FROM_LINE`], so that the same mail gives the same file.

use std::io::{self, BufRead, Write};

use crate::domain::Timestamp;

/// The line before each mail that is written: the sender and the date stand in the mail itself.
pub const FROM_LINE: &[u8] = b"From mboxrd@z Thu Jan  1 00:00:00 1970\n";

/// What is longer is no mail; reading goes on behind it.
pub const MAIL_OCTETS: usize = 256 << 20;

/// One mail of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Archived {
    pub bytes: Vec<u8>,
    /// When it arrived, by its `From …` line; `None` when that does not say.
    pub arrived: Option<Timestamp>,
}

/// Reads an mbox mail by mail; only one of them is in memory.
#[derive(Debug)]
pub struct Reader<R> {
    source: R,
    /// The `From …` line that has been read and whose mail has not.
    begun: Option<Vec<u8>>,
}

impl<R: BufRead> Reader<R> {
    /// Goes to the first `From …` line.
    ///
    /// # Errors
    /// The source cannot be read, or does not begin like an mbox ([`io::ErrorKind::InvalidData`]).
    pub fn new(mut source: R) -> io::Result<Self> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if read_line(&mut source, &mut line)? == 0 {
                return Ok(Self { source, begun: None });
            }
            if line.starts_with(b"From ") {
                return Ok(Self { source, begun: Some(line) });
            }
            if !line.trim_ascii().is_empty() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "it does not begin with a `From …` line, so it is no mbox"));
            }
        }
    }

    fn next_mail(&mut self) -> io::Result<Option<Archived>> {
        let Some(begun) = self.begun.take() else { return Ok(None) };
        let mut bytes = Vec::new();
        let mut line = Vec::new();
        let (mut is_blank_before, mut is_too_long) = (false, false);
        loop {
            line.clear();
            if read_line(&mut self.source, &mut line)? == 0 {
                break;
            }
            if line.starts_with(b"From ") && separates(&line, is_blank_before) {
                self.begun = Some(std::mem::take(&mut line));
                break;
            }
            is_blank_before = is_blank(&line);
            is_too_long |= bytes.len() + line.len() > MAIL_OCTETS;
            if !is_too_long {
                bytes.extend_from_slice(line.strip_prefix(b">").filter(|rest| is_quoted_from(rest)).unwrap_or(&line));
            }
        }
        if is_too_long {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("a mail is longer than {} MiB", MAIL_OCTETS >> 20)));
        }
        if is_blank_before {
            drop_last_line(&mut bytes);
        }
        Ok(Some(Archived { bytes, arrived: date_of(&begun) }))
    }
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Archived>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_mail().transpose()
    }
}

/// A line with its end; one that has none within the limit comes in pieces.
fn read_line(source: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<usize> {
    io::Read::take(source, MAIL_OCTETS as u64).read_until(b'\n', line)
}

fn is_blank(line: &[u8]) -> bool {
    matches!(line, b"\n" | b"\r\n")
}

/// The empty line behind a mail is no part of it.
fn drop_last_line(bytes: &mut Vec<u8>) {
    if bytes.ends_with(b"\n") {
        bytes.pop();
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
    }
}

fn is_quoted_from(line: &[u8]) -> bool {
    let marks = line.iter().take_while(|byte| **byte == b'>').count();
    line.get(marks..).is_some_and(|rest| rest.starts_with(b"From "))
}

/// Whether a line that begins with `From ` begins a mail. Archives whose writer did not
/// quote have such lines in their texts, too; a time tells them apart, and where no empty
/// line stands before it, a whole date.
fn separates(line: &[u8], is_blank_before: bool) -> bool {
    let text = String::from_utf8_lossy(line);
    let has_time = text.split_whitespace().skip(1).any(|word| clock(word).is_some());
    has_time && (is_blank_before || civil(&text).is_some())
}

fn date_of(line: &[u8]) -> Option<Timestamp> {
    let at = civil(&String::from_utf8_lossy(line))?.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    (at > Timestamp::UNIX_EPOCH).then_some(at)
}

/// The date at the end of a `From …` line: `Thu Jan  1 00:00:00 1970`, in UTC (RFC 4155).
fn civil(line: &str) -> Option<jiff::civil::DateTime> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let at = words.iter().position(|word| clock(word).is_some())?;
    let (hour, minute, second) = clock(words.get(at)?)?;
    let day = words.get(at.checked_sub(1)?)?.parse().ok()?;
    let month = month(words.get(at.checked_sub(2)?)?)?;
    let year = words.iter().skip(at + 1).take(2).find_map(|word| word.parse::<i16>().ok().filter(|year| *year >= 1970))?;
    jiff::civil::DateTime::new(year, month, day, hour, minute, second, 0).ok()
}

fn clock(word: &str) -> Option<(i8, i8, i8)> {
    let mut parts = word.split(':').map(|part| if part.len() <= 2 { part.parse::<i8>().ok() } else { None });
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().map_or(Some(0), |second| second)?;
    (parts.next().is_none() && (0..24).contains(&hour) && (0..60).contains(&minute)).then_some((hour, minute, second.clamp(0, 59)))
}

fn month(word: &str) -> Option<i8> {
    let names = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let at = names.iter().position(|name| word.eq_ignore_ascii_case(name))?;
    i8::try_from(at + 1).ok()
}

/// Writes one mail. Line ends become line feeds where all of them are CRLF, as mail
/// comes from an IMAP server; a mail with mixed ones stays as it is.
///
/// # Errors
/// The target cannot be written.
pub fn write(target: &mut dyn Write, mail: &[u8]) -> io::Result<()> {
    let drops_returns = has_crlf_alone(mail);
    target.write_all(FROM_LINE)?;
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        if is_quoted_from(line) {
            target.write_all(b">")?;
        }
        match line.strip_suffix(b"\r\n").filter(|_| drops_returns) {
            Some(text) => {
                target.write_all(text)?;
                target.write_all(b"\n")?;
            }
            None => target.write_all(line)?,
        }
    }
    target.write_all(if mail.is_empty() || mail.ends_with(b"\n") { b"\n" } else { b"\n\n" })
}

/// Whether every line ends in exactly one CR and LF. With a second CR before it, what is left
/// would end in CRLF again, and be taken for another mail when it is written the next time.
fn has_crlf_alone(mail: &[u8]) -> bool {
    let mut feeds = memchr::memchr_iter(b'\n', mail).peekable();
    let one_return = |at: usize| at > 0 && mail.get(at - 1) == Some(&b'\r') && (at < 2 || mail.get(at - 2) != Some(&b'\r'));
    feeds.peek().is_some() && feeds.all(one_return)
}

/// The mail with CRLF line ends, as IMAP wants it.
pub fn with_crlf(mail: &[u8]) -> Vec<u8> {
    let mut whole = Vec::with_capacity(mail.len() + mail.len() / 32);
    for line in mail.split_inclusive(|byte| *byte == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) if !text.ends_with(b"\r") => {
                whole.extend_from_slice(text);
                whole.extend_from_slice(b"\r\n");
            }
            _ => whole.extend_from_slice(line),
        }
    }
    whole
}

/// The flags other mail programs note in `Status` and `X-Status`: seen, answered, flagged.
pub fn noted_flags(mail: &[u8]) -> (bool, bool, bool) {
    let (headers, _) = super::headers::Headers::read(mail);
    let letters = headers.text("Status") + &headers.text("X-Status");
    (letters.contains('R'), letters.contains('A'), letters.contains('F'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(text: &[u8]) -> Vec<Archived> {
        Reader::new(text).unwrap().collect::<io::Result<Vec<_>>>().unwrap()
    }

    fn written(mails: &[&[u8]]) -> Vec<u8> {
        let mut file = Vec::new();
        for mail in mails {
            write(&mut file, mail).unwrap();
        }
        file
    }

    fn bodies(text: &[u8]) -> Vec<String> {
        mails(text).iter().map(|mail| String::from_utf8_lossy(&mail.bytes).into_owned()).collect()
    }

    #[test]
    fn mails_are_read_without_the_lines_between_them() {
        let text = b"From a@x Mon Nov 23 14:05:00 2026\nSubject: a\n\none\n\nFrom b Tue Nov 24 00:00:01 2026\nSubject: b\n\ntwo\n";

        let found = mails(text);

        assert_eq!(bodies(text), ["Subject: a\n\none\n", "Subject: b\n\ntwo\n"]);
        assert_eq!(found[0].arrived.map(|at| at.to_string()), Some("2026-11-23T14:05:00Z".into()));
    }

    #[test]
    fn the_date_in_a_from_line_that_says_nothing_is_none() {
        assert_eq!(mails(&written(&[b"a: b\n\n"]))[0].arrived, None);
        assert_eq!(mails(b"From - somewhere\na: b\n\n")[0].arrived, None);
        assert!(mails(b"From a Fri Dec 12 04:08:35 MET 2025\na: b\n\n")[0].arrived.is_some());
    }

    #[test]
    fn lines_that_begin_with_from_are_quoted_and_unquoted() {
        let mail = b"a: b\n\nFrom here\n>From there\n>>From both\n> From no\nFromage\n";

        let file = written(&[mail]);

        assert!(file.windows(11).any(|part| part == b"\n>From here\n".get(..11).unwrap()), "{}", String::from_utf8_lossy(&file));
        assert_eq!(mails(&file)[0].bytes, mail);
    }

    #[test]
    fn a_sentence_that_begins_with_from_ends_no_mail() {
        let text = b"From a Mon Nov 23 14:05:00 2026\na: b\n\nFrom the beginning of time\n\nFrom what I know: nothing\nFrom 10:30 on\n\n";

        assert_eq!(mails(text).len(), 1);
    }

    #[test]
    fn what_an_imap_server_hands_out_is_written_with_line_feeds() {
        assert_eq!(written(&[b"a: b\r\n\r\nc\r\n"]), [FROM_LINE, b"a: b\n\nc\n\n"].concat());
        assert_eq!(written(&[b"a: b\r\n\nc\r\n"]), [FROM_LINE, b"a: b\r\n\nc\r\n\n"].concat());
        assert_eq!(written(&[b"a: b\r\r\n"]), [FROM_LINE, b"a: b\r\r\n\n"].concat());
        assert_eq!(with_crlf(b"a\nb\r\nc"), b"a\r\nb\r\nc");
    }

    #[test]
    fn what_is_no_mbox_is_refused() {
        assert_eq!(Reader::new(&b"Subject: a\n\n"[..]).err().map(|error| error.kind()), Some(io::ErrorKind::InvalidData));
        assert_eq!(mails(b"").len(), 0);
    }

    #[test]
    fn flags_other_programs_noted_are_understood() {
        assert_eq!(noted_flags(b"Status: RO\nX-Status: AF\n\n"), (true, true, true));
        assert_eq!(noted_flags(b"Subject: R\n\n"), (false, false, false));
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_mail_is_it_comes_back(mails in proptest::collection::vec("[ab>\n\r]{0,6}(From |\nFrom |\n>From |\n\n){0,6}[ab:0\n]{0,10}", 0..5)) {
            let whole: Vec<Vec<u8>> = mails.into_iter().map(|mail| (mail + "\n").into_bytes()).collect();
            let file = written(&whole.iter().map(Vec::as_slice).collect::<Vec<_>>());
            let again = Reader::new(file.as_slice()).unwrap().collect::<io::Result<Vec<_>>>().unwrap();
            let read: Vec<&[u8]> = again.iter().map(|mail| mail.bytes.as_slice()).collect();
            proptest::prop_assert_eq!(written(&read), file);
            proptest::prop_assert_eq!(read.len(), whole.len());
        }
    }
}

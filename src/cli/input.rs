//! Texts and files that a command takes in.

use std::fs;
use std::io::{self, BufRead, Read, Write};
use std::path::Path;

use super::fail::{FAILED, Failure, NOT_FOUND, Outcome};
use super::order::BodySource;
use crate::domain::draft::DraftAttachment;
use crate::domain::sanitise;

/// Octets of a text somebody writes; more is a mistake.
const LONGEST_TEXT: u64 = 8 << 20;

/// Octets of an answer to a question.
const LONGEST_ANSWER: u64 = 1_024;

/// Octets of one attachment: what the largest providers take.
const LARGEST_ATTACHMENT: u64 = 25 << 20;

/// Reads a text for a mail or a note, with line feeds as line ends.
///
/// # Errors
/// Fails when the file cannot be read, is too long, or is no UTF-8.
pub fn text(source: &BodySource) -> Outcome<String> {
    let bytes = match source {
        BodySource::Stdin => limited(&mut io::stdin().lock(), LONGEST_TEXT, "standard input")?,
        BodySource::File(path) => file(path, LONGEST_TEXT).map_err(|failure| match failure.code {
            // Some give the text itself.
            NOT_FOUND => Failure { remedy: "name a file that holds the text, or - for one that is piped in".into(), ..failure },
            _ => failure,
        })?,
    };
    let name = name(source);
    let text = String::from_utf8(bytes)
        .map_err(|error| Failure::new(FAILED, format!("{name} is not UTF-8: {error}"), "save it as UTF-8, or attach it with --attach"))?;
    Ok(text.trim_start_matches('\u{feff}').replace("\r\n", "\n"))
}

/// Asks a question; everything but `y` and `yes` means no.
pub fn agrees(question: &str, answers: &mut dyn BufRead, screen: &mut dyn Write) -> Outcome<bool> {
    write!(screen, "{} [y/N] ", sanitise::line(question))?;
    screen.flush()?;
    let mut answer = String::new();
    answers.take(LONGEST_ANSWER).read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Reads the bytes of a mail as it is.
pub fn mail(source: &BodySource) -> Outcome<Vec<u8>> {
    const LARGEST_MAIL: u64 = 256 << 20;
    match source {
        BodySource::Stdin => limited(&mut io::stdin().lock(), LARGEST_MAIL, "standard input"),
        BodySource::File(path) => file(path, LARGEST_MAIL),
    }
}

/// What a source is called: the path as typed, or `-`.
pub fn name(source: &BodySource) -> String {
    match source {
        BodySource::Stdin => "-".into(),
        BodySource::File(path) => path.to_string_lossy().into_owned(),
    }
}

/// Takes a file's bytes to send them along.
pub fn attachment(path: &Path) -> Outcome<DraftAttachment> {
    let bytes = file(path, LARGEST_ATTACHMENT)?;
    let name = sanitise::file_name(&path.file_name().unwrap_or_default().to_string_lossy());
    Ok(DraftAttachment { kind: crate::mail::media_type(&name).to_owned(), name, bytes })
}

fn file(path: &Path, limit: u64) -> Outcome<Vec<u8>> {
    let fail = |error: io::Error| Failure::of_file("cannot read", path, &error);
    if fs::metadata(path).map_err(fail)?.is_dir() {
        return Err(Failure::usage(format!("{} is a folder", path.display()), "name a file"));
    }
    limited(&mut fs::File::open(path).map_err(fail)?, limit, &path.display().to_string())
}

fn limited(reader: &mut dyn Read, limit: u64, name: &str) -> Outcome<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader.take(limit + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::new(FAILED, format!("cannot read {name}: {error}"), "look at where it comes from"))?;
    if bytes.len() as u64 > limit {
        return Err(Failure::new(FAILED, format!("{name} is larger than {} MB", limit >> 20), "take a smaller one, or share it by a link"));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, bytes: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    #[test]
    fn only_a_yes_agrees_and_the_end_of_the_answers_does_not() {
        for (typed, agreed) in [("y\n", true), (" YES \n", true), ("\n", false), ("n\n", false), ("yesterday\n", false), ("", false)] {
            let mut screen = Vec::new();

            assert_eq!(agrees("Sure\u{1b}?", &mut typed.as_bytes(), &mut screen), Ok(agreed), "{typed}");
            assert_eq!(String::from_utf8(screen).unwrap(), "Sure\u{241b}? [y/N] ");
        }
    }

    #[test]
    fn a_text_loses_its_mark_and_its_carriage_returns() {
        let (_folder, path) = written("a.md", b"\xef\xbb\xbfHello\r\nAna\r\n");

        assert_eq!(text(&BodySource::File(path)).unwrap(), "Hello\nAna\n");
    }

    #[test]
    fn a_text_that_is_no_utf8_is_refused_with_a_way_out() {
        let (_folder, path) = written("a.txt", b"Gr\xfc\xdfe");

        let failure = text(&BodySource::File(path)).unwrap_err();

        assert!(failure.what.contains("is not UTF-8") && failure.remedy.contains("--attach"), "{failure}");
    }

    #[test]
    fn an_attachment_takes_its_type_from_its_name() {
        let (_folder, path) = written("Bill 7.PDF", b"%PDF");

        let attached = attachment(&path).unwrap();

        assert_eq!(
            (attached.name.as_str(), attached.kind.as_str(), attached.bytes.as_slice()),
            ("Bill 7.PDF", "application/pdf", b"%PDF".as_slice())
        );
    }

    #[test]
    fn what_is_too_large_is_not_read_to_its_end() {
        let mut endless = io::repeat(b'x');

        assert!(limited(&mut endless, 10, "it").unwrap_err().what.contains("larger"));
    }

    #[test]
    fn a_missing_file_is_not_found() {
        assert_eq!(attachment(Path::new("/nowhere/at/all")).unwrap_err().code, super::super::fail::NOT_FOUND);
    }
}

//! The bytes of a mail: header lines, parts and what holds them together.

use super::encode::{base64_lines, quoted_printable};

/// A body with the header fields that describe it (RFC 2045).
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Complete lines, each with its line feed.
    pub(super) head: String,
    pub(super) body: Vec<u8>,
}

/// The header of a mail as it grows; lines end in a bare line feed, as Maildir files do.
#[derive(Clone, Debug, Default)]
pub(super) struct Header(String);

impl Header {
    /// Adds a field; a value that is empty adds nothing.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.0.push_str(name);
            self.0.push_str(": ");
            self.0.push_str(value);
            self.0.push('\n');
        }
    }

    /// The whole mail.
    pub(super) fn with(mut self, part: &Part) -> Vec<u8> {
        self.add("MIME-Version", "1.0");
        [self.0.as_bytes(), part.head.as_bytes(), b"\n", &part.body].concat()
    }

    /// A mail from before MIME: header, blank line, bytes.
    pub(super) fn with_bare(self, body: &[u8]) -> Vec<u8> {
        [self.0.as_bytes(), b"\n", body].concat()
    }
}

/// How characters become octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Latin1,
    Iso2022Jp,
}

/// How octets travel (RFC 2045 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    EightBit,
    QuotedPrintable,
    Base64,
}

/// A text part; plain ASCII is sent as it is, whatever was asked for.
pub(super) fn text(kind: &str, text: &str, charset: Charset, transfer: Transfer, parameters: &str) -> Part {
    let (label, octets) = octets(text, charset);
    let (encoding, body) = match transfer {
        _ if octets.is_ascii() && octets.split(|byte| *byte == b'\n').all(|line| line.len() < 900) => ("7bit", octets),
        Transfer::EightBit => ("8bit", octets),
        Transfer::QuotedPrintable => ("quoted-printable", quoted_printable(&octets).into_bytes()),
        Transfer::Base64 => ("base64", base64_lines(&octets).into_bytes()),
    };
    Part { head: format!("Content-Type: {kind}; charset={label}{parameters}\nContent-Transfer-Encoding: {encoding}\n"), body }
}

fn octets(text: &str, charset: Charset) -> (&'static str, Vec<u8>) {
    match charset {
        _ if text.is_ascii() => ("us-ascii", text.as_bytes().to_vec()),
        Charset::Utf8 => ("utf-8", text.as_bytes().to_vec()),
        Charset::Latin1 => ("windows-1252", encoding_rs::WINDOWS_1252.encode(text).0.into_owned()),
        Charset::Iso2022Jp => ("iso-2022-jp", encoding_rs::ISO_2022_JP.encode(text).0.into_owned()),
    }
}

/// Several parts as one (RFC 2046 §5.1); `kind` is `mixed`, `alternative`, with parameters if any.
pub(super) fn multipart(kind: &str, boundary: &str, parts: &[Part]) -> Part {
    let mut body = Vec::new();
    for part in parts {
        body.extend(format!("--{boundary}\n{}\n", part.head).into_bytes());
        body.extend(&part.body);
        body.push(b'\n');
    }
    body.extend(format!("--{boundary}--\n").into_bytes());
    Part { head: format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\n"), body }
}

/// Lines of at most `width` characters, broken at blanks; lines that quote stay whole.
pub(super) fn wrapped(text: &str, width: usize) -> String {
    broken(text, width, "\n")
}

/// The same as format=flowed (RFC 3676): a soft break ends in a blank, a line that could be misread is stuffed.
pub(super) fn flowed(text: &str, width: usize) -> String {
    let stuffed = |line: &str| if line.starts_with(' ') || line.starts_with("From ") { format!(" {line}") } else { line.to_owned() };
    let lines: Vec<String> = text.split('\n').map(|line| if line == "-- " { line.to_owned() } else { stuffed(line.trim_end()) }).collect();
    broken(&lines.join("\n"), width, " \n")
}

fn broken(text: &str, width: usize, line_break: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 40);
    for (index, line) in text.split('\n').enumerate() {
        if index > 0 {
            out.push('\n');
        }
        if line.starts_with('>') || line == "-- " {
            out.push_str(line);
            continue;
        }
        let mut column = 0;
        for (place, word) in line.split(' ').enumerate() {
            let length = word.chars().count();
            if place > 0 && column + 1 + length > width {
                out.push_str(line_break);
                column = 0;
            } else if place > 0 {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flowed_text_can_be_put_together_again() {
        let text = "one two three four five\n in\n-- \nAna";

        let flowed = flowed(text, 10);

        assert_eq!(flowed, "one two \nthree four \nfive\n  in\n-- \nAna");
    }

    #[test]
    fn text_that_is_ascii_is_never_encoded() {
        let part = text("text/plain", "Hello", Charset::Utf8, Transfer::Base64, "");

        assert_eq!(part.head, "Content-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n");
    }

    #[test]
    fn a_multipart_closes_its_boundary() {
        let part = multipart("mixed", "b1", &[text("text/plain", "x", Charset::Utf8, Transfer::EightBit, "")]);

        assert!(String::from_utf8(part.body).unwrap().ends_with("\nx\n--b1--\n"));
    }
}

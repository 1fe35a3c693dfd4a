//! A mail made fit for transport: addresses checked, line ends as the standard wants them.

use lettre::Address;

use super::{Envelope, SendError};

/// The longest line without its end, in octets (RFC 5322 §2.1.1).
const LONGEST_LINE: usize = 998;

/// One checked mail: nothing in it can be taken for an SMTP command.
#[derive(Debug)]
pub(super) struct Parcel {
    pub from: Address,
    pub to: Vec<Address>,
    /// Lines end in LF; the last one has its end.
    lines: Vec<u8>,
}

impl Parcel {
    pub fn new(envelope: &Envelope, bytes: &[u8]) -> Result<Self, SendError> {
        let from = address(&envelope.from)?;
        let mut to: Vec<Address> = Vec::new();
        for recipient in &envelope.to {
            let recipient = address(recipient)?;
            if !to.contains(&recipient) {
                to.push(recipient);
            }
        }
        if to.is_empty() {
            return Err(SendError::Unfit("it has no recipient".into()));
        }
        Ok(Self { from, to, lines: with_lf(bytes)? })
    }

    /// The mail as a program or a file on this machine wants it.
    pub fn with_lf(&self) -> &[u8] {
        &self.lines
    }

    /// The mail as it goes over the network, without the end of its last line,
    /// which is part of the mark of the end (RFC 5321 §4.1.1.4).
    pub fn with_crlf(&self) -> Vec<u8> {
        let lines = self.lines.strip_suffix(b"\n").unwrap_or(&self.lines);
        let mut wire = Vec::with_capacity(lines.len() + lines.len() / 40);
        for octet in lines {
            if *octet == b'\n' {
                wire.push(b'\r');
            }
            wire.push(*octet);
        }
        wire
    }

    pub fn is_ascii(&self) -> bool {
        self.lines.is_ascii()
    }

    pub fn has_international_address(&self) -> bool {
        std::iter::once(&self.from).chain(&self.to).any(|address| !AsRef::<str>::as_ref(address).is_ascii())
    }
}

fn address(text: &str) -> Result<Address, SendError> {
    let forbidden = text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>'));
    match text.parse::<Address>() {
        Ok(address) if !forbidden && !text.starts_with('-') => Ok(address),
        _ => Err(SendError::Unfit(format!("`{}` is not an address mail can be sent to", super::error::clean(text)))),
    }
}

/// Turns CRLF and bare CR into LF and ends the last line.
fn with_lf(bytes: &[u8]) -> Result<Vec<u8>, SendError> {
    let mut lines = Vec::with_capacity(bytes.len() + 1);
    let mut octets = bytes.iter().copied().peekable();
    while let Some(octet) = octets.next() {
        if octet == b'\r' {
            octets.next_if_eq(&b'\n');
            lines.push(b'\n');
        } else {
            lines.push(octet);
        }
    }
    if lines.is_empty() {
        return Err(SendError::Unfit("it is empty".into()));
    }
    if !lines.ends_with(b"\n") {
        lines.push(b'\n');
    }
    match lines.split(|octet| *octet == b'\n').position(|line| line.len() > LONGEST_LINE) {
        Some(line) => Err(SendError::Unfit(format!("its line {} is longer than {LONGEST_LINE} octets", line + 1))),
        None => Ok(lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn envelope(to: &[&str]) -> Envelope {
        Envelope { from: "help@example.com".into(), to: to.iter().map(|address| (*address).to_owned()).collect() }
    }

    #[test]
    fn every_kind_of_line_end_becomes_crlf() {
        let parcel = Parcel::new(&envelope(&["ana@example.org"]), b"A: b\r\n\rone\n.\ntwo").unwrap();

        assert_eq!(parcel.with_crlf(), b"A: b\r\n\r\none\r\n.\r\ntwo");
        assert_eq!(parcel.with_lf(), b"A: b\n\none\n.\ntwo\n");
    }

    #[test]
    fn a_line_of_998_octets_passes_and_one_of_999_does_not() {
        let mail = |length: usize| format!("A: b\n\n{}\n", "x".repeat(length)).into_bytes();

        assert!(Parcel::new(&envelope(&["ana@example.org"]), &mail(998)).is_ok());
        let error = Parcel::new(&envelope(&["ana@example.org"]), &mail(999)).unwrap_err();
        assert!(error.to_string().contains("line 3") && error.is_permanent(), "{error}");
    }

    #[test]
    fn an_address_cannot_carry_a_command_or_an_option() {
        for bad in ["ana@example.org>\r\nRCPT TO:<eve@example.org", "ana @example.org", "-oX@example.org", "ana", ""] {
            let error = Parcel::new(&envelope(&[bad]), b"x").unwrap_err();
            assert!(matches!(error, SendError::Unfit(_)), "{bad:?}: {error}");
            assert!(!error.to_string().contains('\n'));
        }
        assert!(Parcel::new(&envelope(&[]), b"x").is_err());
    }

    #[test]
    fn the_same_recipient_twice_gets_one_copy() {
        let parcel = Parcel::new(&envelope(&["ana@example.org", "ana@example.org"]), b"x").unwrap();
        assert_eq!(parcel.to.len(), 1);
    }
}

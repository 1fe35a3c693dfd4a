//! Arguments of commands, and which answers they asked for.

use std::fmt::Write as _;

use super::parse::FetchItems;
use super::quote::is_keyword;
use crate::domain::sanitise;
use crate::mail::EVENT_PART_HEAD;
use crate::sync::source::{FetchPart, Fetched, Flags, SourceError, SourceResult, Trouble, UidSet};

/// Servers take lines of 8000 octets (RFC 7162 §4).
const SET_OCTETS: usize = 4000;

/// The items of a FETCH; never a structure, which only a recursive parser could read.
pub fn fetch_items(part: FetchPart) -> String {
    const META: &str = "UID FLAGS INTERNALDATE RFC822.SIZE";
    match part {
        FetchPart::Flags => "UID FLAGS".to_owned(),
        FetchPart::Identity => format!("{META} BODY.PEEK[HEADER.FIELDS (FROM DATE SUBJECT MESSAGE-ID)]"),
        FetchPart::Header => format!("{META} BODY.PEEK[HEADER]"),
        FetchPart::Upto(octets) => format!("{META} BODY.PEEK[]<0.{octets}>"),
        FetchPart::Event(octets) => format!("{META} BODY.PEEK[HEADER.FIELDS (RECEIVED)] BODY.PEEK[2]<0.{octets}>"),
        FetchPart::Whole => format!("{META} BODY.PEEK[]"),
    }
}

pub enum Wanted {
    Yes(Fetched),
    /// Asked for and expunged meanwhile.
    Gone,
    /// Somebody else changed a flag.
    OtherNews,
}

pub fn wanted(mut items: FetchItems<'_>, uids: &UidSet, part: FetchPart) -> Wanted {
    let Some(uid) = items.uid.filter(|uid| uids.contains(*uid)) else { return Wanted::OtherNews };
    let size = items.size.unwrap_or(0);
    let body = if part == FetchPart::Identity { items.fields.take() } else { items.body.take() };
    let bytes = match (part, body) {
        (FetchPart::Event(_), Some(body)) => match items.fields {
            Some(fields) if !body.is_empty() => event_mail(&fields, &body),
            _ => return Wanted::Gone,
        },
        (FetchPart::Flags, _) if items.flags.is_some() => Vec::new(),
        (FetchPart::Flags, _) => return Wanted::OtherNews,
        // An empty body of a message that has a size is one expunged under our hands.
        (_, Some(body)) if !body.is_empty() || size == 0 => body.into_owned(),
        (_, Some(_)) => return Wanted::Gone,
        (_, None) if items.size.is_some() || items.internal_date.is_some() => return Wanted::Gone,
        (_, None) => return Wanted::OtherNews,
    };
    Wanted::Yes(Fetched { uid, flags: items.flags.unwrap_or_default(), internal_date: items.internal_date, size, bytes })
}

/// The second part of a message as a message of its own, below the fields that were asked for.
fn event_mail(fields: &[u8], part: &[u8]) -> Vec<u8> {
    let fields = fields.trim_ascii();
    let end: &[u8] = if fields.is_empty() { b"" } else { b"\r\n" };
    [fields, end, EVENT_PART_HEAD, part].concat()
}

/// A set in pieces that fit a command line and hold at most `at_most` UIDs.
pub fn pieces(uids: &UidSet, at_most: u64) -> Vec<String> {
    let mut pieces = Vec::new();
    let (mut piece, mut room) = (String::new(), at_most);
    for &(low, high) in uids.ranges() {
        let mut from = low;
        loop {
            if room == 0 || piece.len() > SET_OCTETS {
                pieces.push(std::mem::take(&mut piece));
                room = at_most;
            }
            let to = u32::try_from(u64::from(from).saturating_add(room - 1)).unwrap_or(u32::MAX).min(high);
            let comma = if piece.is_empty() { "" } else { "," };
            let _ = if from == to { write!(piece, "{comma}{from}") } else { write!(piece, "{comma}{from}:{to}") };
            room -= u64::from(to - from) + 1;
            if to == high {
                break;
            }
            from = to + 1;
        }
    }
    pieces.extend((!piece.is_empty()).then_some(piece));
    pieces
}

pub fn flag_list(flags: &Flags) -> SourceResult<String> {
    let system = [
        (flags.seen, "\\Seen"),
        (flags.answered, "\\Answered"),
        (flags.flagged, "\\Flagged"),
        (flags.deleted, "\\Deleted"),
        (flags.draft, "\\Draft"),
    ];
    let mut list: Vec<&str> = system.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
    for keyword in &flags.keywords {
        if !is_keyword(keyword) {
            return Err(SourceError::new(Trouble::Refused, format!("{:?} cannot be a keyword on a mail server", sanitise::line(keyword))));
        }
        list.push(keyword);
    }
    Ok(list.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_set_is_cut_into_lines_a_server_takes() {
        let uids: UidSet = (1..4000).map(|n| n * 3).collect();
        let pieces = pieces(&uids, u64::MAX);
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() < SET_OCTETS + 30));
        assert_eq!(UidSet::parse(&pieces.join(",")), Some(uids));
    }

    #[test]
    fn a_server_with_a_message_limit_is_asked_for_no_more_at_once() {
        let uids = UidSet::parse("1:5,8,10:4294967295").unwrap();
        let first: Vec<_> = pieces(&uids, 2_000_000_000);
        assert_eq!(first, ["1:5,8,10:2000000003", "2000000004:4000000003", "4000000004:4294967295"]);
        assert_eq!(pieces(&UidSet::parse("1:5,8").unwrap(), 2), ["1:2", "3:4", "5,8"]);
        assert!(pieces(&UidSet::new(), 1).is_empty());
    }

    #[test]
    fn of_an_event_come_the_marks_of_a_delivery_and_the_part_for_the_program() {
        let uids = UidSet::range(1, 9);
        let fetched = |fields: Option<&'static str>, body: Option<&'static str>| {
            let items = FetchItems {
                uid: Some(3),
                size: Some(900),
                fields: fields.map(|text| text.as_bytes().into()),
                body: body.map(|text| text.as_bytes().into()),
                ..FetchItems::default()
            };
            match wanted(items, &uids, FetchPart::Event(100)) {
                Wanted::Yes(fetched) => Some(crate::mail::read_event(&fetched.bytes, fetched.size as usize)),
                Wanted::Gone | Wanted::OtherNews => None,
            }
        };
        let part = Some("eyJ2Ijox\r\nfQ==");

        assert_eq!(fetched(Some("\r\n"), part), Some(Ok("{\"v\":1}".to_owned())));
        assert_eq!(fetched(Some("Received: from mx\r\n by lmtp\r\n\r\n"), part), Some(Err(crate::mail::NoEventMail::Delivered)));
        // Without the fields nothing is known of a delivery.
        assert_eq!(fetched(None, part), None);
        assert_eq!((fetched(Some("\r\n"), Some("")), fetched(Some("\r\n"), None)), (None, None));
    }

    #[test]
    fn a_keyword_cannot_smuggle_a_command() {
        let flags = Flags { keywords: vec!["x)\r\na1 DELETE INBOX".into()], ..Flags::default() };
        assert_eq!(flag_list(&flags).unwrap_err().trouble, Trouble::Refused);
    }
}

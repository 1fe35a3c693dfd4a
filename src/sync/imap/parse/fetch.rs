//! FETCH responses: the items we ask for, the rest stepped over.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;

use super::cursor::Cursor;
use super::{ParseError, flags};
use crate::sync::source::Flags;

/// What one FETCH response says about a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FetchItems<'a> {
    pub uid: Option<u32>,
    pub flags: Option<Flags>,
    pub internal_date: Option<Timestamp>,
    pub size: Option<u32>,
    /// `BODY[…]`; `None` when it was not sent or is NIL, which servers say of expunged messages.
    pub body: Option<Cow<'a, [u8]>>,
    /// `BODY[HEADER.FIELDS …]`.
    pub fields: Option<Cow<'a, [u8]>>,
}

/// Reads the parenthesised list after `* n FETCH`.
pub fn items<'a>(cursor: &mut Cursor<'a>) -> Result<FetchItems<'a>, ParseError> {
    let mut items = FetchItems::default();
    cursor.expect(b'(', "a list of items")?;
    loop {
        cursor.skip_blanks();
        if cursor.eat(b')') {
            return Ok(items);
        }
        let item = cursor.item()?;
        cursor.skip_blanks();
        if item.is("UID") {
            items.uid = Some(cursor.number32()?).filter(|uid| *uid > 0);
        } else if item.is("FLAGS") {
            items.flags = Some(flags(&cursor.words()?));
        } else if item.is("INTERNALDATE") {
            items.internal_date = cursor.nstring()?.as_deref().and_then(internal_date);
        } else if item.is("RFC822.SIZE") {
            items.size = Some(u32::try_from(cursor.number()?).unwrap_or(u32::MAX));
        } else if item.is_section("BODY", "HEADER.FIELDS") {
            items.fields = cursor.nstring()?;
        } else if item.is_section("BODY", "") {
            items.body = cursor.nstring()?;
        } else {
            cursor.skip_value()?;
        }
    }
}

/// Reads `17-Jul-1996 02:44:25 -0700`; the day may be padded with a blank.
fn internal_date(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace();
    let (date, time, zone) = (words.next()?, words.next()?, words.next()?);
    let mut date = date.split('-');
    let (day, month, year) = (date.next()?.parse().ok()?, month(date.next()?)?, date.next()?.parse().ok()?);
    let mut time = time.split(':');
    let (hour, minute, second) = (time.next()?.parse().ok()?, time.next()?.parse().ok()?, time.next()?.parse::<i8>().ok()?.min(59));
    let civil = Date::new(year, month, day).ok()?.to_datetime(Time::new(hour, minute, second, 0).ok()?);
    zone_offset(zone)?.to_timestamp(civil).ok()
}

fn month(name: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let index = MONTHS.iter().position(|month| name.eq_ignore_ascii_case(month))?;
    i8::try_from(index + 1).ok()
}

fn zone_offset(zone: &str) -> Option<Offset> {
    let (sign, digits) = (zone.get(..1)?, zone.get(1..)?);
    let number: i32 = digits.parse().ok()?;
    let seconds = (number / 100 * 60 + number % 100) * 60;
    Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
}

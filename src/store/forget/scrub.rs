//! Taking people's names and addresses out of texts that others wrote.

use crate::domain::Address;
use crate::domain::fold::FORGOTTEN;

/// Stands for a name.
const SOMEBODY: &str = "(forgotten)";
/// A name of fewer octets is a part of too many words.
const SHORTEST_NAME: usize = 4;

/// A text without the people: their addresses in any case, their names as they stand beside them.
pub fn text(text: &str, people: &[Address]) -> String {
    String::from_utf8_lossy(&literal(text.as_bytes(), people)).into_owned()
}

/// The bytes of a mail without the people. A field of the header that holds one of their addresses loses all
/// its names, which may be encoded; what a body has encoded stays.
pub fn source(bytes: &[u8], people: &[Address]) -> Vec<u8> {
    let end = end_of_header(bytes);
    let (header, body) = bytes.split_at(end);
    let mut scrubbed = Vec::with_capacity(bytes.len());
    for field in fields(header) {
        match addresses_of(field, people) {
            Some(addresses) => scrubbed.extend(addresses),
            None => scrubbed.extend(literal(field, people)),
        }
    }
    scrubbed.extend(literal(body, people));
    scrubbed
}

/// Where the empty line behind the header begins.
fn end_of_header(bytes: &[u8]) -> usize {
    let blank = |window: &[u8]| window == b"\n\r\n" || window.starts_with(b"\n\n");
    bytes.windows(3).position(blank).map_or(bytes.len(), |at| at + 1)
}

/// The fields of a header, each with its folded lines and line ends.
fn fields(header: &[u8]) -> Vec<&[u8]> {
    let mut fields = Vec::new();
    let mut begin = 0;
    for (at, _) in header.iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
        let is_folded = header.get(at + 1).is_some_and(|next| matches!(next, b' ' | b'\t'));
        if !is_folded {
            fields.extend(header.get(begin..=at));
            begin = at + 1;
        }
    }
    fields.extend(header.get(begin..).filter(|rest| !rest.is_empty()));
    fields
}

/// A field of recipients in which one of the people stands, with nothing but addresses in it.
fn addresses_of(field: &[u8], people: &[Address]) -> Option<Vec<u8>> {
    let line = String::from_utf8_lossy(field);
    let (name, value) = line.split_once(':')?;
    let is_of_recipients = ["to", "cc", "bcc"].iter().any(|known| name.trim().eq_ignore_ascii_case(known));
    let is_meant = |word: &str| people.iter().any(|person| person.address.eq_ignore_ascii_case(word));
    let words = value.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')')).filter(|word| word.contains('@'));
    let words: Vec<&str> = words.collect();
    if !is_of_recipients || !words.iter().any(|word| is_meant(word)) {
        return None;
    }
    let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let list: Vec<&str> = words.into_iter().map(|word| if is_meant(word) { FORGOTTEN } else { word }).collect();
    Some(format!("{name}: {}{end}", list.join(&format!(",{end} "))).into_bytes())
}

/// Replaces what stands there as it is.
fn literal(bytes: &[u8], people: &[Address]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for person in people {
        let is_same = |found: &[u8], wanted: &[u8]| found.eq_ignore_ascii_case(wanted);
        bytes = replaced(&bytes, person.address.as_bytes(), FORGOTTEN.as_bytes(), &is_same);
        let name = person.name.trim();
        if name.len() >= SHORTEST_NAME {
            bytes = replaced(&bytes, name.as_bytes(), SOMEBODY.as_bytes(), &|found, wanted| found == wanted);
        }
    }
    bytes
}

fn replaced(bytes: &[u8], wanted: &[u8], with: &[u8], is_same: &dyn Fn(&[u8], &[u8]) -> bool) -> Vec<u8> {
    if wanted.is_empty() {
        return bytes.to_vec();
    }
    let is_of_word = |byte: Option<&u8>| byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
    let mut made = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((first, behind)) = rest.split_first() {
        let is_found = rest.get(..wanted.len()).is_some_and(|found| is_same(found, wanted));
        if is_found && !is_of_word(made.last()) && !is_of_word(rest.get(wanted.len())) {
            made.extend(with);
            rest = rest.get(wanted.len()..).unwrap_or_default();
        } else {
            made.push(*first);
            rest = behind;
        }
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carla() -> [Address; 1] {
        [Address::new("Carla Jones", "Carla@Example.org")]
    }

    #[test]
    fn a_text_loses_name_and_address_and_no_part_of_another_word() {
        let scrubbed = text("On Monday Carla Jones <carla@example.org> wrote to mcarla@example.org and Carla Joneson:", &carla());

        assert_eq!(scrubbed, "On Monday (forgotten) <forgotten@postdesk.invalid> wrote to mcarla@example.org and Carla Joneson:");
    }

    #[test]
    fn a_mail_loses_them_in_every_field_and_in_what_it_quotes() {
        let mail = b"From: App <app@desk.example>\r\nTo: =?utf-8?q?Carla_J=C3=B6nes?=\r\n <carla@example.org>, Kim <kim@acme.example>\r\nSubject: To Carla Jones\r\nX-For: CARLA@EXAMPLE.ORG\r\n\r\nCarla Jones wrote:\r\n> To: carla@example.org\r\n";

        let scrubbed = String::from_utf8(source(mail, &carla())).unwrap();

        assert_eq!(
            scrubbed,
            "From: App <app@desk.example>\r\nTo: forgotten@postdesk.invalid,\r\n kim@acme.example\r\nSubject: To (forgotten)\r\nX-For: forgotten@postdesk.invalid\r\n\r\n(forgotten) wrote:\r\n> To: forgotten@postdesk.invalid\r\n"
        );
        assert_eq!(source(b"To: kim@acme.example\n\nHello.\n", &carla()), b"To: kim@acme.example\n\nHello.\n");
    }
}

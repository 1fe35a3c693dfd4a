//! The files in a `winmail.dat`: Outlook's own packing of what it attaches (MS-OXTNEF).
//!
//! Ours because no well-kept library reads it. Nothing in it is compressed but the text in rich
//! text format, which is left alone; a reader that never trusts a length is all that is needed.

use super::charset;

/// A file in the pack; its name is as written and may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed<'a> {
    pub name: String,
    pub content: &'a [u8],
}

const SIGNATURE: u32 = 0x223e_9f78;
/// Files taken from one pack.
const MAX_FILES: usize = 100;

/// Whether a part is such a pack: by its type, or by the name it has under a wrong one.
pub fn is_pack(kind: &str, name: Option<&str>) -> bool {
    matches!(kind, "application/ms-tnef" | "application/vnd.ms-tnef") || name.is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
}

/// The files of a pack in order; what is damaged ends the list.
pub fn files(bytes: &[u8]) -> Vec<Packed<'_>> {
    let mut reader = Reader(bytes);
    let mut files: Vec<Packed<'_>> = Vec::new();
    if reader.u32() != Some(SIGNATURE) || reader.u16().is_none() {
        return files;
    }
    let mut page = String::new();
    while let Some((tag, value)) = attribute(&mut reader) {
        if tag == ATTACH_BEGINS {
            if files.len() >= MAX_FILES {
                break;
            }
            files.push(Packed::default());
        } else if tag == OEM_CODE_PAGE {
            page = Reader(value).u32().map(|page| format!("windows-{page}")).unwrap_or_default();
        } else if let Some(file) = files.last_mut() {
            match tag {
                ATTACH_TITLE if file.name.is_empty() => file.name = text(value, &page),
                ATTACH_DATA => file.content = value,
                ATTACH_PROPERTIES => {
                    if let Some(name) = long_name(value, &page) {
                        file.name = name;
                    }
                }
                _ => {}
            }
        }
    }
    files.retain(|file| !file.name.is_empty() || !file.content.is_empty());
    files
}

const ATTACH_BEGINS: u32 = 0x0006_9002;
const ATTACH_TITLE: u32 = 0x0001_8010;
const ATTACH_DATA: u32 = 0x0006_800f;
const ATTACH_PROPERTIES: u32 = 0x0006_9005;
const OEM_CODE_PAGE: u32 = 0x0006_9007;

/// Tag and value of the next attribute; level and checksum say nothing more.
fn attribute<'a>(reader: &mut Reader<'a>) -> Option<(u32, &'a [u8])> {
    reader.take(1)?;
    let tag = reader.u32()?;
    let length = reader.u32()?;
    let value = reader.take(length as usize)?;
    reader.take(2)?;
    Some((tag, value))
}

/// The property PR_ATTACH_LONG_FILENAME; the title beside it is cut to eight letters and three.
fn long_name(properties: &[u8], page: &str) -> Option<String> {
    const LONG_NAME: u16 = 0x3707;
    let mut reader = Reader(properties);
    let count = reader.u32()?;
    for _ in 0..count.min(1_000) {
        let (kind, id) = (reader.u16()?, reader.u16()?);
        if id >= 0x8000 {
            skip_name(&mut reader)?;
        }
        let value = property(&mut reader, kind)?;
        if id == LONG_NAME {
            let name = if kind == 0x1f { charset::decode(value, "utf-16le").0 } else { text(value, page) };
            return Some(name.trim_end_matches('\0').to_owned()).filter(|name| !name.is_empty());
        }
    }
    None
}

/// The name of a property that has no number of its own.
fn skip_name(reader: &mut Reader<'_>) -> Option<()> {
    reader.take(16)?;
    if reader.u32()? == 0 {
        return reader.u32().map(drop);
    }
    let length = reader.u32()?;
    reader.padded(length as usize).map(drop)
}

/// The first value of a property; those of variable length are counted and padded to four octets.
fn property<'a>(reader: &mut Reader<'a>, kind: u16) -> Option<&'a [u8]> {
    let is_multiple = kind & 0x1000 != 0;
    let size = match kind & 0x0fff {
        0x02 | 0x03 | 0x04 | 0x0a | 0x0b => Some(4),
        0x05 | 0x06 | 0x07 | 0x14 | 0x40 => Some(8),
        0x48 => Some(16),
        _ => None,
    };
    let count = if is_multiple || size.is_none() { reader.u32()?.min(1_000) } else { 1 };
    let mut first = None;
    for _ in 0..count {
        let length = match size {
            Some(size) => size,
            None => reader.u32()? as usize,
        };
        let value = reader.padded(length)?;
        first = first.or(Some(value));
    }
    Some(first.unwrap_or_default())
}

fn text(value: &[u8], page: &str) -> String {
    let end = memchr::memchr(0, value).unwrap_or(value.len());
    charset::decode(value.get(..end).unwrap_or_default(), page).0
}

/// Little-endian values from the front of a slice; `None` when it is too short.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (value, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(value)
    }

    fn padded(&mut self, length: usize) -> Option<&'a [u8]> {
        let value = self.take(length)?;
        self.take(length.wrapping_neg() % 4)?;
        Some(value)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(tag: u32, value: &[u8]) -> Vec<u8> {
        [&[2], tag.to_le_bytes().as_slice(), (value.len() as u32).to_le_bytes().as_slice(), value, &[0, 0]].concat()
    }

    fn pack(attributes: &[Vec<u8>]) -> Vec<u8> {
        [SIGNATURE.to_le_bytes().to_vec(), vec![1, 0], attributes.concat()].concat()
    }

    /// A number, a named property and then the long name, as Outlook writes them.
    fn properties(name: &str) -> Vec<u8> {
        let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
        let mut bytes = vec![3, 0, 0, 0];
        bytes.extend([0x03, 0x00, 0x05, 0x37, 1, 0, 0, 0]);
        bytes.extend([0x1f, 0x00, 0x01, 0x80]);
        bytes.extend([7; 16]);
        bytes.extend([0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 65, 0, 0, 0]);
        bytes.extend([0x1f, 0x00, 0x07, 0x37, 1, 0, 0, 0]);
        bytes.extend((name.len() as u32).to_le_bytes());
        bytes.extend(&name);
        bytes.extend(vec![0; name.len().wrapping_neg() % 4]);
        bytes
    }

    #[test]
    fn files_have_their_long_name_and_their_octets() {
        let bytes = pack(&[
            attribute(OEM_CODE_PAGE, &[0xe4, 0x04, 0, 0, 0, 0, 0, 0]),
            attribute(ATTACH_BEGINS, &[0; 14]),
            attribute(ATTACH_TITLE, b"GR\xdcSSE~1.PDF\0"),
            attribute(ATTACH_DATA, b"%PDF"),
            attribute(ATTACH_PROPERTIES, &properties("Grüße aus Köln.pdf")),
            attribute(ATTACH_BEGINS, &[0; 14]),
            attribute(ATTACH_TITLE, b"L\xd6SUNG.TXT\0"),
            attribute(ATTACH_DATA, b"hello"),
        ]);

        assert_eq!(
            files(&bytes),
            [Packed { name: "Grüße aus Köln.pdf".into(), content: b"%PDF" }, Packed { name: "LÖSUNG.TXT".into(), content: b"hello" }]
        );
    }

    #[test]
    fn what_is_cut_short_gives_what_is_there() {
        let bytes = pack(&[attribute(ATTACH_BEGINS, &[0; 14]), attribute(ATTACH_TITLE, b"a.txt\0"), attribute(ATTACH_DATA, b"hello")]);

        assert_eq!(files(&bytes[..bytes.len() - 4]), [Packed { name: "a.txt".into(), content: b"" }]);
        assert_eq!(files(b"no pack at all"), []);
    }

    proptest::proptest! {
        #[test]
        fn no_octets_make_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = files(&pack(&[attribute(ATTACH_BEGINS, &[]), attribute(ATTACH_PROPERTIES, &bytes), bytes.clone()]));
        }
    }
}

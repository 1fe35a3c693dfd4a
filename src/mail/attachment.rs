//! The parts of a mail a person could save, and their names.

use super::body::Body;
use super::structure::{Part, Structure};
use super::tnef;
use crate::domain::message::Attachment;
use crate::domain::sanitise;

/// Describes the attachments; names are safe as file names and differ from each other.
///
/// The files in a `winmail.dat` stand behind all parts, so that a part's place does not depend on them.
pub fn list(structure: &Structure<'_>, body: &Body) -> Vec<Attachment> {
    let mut names = std::collections::HashSet::new();
    let parts = body.attachments.iter().filter_map(|index| structure.parts.get(*index));
    let mut list: Vec<Attachment> = parts
        .map(|part| Attachment {
            name: unique(&mut names, name_of(structure, part)),
            kind: sanitise::line(&part.kind).into_owned(),
            size: structure.decoded_len(part),
            content_id: content_id(part),
        })
        .collect();
    for pack in packs(structure, body) {
        for file in tnef::files(&pack) {
            let name = unique(&mut names, sanitise::file_name(&file.name));
            list.push(Attachment { kind: media_type(&name).to_owned(), name, size: file.content.len() as u64, content_id: None });
        }
    }
    list
}

/// The octets of each `winmail.dat`.
fn packs<'a>(structure: &Structure<'a>, body: &Body) -> Vec<std::borrow::Cow<'a, [u8]>> {
    let parts = body.attachments.iter().filter_map(|index| structure.parts.get(*index));
    parts.filter(|part| tnef::is_pack(&part.kind, part.file_name())).map(|part| structure.decoded(part)).collect()
}

/// The name and the octets of one attachment, numbered as `Message::attachments` orders them.
pub fn open(bytes: &[u8], index: usize) -> Option<(String, Vec<u8>)> {
    let repaired = super::line_ends::repaired(bytes);
    let structure = Structure::read(&repaired);
    let body = Body::of(&structure);
    let name = list(&structure, &body).into_iter().nth(index)?.name;
    let Some(part) = body.attachments.get(index) else {
        let packed = index - body.attachments.len();
        let content = packs(&structure, &body).iter().flat_map(|pack| tnef::files(pack)).nth(packed)?.content.to_vec();
        return Some((name, content));
    };
    Some((name, structure.decoded(structure.parts.get(*part)?).into_owned()))
}

fn name_of(structure: &Structure<'_>, part: &Part<'_>) -> String {
    if let Some(name) = part.file_name() {
        return sanitise::file_name(name);
    }
    let extension = if part.is_message { ".eml" } else { extension(&part.kind) };
    let subject = message_subject(structure, part);
    let description = Some(part.headers.text("Content-Description")).filter(|words| words.chars().count() <= 60);
    let words = [subject, description.unwrap_or_default()].into_iter().find(|words| !words.trim().is_empty());
    match words {
        Some(words) => sanitise::file_name(&format!("{}{extension}", words.replace(['/', '\\'], "-"))),
        None => format!("{}{extension}", stem(&part.kind)),
    }
}

/// The subject of a message that is attached, empty when it has none or could not be taken apart.
fn message_subject(structure: &Structure<'_>, part: &Part<'_>) -> String {
    let root = part.children.first().filter(|_| part.is_message).and_then(|index| structure.parts.get(*index));
    root.map(|root| root.headers.text("Subject")).unwrap_or_default()
}

fn stem(kind: &str) -> &'static str {
    match kind {
        "message/delivery-status" | "message/global-delivery-status" => "delivery-status",
        "message/disposition-notification" => "receipt",
        "text/rfc822-headers" | "message/rfc822-headers" => "headers",
        "application/pgp-signature" | "application/pkcs7-signature" | "application/x-pkcs7-signature" => "signature",
        "text/calendar" => "invitation",
        "message/rfc822" | "message/global" => "message",
        _ => "attachment",
    }
}

/// The usual file name extension of a media type, for parts that came without a name.
fn extension(kind: &str) -> &'static str {
    match kind {
        "image/jpeg" | "image/jpg" | "image/pjpeg" => ".jpg",
        "image/png" => ".png",
        "image/gif" => ".gif",
        "image/webp" => ".webp",
        "image/svg+xml" => ".svg",
        "image/tiff" => ".tif",
        "image/bmp" => ".bmp",
        "application/pdf" => ".pdf",
        "application/zip" | "application/x-zip-compressed" => ".zip",
        "application/gzip" | "application/x-gzip" => ".gz",
        "application/json" => ".json",
        "application/xml" | "text/xml" => ".xml",
        "application/msword" => ".doc",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ".docx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => ".xlsx",
        "application/pgp-signature" => ".asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => ".p7s",
        "application/ms-tnef" => ".dat",
        "text/calendar" => ".ics",
        "text/csv" => ".csv",
        "text/html" => ".html",
        "text/vcard" | "text/x-vcard" => ".vcf",
        "audio/mpeg" => ".mp3",
        "audio/wav" | "audio/x-wav" => ".wav",
        "video/mp4" => ".mp4",
        "message/rfc822" | "message/global" => ".eml",
        kind if kind.starts_with("text/") || kind.starts_with("message/") => ".txt",
        _ => ".bin",
    }
}

fn unique(taken: &mut std::collections::HashSet<String>, name: String) -> String {
    if taken.insert(name.to_lowercase()) {
        return name;
    }
    let (stem, extension) = name.rsplit_once('.').map_or((name.as_str(), String::new()), |(stem, extension)| (stem, format!(".{extension}")));
    let numbered = (2..=taken.len() as u32 + 2)
        .map(|number: u32| format!("{stem}-{number}{extension}"))
        .find(|candidate| taken.insert(candidate.to_lowercase()));
    numbered.unwrap_or(name)
}

fn content_id(part: &Part<'_>) -> Option<String> {
    let id = part.headers.text("Content-ID");
    let id = id.trim().trim_start_matches('<').trim_end_matches('>').to_owned();
    (!id.is_empty()).then_some(id)
}

/// The media type by the name's ending (IANA); a receiver that cares looks at the bytes.
pub fn media_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    match ending.as_str() {
        "txt" | "log" | "md" => "text/plain",
        "csv" => "text/csv",
        "html" | "htm" => "text/html",
        "ics" => "text/calendar",
        "json" => "application/json",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" | "tgz" => "application/gzip",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "svg" => "image/svg+xml",
        "mp4" => "video/mp4",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "odt" => "application/vnd.oasis.opendocument.text",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &[u8] = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: application/pdf; name=\"../../x.pdf\"\nContent-Transfer-Encoding: base64\n\naGVsbG8=\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=x.pdf\n\nzwei\n--b\nContent-Type: message/rfc822\n\nSubject: Old/one\n\ntext\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.txt\n\nx\n--b--\n";

    #[test]
    fn names_are_safe_and_differ_and_sizes_are_decoded() {
        let structure = Structure::read(MAIL);
        let list = list(&structure, &Body::of(&structure));

        assert_eq!(
            list.iter().map(|a| (a.name.as_str(), a.size)).collect::<Vec<_>>(),
            [("x.pdf", 5), ("x-2.pdf", 4), ("Old-one.eml", 22), ("Grüße.txt", 1)]
        );
    }

    #[test]
    fn a_part_without_a_name_is_called_by_what_it_holds() {
        let mail = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n--b\nContent-Type: image/png\n\nx\n--b\nContent-Type: message/rfc822\nContent-Description: Undelivered Message\n\nSubject: Your order: 7 & 8\n\ntext\n--b\nContent-Type: message/rfc822\nContent-Description: Undelivered Message\n\nFrom: a@x.example\n\ntext\n--b--\n";
        let structure = Structure::read(mail);
        let list = list(&structure, &Body::of(&structure));

        assert_eq!(list.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(), ["attachment.png", "Your order: 7 & 8.eml", "Undelivered Message.eml"]);
    }

    #[test]
    fn files_in_a_winmail_dat_are_attachments_behind_the_others() {
        // Made of a file `a.txt` that holds `hello`.
        let pack = "eJ8+IgEAAgKQBgAOAAAAAAAAAAAAAAAAAAAAAAAAAAIQgAEABgAAAGEudHh0AAAAAg+ABgAFAAAAaGVsbG8AAA==";
        let mail = format!(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n{pack}\n--b\nContent-Type: application/pdf; name=b.pdf\n\n%PDF\n--b--\n"
        );
        let structure = Structure::read(mail.as_bytes());
        let list = list(&structure, &Body::of(&structure));

        assert_eq!(list.iter().map(|a| (a.name.as_str(), a.size)).collect::<Vec<_>>(), [("winmail.dat", 64), ("b.pdf", 4), ("a.txt", 5)]);
        assert_eq!(open(mail.as_bytes(), 1), Some(("b.pdf".into(), b"%PDF".to_vec())));
        assert_eq!(open(mail.as_bytes(), 2), Some(("a.txt".into(), b"hello".to_vec())));
    }

    #[test]
    fn an_attachment_is_opened_by_its_place_in_the_list() {
        assert_eq!(open(MAIL, 0), Some(("x.pdf".into(), b"hello".to_vec())));
        assert_eq!(open(MAIL, 2).map(|(name, bytes)| (name, bytes.len())), Some(("Old-one.eml".into(), 22)));
        assert_eq!(open(MAIL, 9), None);
    }
}

//! The small files customers attach: pictures, documents, logs and tables.

use std::fmt::Write as _;

use super::encode::base64_lines;
use super::mime::Part;
use super::rng::Rng;

/// A file of the kind its name says, as a MIME part.
pub(super) fn attachment(name: &str, rng: &mut Rng) -> Part {
    let (kind, bytes) = content(name, rng);
    encoded(name, kind, &bytes, "attachment", None)
}

/// A picture shown within the text under this content id.
pub(super) fn inline_picture(name: &str, content_id: &str, rng: &mut Rng) -> Part {
    encoded(name, "image/png", &png(rng), "inline", Some(content_id))
}

/// Tells whether the name is that of a picture made here.
pub(super) fn is_picture(name: &str) -> bool {
    name.rsplit('.').next() == Some("png")
}

/// An attachment under whatever name, however evil.
pub(super) fn named(header_name: &str, bytes: &[u8]) -> Part {
    encoded(header_name, "application/octet-stream", bytes, "attachment", None)
}

fn encoded(name: &str, kind: &str, bytes: &[u8], disposition: &str, content_id: Option<&str>) -> Part {
    let mut head = format!("Content-Type: {kind}; name=\"{name}\"\nContent-Disposition: {disposition}; filename=\"{name}\"\n");
    if let Some(id) = content_id {
        let _ = writeln!(head, "Content-ID: <{id}>");
    }
    head.push_str("Content-Transfer-Encoding: base64\n");
    Part { head, body: base64_lines(bytes).into_bytes() }
}

fn content(name: &str, rng: &mut Rng) -> (&'static str, Vec<u8>) {
    match name.rsplit('.').next() {
        Some("png") => ("image/png", png(rng)),
        Some("pdf") => ("application/pdf", pdf("Northlight Store", rng)),
        Some("csv") => ("text/csv", csv(rng).into_bytes()),
        _ => ("text/plain", log(rng).into_bytes()),
    }
}

fn log(rng: &mut Rng) -> String {
    const LINES: [&str; 6] = [
        "I sync: listing /notes, 304 unchanged",
        "D store: 12 rows in 3 ms",
        "W sync: PUT answered 507, will try again",
        "D camera: buffer 2 of 2, stride 4096",
        "E camera: decoder returned null (format 0x48454946)",
        "I app: moved to background",
    ];
    (0..rng.between(20, 60))
        .fold(String::new(), |log, line| format!("{log}{:02}:{:02}.{:03} {}\n", line / 4, line * 13 % 60, rng.below(1000), rng.pick(&LINES)))
}

fn csv(rng: &mut Rng) -> String {
    (0..48).fold("time,temperature_c,rain_mm,gust_kmh\n".to_owned(), |table, half_hour| {
        let (hour, minute) = (half_hour / 2, half_hour % 2 * 30);
        format!(
            "{table}{hour:02}:{minute:02},{}.{},{},{}\n",
            rng.between(4, 16),
            rng.below(10),
            if hour == 2 { "0.2" } else { "0.0" },
            rng.between(3, 60)
        )
    })
}

/// One page with a line of text (PDF 1.4), offsets as they must be.
fn pdf(title: &str, rng: &mut Rng) -> Vec<u8> {
    let stream = format!("BT /F1 18 Tf 72 720 Td ({title}, document {}) Tj ET", rng.between(100_000, 999_999));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut offsets = String::new();
    for (index, object) in objects.iter().enumerate() {
        let _ = writeln!(offsets, "{:010} 00000 n ", file.len());
        let _ = write!(file, "{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let start = file.len();
    let _ = write!(file, "xref\n0 6\n0000000000 65535 f \n{offsets}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    file.into_bytes()
}

const WIDTH: u32 = 96;
const HEIGHT: u32 = 54;

/// A picture of coloured fields (PNG, palette of four, stored without compression).
fn png(rng: &mut Rng) -> Vec<u8> {
    let palette: Vec<u8> = (0..12).map(|_| rng.between(40, 240) as u8).collect();
    let (column, row) = (rng.between(8, 40) as u32, rng.between(6, 24) as u32);
    let mut pixels = Vec::with_capacity(((WIDTH + 1) * HEIGHT) as usize);
    for y in 0..HEIGHT {
        pixels.push(0);
        pixels.extend((0..WIDTH).map(|x| (x / column % 2 + y / row % 2 * 2) as u8));
    }
    let mut header = Vec::new();
    header.extend(WIDTH.to_be_bytes());
    header.extend(HEIGHT.to_be_bytes());
    header.extend([8, 3, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"PLTE", palette), (b"IDAT", stored(&pixels)), (b"IEND", Vec::new())] {
        file.extend(chunk(kind, &data));
    }
    file
}

fn chunk(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let named = [kind, data].concat();
    [&(data.len() as u32).to_be_bytes(), named.as_slice(), &crc32(&named).to_be_bytes()].concat()
}

/// A zlib stream of one stored block (RFC 1950, RFC 1951 §3.2.4); the data must be shorter than 64 KiB.
fn stored(data: &[u8]) -> Vec<u8> {
    let length = data.len() as u16;
    let head = [0x78, 0x01, 0x01];
    [&head, length.to_le_bytes().as_slice(), &(!length).to_le_bytes(), data, &adler32(data).to_be_bytes()].concat()
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0_u32, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 }))
}

fn adler32(data: &[u8]) -> u32 {
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    b << 16 | a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_agree_with_their_published_examples() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn a_picture_has_the_chunks_of_a_png_and_a_document_ends_as_a_pdf() {
        let mut rng = Rng::new(1);

        let (picture, document) = (png(&mut rng), String::from_utf8(pdf("x", &mut rng)).unwrap());

        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"));
        assert!(picture.ends_with(b"IEND\xae\x42\x60\x82"));
        let start: usize = document.lines().rev().nth(1).unwrap().parse().unwrap();
        assert!(document.get(start..).unwrap().starts_with("xref"));
    }
}

//! HTML: laid out, stripped for the index, and searched for links, in bounded time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postdesk::mail;

fuzz_target!(|html: &str| {
    let mut bytes = b"Content-Type: text/html; charset=utf-8\n\n".to_vec();
    bytes.extend_from_slice(html.as_bytes());
    let start = std::time::Instant::now();
    let reading = mail::view(&bytes);
    let ingested = mail::ingest(&bytes, 0);
    assert!(reading.text.chars().all(|c| c == '\n' || !c.is_control()));
    assert!(ingested.preview.chars().count() <= mail::limits::PREVIEW_CHARS);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
});

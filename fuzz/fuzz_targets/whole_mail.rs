//! Whatever the bytes are, every way of reading them ends, and what it gives is fit for a terminal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postdesk::mail;

fuzz_target!(|bytes: &[u8]| {
    let message = mail::read(bytes);
    for shown in [&message.subject, &message.text, &message.auto_reason] {
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    }
    for (index, attachment) in message.attachments.iter().enumerate() {
        assert!(!attachment.name.is_empty() && !attachment.name.contains(['/', '\\', '\0']), "{:?}", attachment.name);
        assert!(mail::attachment(bytes, index).is_some(), "{index}");
    }
    let header = mail::read_header(bytes);
    assert!(header.references.len() <= mail::limits::IDS);
    let _ = (mail::ingest(bytes, 0), mail::view(bytes));
});

//! The ids of a header: never more than the limit, none of them doubled, none with a blank or a bracket.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postdesk::mail;

fuzz_target!(|value: &[u8]| {
    let mut header = b"References: ".to_vec();
    header.extend(value.iter().map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    header.extend_from_slice(b"\nMessage-ID: ");
    header.extend(value.iter().take(200).map(|byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { *byte }));
    header.extend_from_slice(b"\n\n");
    let message = mail::read_header(&header);
    assert!(message.references.len() <= mail::limits::IDS);
    let mut seen = std::collections::HashSet::new();
    for id in message.references.iter().chain([&message.message_id]) {
        let id = id.to_string();
        assert!(!id.is_empty() && !id.contains(['<', '>', ' ', '\n', '\r']), "{id:?}");
    }
    assert!(message.references.iter().all(|id| seen.insert(id.clone())));
});

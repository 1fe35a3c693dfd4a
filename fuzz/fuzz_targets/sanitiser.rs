//! The sanitiser: what it lets through is harmless, and cleaning twice changes nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postdesk::domain::sanitise;

fuzz_target!(|text: &str| {
    let line = sanitise::line(text);
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert_eq!(sanitise::line(&line), line);
    let clean = sanitise::text(text);
    assert!(clean.chars().all(|c| c == '\n' || !c.is_control()), "{clean:?}");
    assert_eq!(sanitise::text(&clean), clean);
    let name = sanitise::file_name(text);
    assert!(!name.is_empty() && name.len() <= 201 && !name.contains(['/', '\\', '\0']) && !name.starts_with(['.', '-', '~']), "{name:?}");
    let header = sanitise::header(text);
    assert!(!header.contains(['\r', '\n', '\0', '\u{85}', '\u{2028}', '\u{2029}']), "{header:?}");
});

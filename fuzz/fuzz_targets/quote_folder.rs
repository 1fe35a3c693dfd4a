//! Folding leaves something of every text that says something, and invents nothing.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postdesk::mail;

fuzz_target!(|text: &str| {
    let new = mail::new_text(text);
    let said = |text: &str| text.chars().any(|c| !c.is_whitespace() && !('\u{e0f1}'..='\u{e0f3}').contains(&c));
    assert!(!said(text) || said(&new.text), "{text:?}");
    assert!(new.text.len() <= text.len() + 1, "{text:?}");
    assert!(new.quoted_lines <= text.lines().count() as u64);
});

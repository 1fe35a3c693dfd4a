//! Characters that rendering HTML leaves in a text for who looks for quotations and signatures in it.

use std::borrow::Cow;

/// Stands in rendered HTML where a mail program put a quotation's container; the
/// lines up to the first quoted one are its attribution.
pub const QUOTE_MARK: char = '\u{e0f1}';
/// Stands where everything that follows is the earlier mail.
pub const REST_MARK: char = '\u{e0f2}';

/// Stands where a signature begins.
pub const SIGNATURE_MARK: char = '\u{e0f3}';

/// As [`without_marks`], for a text that is owned and has none most times.
pub fn drop_marks(text: String) -> String {
    let clean = match without_marks(&text) {
        Cow::Owned(clean) => Some(clean),
        Cow::Borrowed(_) => None,
    };
    clean.unwrap_or(text)
}

/// Removes the marks that rendering HTML leaves.
pub fn without_marks(text: &str) -> Cow<'_, str> {
    // The marks' first octet tells most texts that have none.
    if memchr::memchr(0xee, text.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace([QUOTE_MARK, REST_MARK, SIGNATURE_MARK], ""))
}

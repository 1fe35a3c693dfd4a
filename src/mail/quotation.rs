//! How an answer quotes the mail it answers.

use crate::domain::Timestamp;

/// Quotes a text for an answer: an attribution line, then every line behind `>`.
pub fn quote(text: &str, attribution: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + text.len() / 8 + attribution.len());
    if !attribution.is_empty() {
        quoted.push_str(attribution);
        quoted.push('\n');
    }
    for line in text.trim_matches('\n').lines() {
        quoted.push('>');
        if !line.is_empty() && !line.starts_with('>') {
            quoted.push(' ');
        }
        quoted.push_str(line.trim_end());
        quoted.push('\n');
    }
    quoted
}

/// The line above a quotation, for example `On 2026-11-23 14:05 UTC, Ana wrote:`.
pub fn attribution(date: Timestamp, name: &str) -> String {
    format!("On {} UTC, {name} wrote:", date.strftime("%Y-%m-%d %H:%M"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quotation_has_its_attribution_and_marks() {
        assert_eq!(quote("a\n\n> b", "Ana wrote:"), "Ana wrote:\n> a\n>\n>> b\n");
        let date = "2026-11-23T14:05:00Z".parse().unwrap();
        assert_eq!(attribution(date, "Ana"), "On 2026-11-23 14:05 UTC, Ana wrote:");
    }
}

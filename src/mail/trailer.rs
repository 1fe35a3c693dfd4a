//! What stands below the words of a mail: signatures, and what programs and companies add.

use super::quote::SIGNATURE_MARK;
use super::reply_words::WORDS;

/// `-- ` (RFC 3676 §4.3) and what people make of it.
pub fn is_signature_mark(line: &str) -> bool {
    matches!(line.trim_end_matches(['\u{a0}', ' ', '\r']), "--" | "—" | "__") || line.contains(SIGNATURE_MARK)
}

/// A dash and, without a blank between, one to three capitalised words.
pub fn is_signed_name(line: &str) -> bool {
    let Some(name) = line.trim().strip_prefix('-').map(|rest| rest.strip_prefix('-').unwrap_or(rest)) else { return false };
    let capitalised = |word: &str| word.starts_with(char::is_uppercase) && word.chars().all(|c| c.is_alphabetic() || matches!(c, '.' | '-' | '\''));
    (1..=3).contains(&name.split(' ').count()) && name.split(' ').all(capitalised)
}

pub fn is_footer(line: &str) -> bool {
    let line = line.trim_matches(['-', '_', '*', ' ', '[', '(', '<', '~']);
    if line.chars().count() > 110 {
        return false;
    }
    let lower = line.to_lowercase();
    WORDS.footer.iter().any(|(start, inside)| lower.starts_with(start.as_str()) && lower.contains(inside.as_str()))
}

/// A paragraph that only declares mail confidential, or asks to think before printing.
pub fn is_notice(paragraph: &str) -> bool {
    let start: String = paragraph.chars().take(NOTICE_CHARS).collect::<String>().to_lowercase();
    let start = start.trim_start_matches(|c: char| !c.is_alphanumeric());
    WORDS.notice.iter().any(|(begins, inside)| start.starts_with(begins.as_str()) && start.contains(inside.as_str()))
}

/// How much of a paragraph tells whether it is a notice.
const NOTICE_CHARS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_of_several_languages_are_known_and_sentences_are_none() {
        for notice in [
            "CONFIDENTIALITY NOTICE: This e-mail is for the addressee only.",
            "This e-mail and any attachments are confidential and may be privileged.",
            "Diese E-Mail enthält vertrauliche Informationen.",
            "Ce message et toutes les pièces jointes sont confidentiels.",
            "Este mensaje y sus anexos son confidenciales.",
            "Please consider the environment before printing this email.",
        ] {
            assert!(is_notice(notice), "{notice}");
        }
        assert!(!is_notice("This e-mail address does not work any more, can you change it?"));
        assert!(!is_notice("Is our contract confidential?"));
    }

    #[test]
    fn a_name_behind_a_dash_is_a_signature_and_an_option_is_none() {
        assert!(is_signed_name("-Ana Ruiz") && is_signed_name("--Ana"));
        assert!(!is_signed_name("-verbose") && !is_signed_name("- Ana") && !is_signed_name("-Ana went home, and so did I"));
    }
}

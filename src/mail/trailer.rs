//! What stands below the words of a mail: signatures, and what programs and companies add.

use super::marks::SIGNATURE_MARK;
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
    is_sent_from(line)
        || names_mobile_outlook(&lower)
        || WORDS.footer.iter().any(|(start, inside)| lower.starts_with(start.as_str()) && lower.contains(inside.as_str()))
}

/// `Sent from Spark`: a program or device, which has a capital letter.
fn is_sent_from(line: &str) -> bool {
    let Some(rest) = line.get(..10).filter(|start| start.eq_ignore_ascii_case("sent from ")).and_then(|_| line.get(10..)) else { return false };
    let named = |word: &str| word.chars().any(char::is_uppercase);
    rest.split(' ').count() <= 7 && !rest.ends_with(['.', '!']) && rest.split(' ').take(1).any(named) | rest.starts_with("the all new")
}

/// The line Outlook for telephones adds, whatever its language.
fn names_mobile_outlook(lower: &str) -> bool {
    lower.contains("outlook")
        && (lower.contains("ios") || lower.contains("android"))
        && lower.split(' ').count() <= 7
        && !lower.ends_with(['.', '!', '?'])
}

/// A paragraph that only declares mail confidential, or asks to think before printing.
pub fn is_notice(paragraph: &str) -> bool {
    let start: String = paragraph.chars().take(NOTICE_CHARS).collect::<String>().to_lowercase();
    let start = start.trim_start_matches(|c: char| !c.is_alphanumeric()).replace('\u{2019}', "'");
    let declares = |text: &str| WORDS.notice.iter().any(|(begins, inside)| text.starts_with(begins.as_str()) && text.contains(inside.as_str()));
    declares(&start) || without_lead(&start).is_some_and(declares)
}

/// What stands behind `Important notice:` and the like.
fn without_lead(start: &str) -> Option<&str> {
    const LEADS: [&str; 14] = [
        "notice",
        "important notice",
        "important",
        "note",
        "please note",
        "caution",
        "warning",
        "confidential",
        "external email",
        "hinweis",
        "wichtiger hinweis",
        "rechtlicher hinweis",
        "avis",
        "aviso",
    ];
    let end = start.find([':', '*', '-', '!', '.'])?;
    let (lead, rest) = start.split_at(end);
    LEADS.contains(&lead.trim()).then(|| rest.trim_start_matches(|c: char| !c.is_alphanumeric()))
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
    fn a_notice_may_be_headed_as_one() {
        assert!(is_notice("IMPORTANT NOTICE: This e-mail is confidential."));
        assert!(is_notice("*** Confidential *** This message is confidential."));
        assert!(!is_notice("Important: the export fails again."));
    }

    #[test]
    fn programs_and_devices_sign_and_people_tell_where_from_they_sent() {
        for footer in ["Sent from Spark", "Sent from the all new AOL app for iOS", "Obtenez Outlook pour iOS", "Outlook for iOSを入手"] {
            assert!(is_footer(footer), "{footer}");
        }
        for sentence in ["Sent from the wrong address, sorry.", "Does Outlook for Android work with it?", "sent from warehouse two"] {
            assert!(!is_footer(sentence), "{sentence}");
        }
    }

    #[test]
    fn a_name_behind_a_dash_is_a_signature_and_an_option_is_none() {
        assert!(is_signed_name("-Ana Ruiz") && is_signed_name("--Ana"));
        assert!(!is_signed_name("-verbose") && !is_signed_name("- Ana") && !is_signed_name("-Ana went home, and so did I"));
    }
}

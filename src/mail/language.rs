//! The language of a text.

use whatlang::Lang;

/// Letters below which no language is told.
const ENOUGH: usize = 20;
/// Octets of text that are looked at.
const LOOKED_AT: usize = 4 << 10;

/// Detects the language as ISO 639-1; empty when the text is short or the guess unreliable.
pub fn detect(text: &str) -> String {
    let mut end = LOOKED_AT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let text = text.get(..end).unwrap_or(text);
    if text.chars().filter(|c| c.is_alphabetic()).count() < ENOUGH {
        return String::new();
    }
    let Some(found) = whatlang::detect(text).filter(whatlang::Info::is_reliable) else { return String::new() };
    two_letters(found.lang()).to_owned()
}

fn two_letters(lang: Lang) -> &'static str {
    CODES.iter().find(|(code, _)| *code == lang.code()).map_or("", |(_, two)| two)
}

/// ISO 639-3, which the detector speaks, to ISO 639-1.
const CODES: [(&str, &str); 70] = [
    ("afr", "af"),
    ("aka", "ak"),
    ("amh", "am"),
    ("ara", "ar"),
    ("aze", "az"),
    ("bel", "be"),
    ("ben", "bn"),
    ("bul", "bg"),
    ("cat", "ca"),
    ("cym", "cy"),
    ("ces", "cs"),
    ("cmn", "zh"),
    ("dan", "da"),
    ("deu", "de"),
    ("ell", "el"),
    ("eng", "en"),
    ("epo", "eo"),
    ("est", "et"),
    ("fin", "fi"),
    ("fra", "fr"),
    ("guj", "gu"),
    ("heb", "he"),
    ("hin", "hi"),
    ("hrv", "hr"),
    ("hun", "hu"),
    ("hye", "hy"),
    ("ind", "id"),
    ("ita", "it"),
    ("jav", "jv"),
    ("jpn", "ja"),
    ("kan", "kn"),
    ("kat", "ka"),
    ("khm", "km"),
    ("kor", "ko"),
    ("lat", "la"),
    ("lav", "lv"),
    ("lit", "lt"),
    ("mal", "ml"),
    ("mar", "mr"),
    ("mkd", "mk"),
    ("mya", "my"),
    ("nep", "ne"),
    ("nld", "nl"),
    ("nob", "nb"),
    ("ori", "or"),
    ("pan", "pa"),
    ("pes", "fa"),
    ("pol", "pl"),
    ("por", "pt"),
    ("ron", "ro"),
    ("rus", "ru"),
    ("sin", "si"),
    ("slk", "sk"),
    ("slv", "sl"),
    ("sna", "sn"),
    ("spa", "es"),
    ("srp", "sr"),
    ("swe", "sv"),
    ("tam", "ta"),
    ("tel", "te"),
    ("tgl", "tl"),
    ("tha", "th"),
    ("tuk", "tk"),
    ("tur", "tr"),
    ("ukr", "uk"),
    ("urd", "ur"),
    ("uzb", "uz"),
    ("vie", "vi"),
    ("yid", "yi"),
    ("zul", "zu"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_languages_are_told_and_short_texts_are_not() {
        assert_eq!(detect("The export of my invoices fails every time I try it, could you please have a look?"), "en");
        assert_eq!(detect("Der Export meiner Rechnungen schlägt jedes Mal fehl, könnten Sie bitte nachsehen?"), "de");
        assert_eq!(detect("ok"), "");
    }

    #[test]
    fn every_language_the_detector_knows_has_two_letters() {
        for lang in Lang::all() {
            assert!(!two_letters(*lang).is_empty(), "{lang:?} {}", lang.code());
        }
    }
}

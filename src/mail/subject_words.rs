//! The words of `assets/automatic-subjects.txt`: how the subjects of automatic mail begin.

use std::sync::LazyLock;

/// What an automatic mail's subject says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    Vacation,
    Receipt,
    Bounce,
    /// Words that only a delivery report's subject begins with.
    Report,
    Delay,
    Challenge,
    /// No subject: the first words of the text.
    Opening,
}

static WORDS: LazyLock<Vec<(SubjectKind, String)>> = LazyLock::new(|| {
    let lines = include_str!("../../assets/automatic-subjects.txt").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once('|')).filter_map(|(kind, words)| Some((kind_of(kind.trim())?, words.trim().to_owned()))).collect()
});

fn kind_of(word: &str) -> Option<SubjectKind> {
    Some(match word {
        "vacation" => SubjectKind::Vacation,
        "receipt" => SubjectKind::Receipt,
        "bounce" => SubjectKind::Bounce,
        "report" => SubjectKind::Report,
        "delay" => SubjectKind::Delay,
        "challenge" => SubjectKind::Challenge,
        "opening" => SubjectKind::Opening,
        _ => return None,
    })
}

/// What the beginning of a subject, reply prefixes aside, says about the mail.
pub fn kind_of_subject(subject: &str) -> Option<SubjectKind> {
    let lower = subject.to_lowercase();
    let decoration = |c: char| c.is_whitespace() || matches!(c, '*' | '"' | '!' | '#' | '[' | '(' | '<');
    let whole = lower.trim_start_matches(decoration);
    // Behind a list's tag, too: `[users] Out of office`.
    let behind_tag = lower.trim_start().strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(_, rest)| rest.trim_start_matches(decoration));
    let says = |words: &str| match (words.strip_prefix('…'), words.strip_prefix('=')) {
        (Some(inside), _) => lower.contains(inside.trim()),
        (_, Some(all)) => whole.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '.' | '!')) == all,
        _ => whole.starts_with(words) || behind_tag.is_some_and(|rest| rest.starts_with(words)),
    };
    WORDS.iter().find(|(kind, words)| *kind != SubjectKind::Opening && says(words)).map(|(kind, _)| *kind)
}

/// Characters of a text in which a responder says that it is one.
const OPENING: usize = 120;

/// Whether the first words of a text say that a responder wrote it.
pub fn opens_as_responder(text: &str) -> bool {
    let start: String = text.trim_start().chars().take(OPENING).collect::<String>().to_lowercase();
    WORDS.iter().any(|(kind, words)| *kind == SubjectKind::Opening && start.contains(words.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_file_is_understood() {
        let lines = include_str!("../../assets/automatic-subjects.txt").lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());

        assert_eq!(lines.count(), WORDS.len());
        assert!(WORDS.iter().all(|(_, words)| words.to_lowercase() == *words));
    }

    #[test]
    fn the_first_words_of_a_text_tell_a_responder() {
        assert!(opens_as_responder("Hello,\n\nThis is an automated reply. We got your mail."));
        assert!(!opens_as_responder("Hello, the automatic doors are broken, this is bad."));
    }

    #[test]
    fn the_beginning_of_a_subject_tells_what_it_is() {
        assert_eq!(kind_of_subject("Automatic reply: Help"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Abwesenheitsnotiz: x"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Undelivered Mail Returned to Sender"), Some(SubjectKind::Report));
        assert_eq!(kind_of_subject("[users] Out of Office"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Bo is out of the office"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Re: Order [auto-reply]"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Abwesend."), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Abwesend gemeldet und doch gebucht"), None);
        assert_eq!(kind_of_subject("Re: Out of office"), None);
        assert_eq!(kind_of_subject("How do I set an out of office message"), None);
    }
}

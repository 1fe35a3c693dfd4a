//! The words of `assets/automatic-subjects.txt`: how the subjects of automatic mail begin.

use std::sync::LazyLock;

/// What an automatic mail's subject says it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubjectKind {
    Vacation,
    Receipt,
    Bounce,
    Delay,
    Challenge,
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
        "delay" => SubjectKind::Delay,
        "challenge" => SubjectKind::Challenge,
        _ => return None,
    })
}

/// What the beginning of a subject, reply prefixes aside, says about the mail.
pub fn kind_of_subject(subject: &str) -> Option<SubjectKind> {
    let lower = subject.to_lowercase();
    let lower = lower.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '*' | '"' | '!' | '#'));
    WORDS.iter().find(|(_, words)| lower.starts_with(words.as_str())).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_subject_tells_what_it_is() {
        assert_eq!(kind_of_subject("Automatic reply: Help"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Abwesenheitsnotiz: x"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Undelivered Mail Returned to Sender"), Some(SubjectKind::Bounce));
        assert_eq!(kind_of_subject("How do I set an out of office message"), None);
    }
}

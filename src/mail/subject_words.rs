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
    let says = |words: &str| match words.strip_prefix('…') {
        Some(inside) => lower.contains(inside.trim()),
        None => whole.starts_with(words) || behind_tag.is_some_and(|rest| rest.starts_with(words)),
    };
    WORDS.iter().find(|(_, words)| says(words)).map(|(kind, _)| *kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_subject_tells_what_it_is() {
        assert_eq!(kind_of_subject("Automatic reply: Help"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Abwesenheitsnotiz: x"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Undelivered Mail Returned to Sender"), Some(SubjectKind::Report));
        assert_eq!(kind_of_subject("[users] Out of Office"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Bo is out of the office"), Some(SubjectKind::Vacation));
        assert_eq!(kind_of_subject("Re: Out of office"), None);
        assert_eq!(kind_of_subject("How do I set an out of office message"), None);
    }
}

//! Choosing a word from a known set, and naming the nearest when it is not in it.

/// A word that is not among those allowed at its place.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown {kind} `{word}`{}; one of: {}", nearest.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default(), allowed.join(", "))]
pub struct UnknownWord {
    pub kind: String,
    pub word: String,
    pub nearest: Option<String>,
    pub allowed: Vec<String>,
}

/// Finds the value whose name is `text` (case ignored).
///
/// # Errors
/// Names the nearest allowed word.
pub fn pick<T: Copy>(kind: &str, text: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T, UnknownWord> {
    let wanted = text.trim().to_lowercase();
    all.iter().copied().find(|value| name(*value) == wanted).ok_or_else(|| {
        let allowed: Vec<String> = all.iter().map(|value| name(*value).to_owned()).collect();
        UnknownWord { kind: kind.to_owned(), word: text.to_owned(), nearest: nearest(&wanted, allowed.iter().map(String::as_str)), allowed }
    })
}

/// What other helpdesks call it, and what it is called here.
const ELSEWHERE: [(&str, &str); 12] = [
    ("blocked", "hold"),
    ("closed", "solved"),
    ("critical", "urgent"),
    ("done", "solved"),
    ("fixed", "solved"),
    ("junk", "spam"),
    ("medium", "normal"),
    ("new", "open"),
    ("paused", "hold"),
    ("reopened", "open"),
    ("resolved", "solved"),
    ("waiting", "pending"),
];

/// The candidate that goes by this word elsewhere, or the one with the fewest edits to it, if that is close enough
/// to be meant.
pub fn nearest<'a>(word: &str, candidates: impl Iterator<Item = &'a str>) -> Option<String> {
    let limit = 1 + word.chars().count() / 3;
    let candidates: Vec<&str> = candidates.collect();
    if let Some((_, known)) = ELSEWHERE.iter().find(|(name, known)| *name == word && candidates.contains(known)) {
        return Some((*known).to_owned());
    }
    candidates
        .into_iter()
        .map(|candidate| (edits(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, candidate)| candidate.to_owned())
}

/// Levenshtein distance in characters, with neighbours swapped counted as one.
fn edits(left: &str, right: &str) -> usize {
    let left: Vec<char> = left.chars().collect();
    let right: Vec<char> = right.chars().collect();
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=right.len()).collect();
    for (i, &a) in left.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &b) in right.iter().enumerate() {
            let at = |line: &[usize], index: usize| line.get(index).copied().unwrap_or(usize::MAX / 2);
            let mut best = (at(&last, j) + usize::from(a != b)).min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if i > 0 && j > 0 && left.get(i - 1) == Some(&b) && right.get(j - 1) == Some(&a) {
                best = best.min(at(&before_last, j - 1) + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_its_neighbour() {
        assert_eq!(nearest("solvde", ["open", "solved"].into_iter()), Some("solved".into()));
        assert_eq!(nearest("adresses", ["addresses", "agent"].into_iter()), Some("addresses".into()));
        assert_eq!(nearest("zzzzzz", ["open", "solved"].into_iter()), None);
    }
}

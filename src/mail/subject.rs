//! Subjects: what stays when answers and forwards are stripped, and what an answer is called.

/// Prefixes mail programs put in front of a subject, lower case, without the colon.
const PREFIXES: [&str; 46] = [
    "re",
    "aw",
    "antw",
    "antwort",
    "sv",
    "vs",
    "ref",
    "res",
    "rif",
    "r",
    "odp",
    "ynt",
    "vá",
    "bls",
    "atb",
    "ang",
    "απ",
    "σχετ",
    "hf",
    "ответ",
    "отв",
    "回复",
    "回覆",
    "答复",
    "答覆",
    "返信",
    "转发",
    "轉寄",
    "转寄",
    "re:re",
    "fw",
    "fwd",
    "wg",
    "tr",
    "rv",
    "enc",
    "vl",
    "i",
    "vb",
    "pd",
    "továbbítás",
    "ilt",
    "πρθ",
    "пересл",
    "doorst",
    "vidarebefordrat",
];

/// The subject without reply and forward prefixes, counters (`Re[2]:`), and ticket
/// tags (`[#1042]`) in front; white space folded. List tags such as `[app-users]` stay.
pub fn base(subject: &str) -> String {
    let folded = subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut rest = folded.as_str();
    loop {
        let stripped = without_tag(without_prefix(rest)).trim_start();
        if stripped.len() == rest.len() {
            break;
        }
        rest = stripped;
    }
    let rest = rest.trim();
    // "Re:" alone is a subject after all.
    let base = without_trailing_tag(if rest.is_empty() { folded.as_str() } else { rest });
    base.to_owned()
}

fn without_prefix(text: &str) -> &str {
    let Some((head, rest)) = text.split_once([':', '：']) else { return text };
    let word = head.split(['[', '(', '^', '*']).next().unwrap_or(head).trim().to_lowercase();
    let counter = head.get(word.len().min(head.len())..).unwrap_or_default();
    let plain_counter = counter.chars().all(|c| c.is_ascii_digit() || matches!(c, '[' | ']' | '(' | ')' | '^' | '*' | ' '));
    if PREFIXES.contains(&word.as_str()) && plain_counter { rest.trim_start() } else { text }
}

/// Drops a leading `[#1042]`.
fn without_tag(text: &str) -> &str {
    match text.strip_prefix("[#").and_then(|rest| rest.split_once(']')) {
        Some((digits, rest)) if is_number(digits) => rest.trim_start(),
        _ => text,
    }
}

fn without_trailing_tag(text: &str) -> &str {
    match text.strip_suffix(']').and_then(|rest| rest.rsplit_once("[#")) {
        Some((rest, digits)) if is_number(digits) && !rest.trim().is_empty() => rest.trim_end(),
        _ => text,
    }
}

/// The number in a ticket tag `[#1042]` anywhere in the subject.
pub fn tag(subject: &str) -> Option<u64> {
    subject.match_indices("[#").find_map(|(at, mark)| {
        let (digits, _) = subject.get(at + mark.len()..)?.split_once(']')?;
        is_number(digits).then(|| digits.parse().ok()).flatten()
    })
}

fn is_number(digits: &str) -> bool {
    !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// What an answer to `subject` is called: `Re: ` once, whatever stood there, and the
/// ticket's tag kept, or added at the end when `number` is given.
pub fn reply_subject(subject: &str, number: Option<u64>) -> String {
    let base = base(subject);
    let reply = if base.is_empty() { "Re:".to_owned() } else { format!("Re: {base}") };
    match number.or_else(|| tag(subject)) {
        Some(number) => format!("{reply} [#{number}]"),
        None => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_many_languages_and_counters_are_stripped() {
        for subject in [
            "Help",
            "Re: Help",
            "RE: AW: Fwd:  Help",
            "Re[2]: Help",
            "Re(3): Help",
            "[#1042] Re: Help",
            "Re: [#7] SV: Help",
            "回复：Help",
            "Re: Help [#1042]",
        ] {
            assert_eq!(base(subject), "Help", "{subject}");
        }
    }

    #[test]
    fn what_only_looks_like_a_prefix_stays() {
        assert_eq!(base("Error: disk full"), "Error: disk full");
        assert_eq!(base("[app-users] Re: x"), "[app-users] Re: x");
        assert_eq!(base("Re:"), "Re:");
        assert_eq!(base("Area: x"), "Area: x");
    }

    #[test]
    fn an_answer_keeps_its_tag_and_has_one_prefix() {
        assert_eq!(reply_subject("AW: Re: Help [#7]", None), "Re: Help [#7]");
        assert_eq!(reply_subject("Help", Some(1042)), "Re: Help [#1042]");
        assert_eq!(reply_subject("Help", None), "Re: Help");
        assert_eq!(reply_subject("", None), "Re:");
    }

    proptest::proptest! {
        #[test]
        fn stripping_twice_changes_nothing(subject in "(Re|AW|x|\\[#1\\]|:|\\[|\\(| |ä){0,12}") {
            let once = base(&subject);
            if once != subject.split_whitespace().collect::<Vec<_>>().join(" ") {
                proptest::prop_assert!(once.len() < subject.len());
            }
            let _ = (reply_subject(&subject, None), tag(&subject));
        }
    }
}

//! What mail servers write into a header when they take a mail for spam.

use super::headers::Headers;

/// A server's opinion that a mail is spam, with the score it gave when it said one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spam {
    /// The header that says so.
    pub header: &'static str,
    pub score: Option<String>,
}

/// Finds the verdict of SpamAssassin, Rspamd, Exchange and those who write as they do.
///
/// Only a verdict counts, never a mere score: what is too high is the server's to say.
pub fn verdict(headers: &Headers<'_>) -> Option<Spam> {
    const YES: [&str; 4] = ["X-Spam-Flag", "X-Spam-Status", "X-Spam", "X-Bogosity"];
    let says_yes = |name: &&&str| ["yes", "spam", "true"].iter().any(|word| headers.word(name).starts_with(word));
    let header = YES.iter().find(says_yes).copied().or_else(|| acted(headers)).or_else(|| exchange(headers))?;
    Some(Spam { header, score: score(headers) })
}

/// What Rspamd did with the mail.
fn acted(headers: &Headers<'_>) -> Option<&'static str> {
    let action = headers.word("X-Rspamd-Action");
    if ["reject", "add header", "rewrite subject", "quarantine"].iter().any(|known| action == *known) {
        return Some("X-Rspamd-Action");
    }
    let result = headers.word("X-Spamd-Result");
    result.split(';').next().is_some_and(|first| first.contains("true")).then_some("X-Spamd-Result")
}

/// Exchange's spam confidence level: 5 and more is spam.
fn exchange(headers: &Headers<'_>) -> Option<&'static str> {
    const LEVEL: &str = "X-MS-Exchange-Organization-SCL";
    headers.word(LEVEL).parse::<i32>().is_ok_and(|level| level >= 5).then_some(LEVEL)
}

fn score(headers: &Headers<'_>) -> Option<String> {
    let written = ["X-Spam-Score", "X-Rspamd-Score"].iter().map(|name| headers.word(name)).find(|value| !value.is_empty());
    let written = written.or_else(|| headers.word("X-Spam-Status").split_once("score=").map(|(_, rest)| rest.to_owned()));
    let number: String = written?.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | '-' | '+')).collect();
    number.parse::<f64>().is_ok().then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(header: &str, expected: Option<(&str, Option<&str>)>) {
        let text = format!("{header}\n\n");
        let found = verdict(&Headers::read(text.as_bytes()).0);
        assert_eq!(found.as_ref().map(|spam| (spam.header, spam.score.as_deref())), expected, "{header}");
    }

    #[test]
    fn verdicts_of_common_filters_are_read() {
        check("X-Spam-Flag: YES\nX-Spam-Score: 7.2", Some(("X-Spam-Flag", Some("7.2"))));
        check("X-Spam-Status: Yes, score=12.5 required=5.0", Some(("X-Spam-Status", Some("12.5"))));
        check("X-Rspamd-Action: add header\nX-Rspamd-Score: 8.1 / 15", Some(("X-Rspamd-Action", Some("8.1"))));
        check("X-Spamd-Result: default: True [16.20 / 15.00]; A(1)", Some(("X-Spamd-Result", None)));
        check("X-MS-Exchange-Organization-SCL: 6", Some(("X-MS-Exchange-Organization-SCL", None)));
    }

    #[test]
    fn a_score_alone_is_no_verdict() {
        check("X-Spam-Score: 7.2\nX-Spam-Status: No, score=7.2", None);
        check("X-Spam-Flag: NO\nX-Rspamd-Action: no action\nX-MS-Exchange-Organization-SCL: -1", None);
    }
}

//! What our own server says about who sent a mail (Authentication-Results, RFC 8601).

use serde::{Deserialize, Serialize};

/// Whether the sender is who he claims to be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Our server said nothing that settles it, or is not configured.
    #[default]
    None,
    Pass,
    Fail,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }
}

/// A verdict and the words it rests on, for example `dmarc=fail spf=pass`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    pub verdict: Verdict,
    pub words: String,
}

/// Reads what the configured server says.
///
/// `hops` are the values of the headers, newest first, one list for each hop: the
/// mail's own ones come last, and anybody can write those. Only the topmost hop in
/// which our server speaks counts; of several results of one method the first.
///
/// DMARC settles it, because it alone ties the result to the address in From.
/// Without it a passing SPF or DKIM counts for the sender's own domain alone, and a
/// failing SPF counts only if no DKIM signature of that domain holds: forwarding breaks SPF.
pub fn check(hops: &[Vec<String>], authserv_id: Option<&str>, from_domain: &str) -> Checked {
    let Some(own) = authserv_id else { return Checked::default() };
    let Some(hop) = hops.iter().find(|hop| hop.iter().any(|value| is_from(value, own))) else { return Checked::default() };
    let results: Vec<Found> = hop.iter().filter(|value| is_from(value, own)).flat_map(|value| results(value)).collect();
    let first = |method: &str| results.iter().find(|found| found.method == method);
    let aligned = |found: &Found| found.domain.is_empty() || related(&found.domain, from_domain);
    let passes = |method: &str| results.iter().any(|found| found.method == method && found.result == "pass" && aligned(found));
    let verdict = match first("dmarc").map(|found| found.result.as_str()) {
        Some("pass") => Verdict::Pass,
        Some("fail") => Verdict::Fail,
        _ if passes("dkim") || passes("spf") => Verdict::Pass,
        _ if first("spf").is_some_and(|found| found.result == "fail") => Verdict::Fail,
        _ => Verdict::None,
    };
    let mut words: Vec<String> = Vec::new();
    for found in &results {
        let word = format!("{}={}", found.method, found.result);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Checked { verdict, words: words.join(" ") }
}

/// One `method=result` with the domain it speaks of.
struct Found {
    method: String,
    result: String,
    domain: String,
}

/// The id stands first, maybe with a version behind it; comments may stand before it.
fn is_from(value: &str, own: &str) -> bool {
    let clean = without_comments(value);
    clean.split([';', ' ', '\t']).find(|word| !word.is_empty()).is_some_and(|id| id.trim_matches('"').eq_ignore_ascii_case(own))
}

fn results(value: &str) -> Vec<Found> {
    let clean = without_comments(value).to_lowercase();
    clean.split(';').skip(1).filter_map(result).take(20).collect()
}

fn result(text: &str) -> Option<Found> {
    let mut words = text.split_whitespace();
    let (method, result) = words.next()?.split_once('=')?;
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'/');
    let properties = words.filter_map(|word| word.split_once('='));
    let domain = properties
        .filter(|(name, _)| matches!(*name, "header.d" | "header.i" | "smtp.mailfrom" | "smtp.helo" | "header.from"))
        .map(|(_, value)| value.trim_matches('"').rsplit('@').next().unwrap_or_default().to_owned())
        .next()
        .unwrap_or_default();
    let method = method.split('/').next().unwrap_or_default();
    (is_word(method) && is_word(result)).then(|| Found { method: method.to_owned(), result: result.to_owned(), domain })
}

/// Whether one domain is the other or lies below it, as relaxed alignment wants it (RFC 7489 §3.1).
fn related(one: &str, other: &str) -> bool {
    let below = |name: &str, above: &str| name == above || name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'));
    above_a_suffix(one) && above_a_suffix(other) && (below(one, other) || below(other, one))
}

fn above_a_suffix(domain: &str) -> bool {
    domain.contains('.')
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let keep = |c: char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars()
        .filter({
            let mut keep = keep;
            move |c| keep(*c)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(values: &[&[&str]]) -> Verdict {
        let hops: Vec<Vec<String>> = values.iter().map(|hop| hop.iter().map(|value| (*value).to_owned()).collect()).collect();
        check(&hops, Some("mx.desk.example"), "x.example").verdict
    }

    #[test]
    fn only_our_own_server_is_believed() {
        assert_eq!(verdict(&[&["evil.example; dmarc=pass"]]), Verdict::None);
        assert_eq!(verdict(&[&["evil.example; dmarc=pass", "MX.desk.example 1; dmarc=fail"]]), Verdict::Fail);
        assert_eq!(check(&[vec!["mx.desk.example; dmarc=pass".into()]], None, "x.example"), Checked::default());
    }

    #[test]
    fn the_topmost_hop_counts_because_the_mail_can_bring_its_own_header() {
        assert_eq!(verdict(&[&["mx.desk.example; spf=fail smtp.mailfrom=x.example"], &["mx.desk.example; dmarc=pass"]]), Verdict::Fail);
    }

    #[test]
    fn dmarc_settles_it_and_results_may_stand_in_several_headers() {
        assert_eq!(verdict(&[&["mx.desk.example; spf=fail", "mx.desk.example; dkim=pass header.d=x.example; dmarc=pass (p=NONE)"]]), Verdict::Pass);
        assert_eq!(verdict(&[&["mx.desk.example; dmarc=fail (p=none; dmarc=pass) header.from=x.example; spf=pass"]]), Verdict::Fail);
    }

    #[test]
    fn without_dmarc_only_the_senders_own_domain_counts() {
        assert_eq!(verdict(&[&["mx.desk.example; dkim=pass header.d=evil.example"]]), Verdict::None);
        assert_eq!(verdict(&[&["mx.desk.example; dkim=pass header.i=@mail.x.example; spf=fail"]]), Verdict::Pass);
        assert_eq!(verdict(&[&["mx.desk.example; spf=pass smtp.mailfrom=bounce@x.example"]]), Verdict::Pass);
        assert_eq!(verdict(&[&["mx.desk.example; spf=softfail smtp.mailfrom=x.example"]]), Verdict::None);
    }

    #[test]
    fn the_words_say_what_it_rests_on() {
        let checked = check(&[vec!["mx.desk.example; dmarc=fail; spf=pass; none".into()]], Some("mx.desk.example"), "x.example");

        assert_eq!(checked.words, "dmarc=fail spf=pass");
    }
}

//! Whom a mail did not reach, out of a report that has no fields for it.

use super::delivery_status::{MAX_RECIPIENTS, typed};
use super::headers::Headers;
use super::machine::is_daemon;
use super::report_words::{Says, says};
use super::returned;
use super::structure::Structure;
use crate::domain::address::is_addr_spec;

/// The addresses that could not be reached, as far as a free-form report gives them away.
pub fn named(structure: &Structure<'_>, headers: &Headers<'_>, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for field in headers.all("X-Failed-Recipients") {
        field.addresses().iter().for_each(|address| push(&mut found, &address.address));
    }
    for line in text.lines() {
        if let Some((name, value)) = line.trim_start_matches(['>', ' ']).split_once(':') {
            if ["final-recipient", "original-recipient"].iter().any(|known| name.trim().eq_ignore_ascii_case(known)) {
                push(&mut found, &typed(value));
            }
        }
    }
    if !found.is_empty() {
        return found;
    }
    let ours: Vec<String> =
        ["To", "From", "Delivered-To", "Cc"].iter().flat_map(|name| headers.addresses(name)).map(|address| address.key()).collect();
    let is_theirs = |address: &str| !ours.contains(&address.to_lowercase()) && !is_daemon(address);
    for local in local_users(returned::report_part(text)) {
        let reporter = headers.addresses("From").into_iter().find_map(|from| from.address.split_once('@').map(|(_, domain)| domain.to_owned()));
        push(&mut found, &format!("{local}@{}", reporter.unwrap_or_default()));
    }
    if !found.is_empty() {
        return found;
    }
    for line in returned::report_part(text).lines().take(400).filter(|line| !is_origin_field(line)) {
        for address in addresses_of_line(line) {
            if is_theirs(&address) {
                push(&mut found, &address);
            }
        }
    }
    if found.is_empty() {
        for address in returned::headers_of(structure, text).map(|returned| returned.to).unwrap_or_default() {
            if is_theirs(&address) {
                push(&mut found, &address);
            }
        }
    }
    found
}

/// Octets in which a server may name its own users.
const LOCAL_USERS_WITHIN: usize = 8 << 10;

/// Users of the reporting server itself, whom it names without a domain: indented, each alone on
/// its line, right below a sentence about recipients that ends with a colon.
fn local_users(text: &str) -> Vec<String> {
    let text = text.get(..text.floor_char_boundary(LOCAL_USERS_WITHIN)).unwrap_or(text);
    let joined = |lines: &[&str]| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ").to_lowercase();
    let lines: Vec<&str> = text.lines().collect();
    let announces = |at: usize| {
        let sentence = joined(lines.get(at.saturating_sub(2)..=at).unwrap_or_default());
        sentence.ends_with(':') && sentence.contains("recipient") && says(&sentence, Says::Failure)
    };
    let Some(at) = (0..lines.len()).find(|at| lines.get(*at).is_some_and(|line| line.ends_with(':')) && announces(*at)) else { return Vec::new() };
    let user = |line: &&str| {
        let name = line.trim();
        line.starts_with([' ', '\t'])
            && !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
    };
    lines.iter().skip(at + 1).take_while(|line| user(line)).map(|line| line.trim().to_owned()).collect()
}

/// A line that repeats the lost mail's own header, `From: …`, where its writer and other readers stand.
fn is_origin_field(line: &str) -> bool {
    let name = line.trim_start().split(':').next().unwrap_or_default();
    ["From", "To", "Cc", "Subject", "Date", "Sent", "Reply-To", "Sender", "Mail From"].iter().any(|field| name.eq_ignore_ascii_case(field))
}

/// The addresses in a line of a report.
fn addresses_of_line(line: &str) -> Vec<String> {
    if line.len() > 2_000 || !line.contains('@') {
        return Vec::new();
    }
    let words = line.split(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '<' | '>'
                    | '('
                    | ')'
                    | ','
                    | ';'
                    | '"'
                    | '\''
                    | '['
                    | ']'
                    | '«'
                    | '»'
                    | '|'
                    | '：'
                    | '，'
                    | '；'
                    | '（'
                    | '）'
                    | '、'
                    | '。'
                    | '「'
                    | '」'
            )
    });
    words.filter_map(address_in_word).collect()
}

fn address_in_word(word: &str) -> Option<String> {
    let word = word.rsplit_once("mailto:").or_else(|| word.rsplit_once("MAILTO:")).map_or(word, |(_, address)| address);
    // `dda:SMTP=ana@x`: a type in front.
    let typed = |(tag, _): &(&str, &str)| !tag.contains('@') && tag.ends_with(|c: char| c.is_ascii_uppercase());
    let word = word.rsplit_once('=').filter(typed).map_or(word, |(_, address)| address);
    let word = match word.split_once(':') {
        Some((tag, address)) if !tag.contains('@') => address,
        _ => word,
    };
    let word = word.trim_matches(|c: char| matches!(c, '.' | ':' | '*' | '=' | '`' | '!' | '…' | '?'));
    let word = word.split_once(':').map_or(word, |(address, _)| address);
    let (local, domain) = word.split_once('@')?;
    let plausible = domain.contains('.') && domain.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-')) && !local.is_empty();
    (plausible && is_addr_spec(word)).then(|| word.to_owned())
}

/// Adds an address unless it is known or the list is full.
pub fn push(list: &mut Vec<String>, address: &str) {
    let address = crate::domain::sanitise::line(address.trim()).into_owned();
    if address.contains('@') && address.len() <= 254 && list.len() < MAX_RECIPIENTS && !list.iter().any(|known| known.eq_ignore_ascii_case(&address))
    {
        list.push(address);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_between_marks_of_any_script() {
        assert_eq!(addresses_of_line("收件人：gone@y.example。"), ["gone@y.example"]);
        assert_eq!(addresses_of_line("dda:SMTP=gone@y.example (mailto:gone@y.example)"), ["gone@y.example", "gone@y.example"]);
        assert_eq!(addresses_of_line("no address @ all"), [] as [&str; 0]);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<|>|@|a\\.b|x|: |=|SMTP|mailto:|\n|：|é){0,50}") {
            let _ = (addresses_of_line(&text), local_users(&text));
        }
    }
}

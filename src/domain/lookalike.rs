//! Names that are made to be mistaken for others: mixed scripts and look-alike domains.

/// The scripts whose letters are mistaken for each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Armenian,
    Cherokee,
}

fn script(c: char) -> Option<Script> {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{ff21}'..='\u{ff5a}' => Some(Script::Latin),
        '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Some(Script::Greek),
        '\u{400}'..='\u{52f}' => Some(Script::Cyrillic),
        '\u{530}'..='\u{58f}' => Some(Script::Armenian),
        '\u{13a0}'..='\u{13ff}' => Some(Script::Cherokee),
        _ => None,
    }
}

/// The first word that holds letters of two scripts, such as `pаypal` with a Cyrillic а.
pub fn mixed_word(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '-');
    words.filter(|word| !word.is_ascii()).find(|word| {
        let mut scripts = word.chars().filter_map(script);
        let first = scripts.next();
        // A single foreign letter as in `10 μm` or `µTorrent` is a unit or a name, not a disguise.
        scripts.any(|script| Some(script) != first) && word.chars().count() > 3
    })
}

/// Which of the `known` domains another one resembles without being it or part of it.
///
/// Resembling means: the same once digits and foreign letters are read as the
/// letters they look like, or a single letter added, lost, changed or swapped in a
/// name of at least eight characters.
pub fn resembles<'k>(domain: &str, known: &'k [String]) -> Option<&'k str> {
    let domain = domain.trim_end_matches('.').to_lowercase();
    if domain.is_empty() || known.iter().any(|own| is_or_is_below(&domain, own) || is_or_is_below(own, &domain)) {
        return None;
    }
    let skeleton = skeleton(&domain);
    known.iter().find(|own| self::skeleton(own) == skeleton || is_one_slip_away(&domain, own)).map(String::as_str)
}

fn is_or_is_below(domain: &str, other: &str) -> bool {
    let other = other.to_lowercase();
    domain == other || domain.strip_suffix(other.as_str()).is_some_and(|rest| rest.ends_with('.'))
}

/// A name with what looks alike made the same.
fn skeleton(domain: &str) -> String {
    let plain: String = domain.to_lowercase().chars().map(looks_like).collect();
    plain.replace("rn", "m").replace("vv", "w").replace("cl", "d").replace('-', "")
}

fn looks_like(c: char) -> char {
    match c {
        '0' | 'о' | 'ο' | 'օ' => 'o',
        '1' | 'i' | '|' | 'ı' | 'í' | 'і' | 'ι' | 'ӏ' => 'l',
        '5' | 'ѕ' => 's',
        'а' | 'α' | 'à' | 'á' | 'ä' => 'a',
        'е' | 'ё' | 'è' | 'é' => 'e',
        'р' | 'ρ' => 'p',
        'с' | 'ϲ' => 'c',
        'у' | 'γ' => 'y',
        'х' | 'χ' => 'x',
        'ѵ' | 'ν' => 'v',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'т' | 'τ' => 't',
        'һ' | 'հ' => 'h',
        'ԁ' => 'd',
        'ո' | 'η' => 'n',
        'ö' | 'ó' => 'o',
        'ü' | 'ս' => 'u',
        c => c,
    }
}

/// One letter added, lost, changed, or two neighbours swapped.
fn is_one_slip_away(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.to_lowercase().chars().collect());
    if a.len().min(b.len()) < 8 || a.len().abs_diff(b.len()) > 1 {
        return false;
    }
    let start = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let room = a.len().min(b.len()) - start;
    let end = a.iter().rev().zip(b.iter().rev()).take(room).take_while(|(a, b)| a == b).count();
    let (left, right) = (a.get(start..a.len() - end).unwrap_or_default(), b.get(start..b.len() - end).unwrap_or_default());
    left.len().max(right.len()) == 1 || matches!((left, right), ([a, b], [c, d]) if a == d && b == c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_two_scripts_is_found() {
        assert_eq!(mixed_word("your p\u{430}ypal account"), Some("p\u{430}ypal"));
        assert_eq!(mixed_word("Привет from Moscow, 10 μm, Größe, Ελλάδα"), None);
    }

    #[test]
    fn look_alike_domains_are_told_from_others() {
        let known = ["example.com".to_owned(), "acme.example".to_owned()];
        for domain in ["examp1e.com", "exarnple.com", "ex\u{430}mple.com", "exampel.com", "examplee.com", "exmple.com", "acne.example"] {
            assert!(resembles(domain, &known).is_some(), "{domain}");
        }
        for domain in ["example.com", "mail.example.com", "EXAMPLE.com", "customer.org", "example.community", ""] {
            assert_eq!(resembles(domain, &known), None, "{domain}");
        }
    }
}

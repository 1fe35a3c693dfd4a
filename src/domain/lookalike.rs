//! Domains that are made to be taken for another one.

/// Tells whether a domain looks like another without being it, a part of it or its parent.
///
/// Three tricks are known: letters that look alike (`rn` for `m`, `0` for `o`, Cyrillic
/// for Latin), one letter added, dropped, changed or swapped, and the same name under
/// another ending (`acme.co` for `acme.com`). Names of fewer than four letters are left
/// alone: those differ by one letter from too many others.
pub fn looks_like(domain: &str, genuine: &str) -> bool {
    let (domain, genuine) = (domain.trim_end_matches('.').to_lowercase(), genuine.trim_end_matches('.').to_lowercase());
    if domain == genuine || is_below(&domain, &genuine) || is_below(&genuine, &domain) {
        return false;
    }
    let (name, ending) = registered(&domain);
    let (genuine_name, genuine_ending) = registered(&genuine);
    if genuine_name.chars().count() < 4 || name.is_empty() || (name, ending) == (genuine_name, genuine_ending) {
        return false;
    }
    let (shape, genuine_shape) = (skeleton(name), skeleton(genuine_name));
    if name == genuine_name {
        // Firms own their name under several endings, but seldom under both of such a pair.
        return ending.len() != genuine_ending.len() && is_one_step(ending, genuine_ending);
    }
    shape == genuine_shape || is_one_step(&shape, &genuine_shape) && ending == genuine_ending
}

fn is_below(name: &str, above: &str) -> bool {
    name.strip_suffix(above).is_some_and(|rest| rest.ends_with('.'))
}

/// The label people register and what stands behind it; `co.uk` and the like count as one ending.
fn registered(domain: &str) -> (&str, &str) {
    let labels: Vec<&str> = domain.split('.').collect();
    let second_level = ["co", "com", "org", "net", "gov", "edu", "ac", "or", "ne", "go"];
    let has_two = labels.len() >= 3
        && labels.last().is_some_and(|last| last.len() == 2)
        && labels.get(labels.len() - 2).is_some_and(|second| second_level.contains(second));
    let ending_labels = if has_two { 2 } else { 1 };
    let Some(at) = labels.len().checked_sub(ending_labels + 1) else { return ("", domain) };
    let name = labels.get(at).copied().unwrap_or_default();
    let start = labels.iter().take(at + 1).map(|label| label.len() + 1).sum::<usize>();
    (name, domain.get(start..).unwrap_or_default())
}

/// A name as the eye sees it: look-alike letters become one.
fn skeleton(name: &str) -> String {
    let decoded = decoded(name);
    let letters: String = decoded.chars().filter(|c| *c != '-').map(plain).collect();
    letters.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// `xn--` names in the letters they stand for (RFC 3492); what cannot be decoded stays.
fn decoded(name: &str) -> String {
    name.strip_prefix("xn--").and_then(punycode).unwrap_or_else(|| name.to_owned())
}

fn punycode(encoded: &str) -> Option<String> {
    let (basic, digits) = encoded.rsplit_once('-').unwrap_or(("", encoded));
    let mut letters: Vec<char> = basic.chars().collect();
    let (mut n, mut at, mut bias, mut is_first) = (128_u32, 0_u32, 72_u32, true);
    let mut digits = digits.bytes().peekable();
    while digits.peek().is_some() {
        let (before, mut weight, mut k) = (at, 1_u32, 36_u32);
        loop {
            let digit = match digits.next()? {
                byte @ b'a'..=b'z' => u32::from(byte - b'a'),
                byte @ b'0'..=b'9' => u32::from(byte - b'0') + 26,
                _ => return None,
            };
            at = at.checked_add(digit.checked_mul(weight)?)?;
            let threshold = k.saturating_sub(bias).clamp(1, 26);
            if digit < threshold {
                break;
            }
            weight = weight.checked_mul(36 - threshold)?;
            k += 36;
        }
        let count = u32::try_from(letters.len()).ok()? + 1;
        bias = adapted(at - before, count, is_first);
        is_first = false;
        n = n.checked_add(at / count)?;
        at %= count;
        letters.insert(usize::try_from(at).ok()?, char::from_u32(n)?);
        at += 1;
        if letters.len() > 63 {
            return None;
        }
    }
    Some(letters.into_iter().collect())
}

fn adapted(delta: u32, count: u32, is_first: bool) -> u32 {
    let mut delta = if is_first { delta / 700 } else { delta / 2 };
    delta += delta / count;
    let mut k = 0;
    while delta > 455 {
        delta /= 35;
        k += 36;
    }
    k + 36 * delta / (delta + 38)
}

/// The Latin letter another one passes for.
fn plain(c: char) -> char {
    match c {
        '0' | 'о' | 'ο' | 'ö' | 'ó' | 'ò' | 'ô' | 'õ' | 'ø' => 'o',
        '1' | 'l' | 'і' | 'ı' | 'í' | 'ì' | 'î' | 'ï' | 'ι' | '|' => 'i',
        '3' | 'е' | 'é' | 'è' | 'ê' | 'ë' | 'ё' | 'ε' => 'e',
        '5' | 'ѕ' | 'ś' | 'š' => 's',
        'а' | 'α' | 'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | '4' => 'a',
        'с' | 'ç' | 'ć' | 'č' => 'c',
        'р' | 'ρ' => 'p',
        'х' | 'χ' => 'x',
        'у' | 'ý' | 'ÿ' | 'γ' => 'y',
        'ñ' | 'ń' | 'п' => 'n',
        'ú' | 'ù' | 'û' | 'ü' | 'υ' => 'u',
        'к' | 'κ' => 'k',
        'т' | 'τ' | '7' => 't',
        'ԁ' => 'd',
        'ј' => 'j',
        'һ' => 'h',
        'ν' => 'v',
        'ѡ' | 'ω' => 'w',
        'м' => 'm',
        'в' => 'b',
        other => other,
    }
}

/// One letter added, dropped, changed, or two neighbours swapped.
fn is_one_step(one: &str, other: &str) -> bool {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    if long.len() - short.len() > 1 {
        return false;
    }
    let same = short.iter().zip(&long).take_while(|(a, b)| a == b).count();
    let rest = |list: &[char], from: usize| list.get(from..).unwrap_or_default().to_vec();
    let swapped = || {
        let (a, b) = (rest(&short, same), rest(&long, same));
        a.len() >= 2 && a.first() == b.get(1) && a.get(1) == b.first() && a.get(2..) == b.get(2..)
    };
    let dropped = rest(&short, same) == rest(&long, same + 1);
    let changed = short.len() == long.len() && rest(&short, same + 1) == rest(&long, same + 1);
    (long.len() > short.len() && dropped) || (short.len() == long.len() && same < short.len() && (changed || swapped()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_made_to_be_mistaken_are_noticed() {
        for (domain, genuine) in [
            ("acrne.example", "acme.example"),
            ("paypa1.example", "paypal.example"),
            ("аcmebank.example", "acmebank.example"),
            ("xn--cmebank-1fg.example", "acmebank.example"),
            ("examlpe-shop.org", "example-shop.org"),
            ("acme-bank.org", "acmebank.org"),
            ("acmebnk.org", "acmebank.org"),
            ("acmebank.co", "acmebank.com"),
            ("mail.acmebamk.co.uk", "acmebank.co.uk"),
        ] {
            assert!(looks_like(domain, genuine), "{domain} {genuine} {}", decoded("xn--cmebank-1fg"));
        }
    }

    #[test]
    fn other_names_and_parts_of_the_same_domain_are_let_be() {
        for (domain, genuine) in [
            ("acme.example", "ACME.example."),
            ("mail.acme.example", "acme.example"),
            ("acme.example", "shop.acme.example"),
            ("web.acme.example", "shop.acme.example"),
            ("gmx.de", "gmx.net"),
            ("acmebank.de", "acmebank.es"),
            ("aol.com", "apl.com"),
            ("gmail.com", "acmebank.com"),
            ("hotmail.com", "gmail.com"),
            ("", "acmebank.com"),
            ("localhost", "acmebank.com"),
        ] {
            assert!(!looks_like(domain, genuine), "{domain} {genuine}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_names_make_it_panic(one in "(xn--)?[a-z0-9аé.-]{0,20}", other in "[a-z0-9.-]{0,20}") {
            let _ = (looks_like(&one, &other), looks_like(&other, &one));
            proptest::prop_assert!(!looks_like(&one, &one));
        }
    }
}

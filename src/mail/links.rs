//! What an HTML mail refers to. Nothing of it is ever fetched.

use super::limits;
use super::markup::{self, Piece, Tag};
use crate::domain::link::Link;

/// What HTML refers to: links a person may open, and content it wanted to load, refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct References {
    pub links: Vec<Link>,
    pub remote: Vec<String>,
    /// Links whose words name another host than they lead to: the words' host, and the true one.
    pub disguised: Vec<(String, String)>,
}

pub fn references(html: &str) -> References {
    let mut found = References::default();
    let mut open: Option<(String, String)> = None;
    for piece in markup::scan(html) {
        let tag = match piece {
            Piece::Tag(tag) => tag,
            Piece::Text(words) => {
                if let Some((_, said)) = open.as_mut().filter(|(_, said)| said.len() < LINK_WORDS) {
                    said.push_str(words);
                }
                continue;
            }
        };
        if tag.is("a") {
            if let Some((target, said)) = open.take() {
                found.end_link(&target, &said);
            }
        }
        if tag.closes {
            continue;
        }
        if tag.is("a") || tag.is("area") {
            let target = tag.attribute("href");
            open = target.clone().filter(|_| tag.is("a")).map(|target| (target, String::new()));
            push_link(&mut found.links, target);
        } else {
            found.remote(&tag);
        }
    }
    found
}

impl References {
    /// Takes in what stood between the tags of a link.
    fn end_link(&mut self, target: &str, said: &str) {
        if self.disguised.len() < limits::LINKS {
            self.disguised.extend(disguise(said, target));
        }
        // Of several to the same place, the first words count.
        if let Some(link) = self.links.iter_mut().rfind(|link| link.label.is_empty() && link.url == target.trim()) {
            link.label = label(said);
        }
    }

    /// Notes what a tag would make a browser load.
    fn remote(&mut self, tag: &Tag<'_>) {
        for name in ["src", "background", "poster", "data"] {
            push_some(&mut self.remote, tag.attribute(name), is_remote);
        }
        if tag.is("link") {
            push_some(&mut self.remote, tag.attribute("href"), is_remote);
        }
        push_some(&mut self.remote, tag.attribute("style").as_deref().and_then(css_url), is_remote);
    }
}

/// Octets of a link's words that are looked at.
const LINK_WORDS: usize = 300;

/// The host a link's words name and the one it leads to, when neither is part of the other.
fn disguise(said: &str, target: &str) -> Option<(String, String)> {
    let said = markup::decode_entities(said.trim());
    let (said, target) = (named_host(&said)?, host(target)?);
    let within = |inner: &str, outer: &str| inner == outer || inner.strip_suffix(outer).is_some_and(|rest| rest.ends_with('.'));
    let bare = |host: &str| host.strip_prefix("www.").unwrap_or(host).to_owned();
    let same = within(&said, &bare(&target)) || within(&target, &bare(&said));
    (!same).then_some((said, target))
}

/// The host of an address of the web; empty user parts and ports left out.
pub fn host(url: &str) -> Option<String> {
    let (scheme, rest) = url.trim().split_once("://")?;
    if !scheme.eq_ignore_ascii_case("http") && !scheme.eq_ignore_ascii_case("https") {
        return None;
    }
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?.split(':').next()?;
    (!host.is_empty()).then(|| host.to_lowercase())
}

/// The host that words name by being an address of the web, with or without its scheme.
fn named_host(words: &str) -> Option<String> {
    if words.contains(char::is_whitespace) || words.contains('@') {
        return None;
    }
    if let Some(host) = host(words) {
        return Some(host);
    }
    let host = words.split(['/', '?', '#']).next()?.to_lowercase();
    let ending = host.rsplit_once('.').map(|(_, ending)| ending)?;
    let is_domain = host.starts_with("www.") || words.contains('/');
    (is_domain && ending.len() >= 2 && ending.chars().all(char::is_alphabetic)).then_some(host)
}

fn push_link(links: &mut Vec<Link>, url: Option<String>) {
    let Some(url) = url.map(|url| url.trim().to_owned()) else { return };
    let wanted = !url.is_empty() && url.len() <= 4_096 && !url.starts_with('#');
    if wanted && links.len() < limits::LINKS && !links.iter().any(|link| link.url == url) {
        links.push(Link { url, label: String::new() });
    }
}

/// Octets kept of the words of a link.
const LABEL_BYTES: usize = 120;

fn label(said: &str) -> String {
    let words = markup::decode_entities(said).split_whitespace().collect::<Vec<_>>().join(" ");
    words.get(..words.floor_char_boundary(LABEL_BYTES)).unwrap_or_default().to_owned()
}

fn push_some(list: &mut Vec<String>, url: Option<String>, wanted: impl Fn(&str) -> bool) {
    let Some(url) = url.map(|url| url.trim().to_owned()) else { return };
    if list.len() < limits::LINKS && !url.is_empty() && url.len() <= 4_096 && wanted(&url) && !list.contains(&url) {
        list.push(url);
    }
}

fn is_remote(url: &str) -> bool {
    let lower = url.get(..url.len().min(8)).unwrap_or_default().to_ascii_lowercase();
    lower.starts_with("http:") || lower.starts_with("https:") || lower.starts_with("//") || lower.starts_with("ftp:")
}

fn css_url(style: &str) -> Option<String> {
    let (_, rest) = style.split_once("url(")?;
    rest.split_once(')').map(|(url, _)| url.trim_matches(['"', '\'', ' ']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_fetched_is_listed_and_links_are_kept_apart() {
        let found = references(
            "<a href='https://x.example/a?b&amp;c'>x</a><img src='http://t.example/p.gif'><img src='cid:1'><td background=\"https://t.example/b.png\">",
        );

        assert_eq!(found.links, [Link { url: "https://x.example/a?b&c".into(), label: "x".into() }]);
        assert_eq!(found.remote, ["http://t.example/p.gif", "https://t.example/b.png"]);
    }

    #[test]
    fn a_link_that_says_another_host_than_it_leads_to_is_found() {
        let disguised = |html: &str| references(html).disguised;

        assert_eq!(
            disguised("<a href='https://evil.example/x'>https://<b>bank.example</b>/login</a>"),
            [("bank.example".to_owned(), "evil.example".to_owned())]
        );
        assert_eq!(
            disguised("<a href='http://bank.example@evil.example/'>www.bank.example</a>"),
            [("www.bank.example".to_owned(), "evil.example".to_owned())]
        );
        for honest in [
            "<a href='https://www.bank.example/x'>bank.example/x</a>",
            "<a href='https://x.example'>click here</a>",
            "<a href='https://x.example'>file.txt</a>",
            "<a href='mailto:a@x.example'>www.y.example</a>",
        ] {
            assert_eq!(disguised(honest), [], "{honest}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_html_makes_it_panic(html in "(<|>|/|a href=|a|img src=|https://|www.|x.example|@|\"|&amp;| |é){0,60}") {
            let _ = references(&html);
        }
    }
}

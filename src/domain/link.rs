//! Links found in mail, and where they really lead.

use serde::{Deserialize, Serialize};

/// A link as the mail shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub url: String,
    /// The words that were to be clicked on; empty when the address itself stood there.
    pub label: String,
}

/// What opening a link would contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    pub scheme: Scheme,
    /// The host in lower case, or the mail address of a `mailto:`.
    pub host: String,
}

/// The schemes that may be opened; nothing else ever is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
    Mailto,
}

/// Why a link is not opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    #[error("only http, https and mailto links are opened, and this is `{0}`")]
    Scheme(String),
    #[error("the link has blanks or control characters in it")]
    Characters,
    #[error("the link names no host")]
    NoHost,
}

/// Finds where a link leads, reading it as browsers do.
///
/// What stands before the last `@` of the authority is a user name, however much it
/// looks like a host, and a backslash separates like a slash (WHATWG URL §4.4).
///
/// # Errors
/// Says why the link is not to be opened.
pub fn target(url: &str) -> Result<Target, Refused> {
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(Refused::Characters);
    }
    let (scheme, rest) = url.split_once(':').ok_or_else(|| Refused::Scheme(url.chars().take(20).collect()))?;
    let scheme = match scheme.to_ascii_lowercase().as_str() {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        "mailto" => Scheme::Mailto,
        other => return Err(Refused::Scheme(other.chars().take(20).collect())),
    };
    let host = match scheme {
        Scheme::Mailto => rest.split('?').next().unwrap_or_default().to_owned(),
        Scheme::Http | Scheme::Https => host_of(rest),
    };
    if host.is_empty() { Err(Refused::NoHost) } else { Ok(Target { scheme, host }) }
}

fn host_of(rest: &str) -> String {
    let rest = rest.trim_start_matches(['/', '\\']);
    let authority = rest.split(['/', '\\', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let bare = match host.rsplit_once(':') {
        Some((name, port)) if !name.contains(':') || name.ends_with(']') => name.to_owned() + if port.is_empty() { "" } else { ":" } + port,
        _ => host.to_owned(),
    };
    bare.trim_end_matches('.').to_lowercase()
}

impl Link {
    /// What is odd about the link, in a few words; `None` when nothing is.
    pub fn warning(&self) -> Option<&'static str> {
        let target = target(&self.url).ok()?;
        if target.scheme == Scheme::Mailto {
            return None;
        }
        if claims_other_host(&self.label, &target.host) {
            return Some("the text names another host");
        }
        if !target.host.is_ascii() || target.host.split('.').any(|label| label.starts_with("xn--")) {
            return Some("the host has letters of another script");
        }
        let authority = self.url.split(['/', '\\']).find(|part| !part.is_empty() && !part.ends_with(':')).unwrap_or_default();
        authority.contains('@').then_some("what stands before the @ is not the host")
    }
}

/// Whether a label looks like an address of another host than the one it leads to.
fn claims_other_host(label: &str, host: &str) -> bool {
    let word = label.split_whitespace().next().unwrap_or_default();
    let bare = word.split_once("://").map_or(word, |(_, rest)| rest);
    let claimed = bare.split(['/', '?', '#', ':']).next().unwrap_or_default().to_lowercase();
    let looks_like_host = claimed.contains('.')
        && !claimed.contains('@')
        && claimed.rsplit('.').next().is_some_and(|top| top.len() >= 2 && top.chars().all(char::is_alphabetic))
        && claimed.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let host = host.split(':').next().unwrap_or(host);
    let plain = |name: &str| name.strip_prefix("www.").unwrap_or(name).to_owned();
    looks_like_host && label.split_whitespace().count() == 1 && plain(&claimed) != plain(host) && !host.ends_with(&format!(".{}", plain(&claimed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(url: &str) -> String {
        target(url).map_or_else(|refused| format!("{refused:?}"), |target| target.host)
    }

    #[test]
    fn the_true_host_is_found_whatever_the_link_pretends() {
        for (url, expected) in [
            ("https://example.com/a?b", "example.com"),
            ("HTTPS://Example.COM:8443/", "example.com:8443"),
            ("https://bank.example@evil.example/login", "evil.example"),
            ("https://bank.example:x@evil.example", "evil.example"),
            ("https://evil.example\\@bank.example/", "evil.example"),
            ("https:///evil.example/", "evil.example"),
            ("https:\\\\evil.example", "evil.example"),
            ("http://[::1]:80/x", "[::1]:80"),
            ("http://evil.example./", "evil.example"),
            ("mailto:ana@x.example?subject=hi", "ana@x.example"),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    #[test]
    fn nothing_but_web_and_mail_is_opened() {
        for url in
            ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ssh://x", "vbscript:x", "no-scheme", "-rf", "https://", "mailto:"]
        {
            assert!(target(url).is_err(), "{url}");
        }
        assert_eq!(target("https://a.example/\n"), Err(Refused::Characters));
        assert_eq!(target("java\tscript:x"), Err(Refused::Characters));
    }

    #[test]
    fn a_link_that_pretends_is_warned_about() {
        let odd = |label: &str, url: &str| Link { label: label.into(), url: url.into() }.warning().is_some();

        assert!(odd("www.bank.example", "https://evil.example/"));
        assert!(odd("https://bank.example/login", "https://evil.example/"));
        assert!(odd("", "https://bank.example@evil.example/"));
        assert!(odd("", "https://b\u{430}nk.example/"));
        assert!(odd("", "https://xn--bnk-7cd.example/"));
        assert!(!odd("bank.example", "https://www.bank.example/login"));
        assert!(!odd("click here", "https://bank.example/"));
        assert!(!odd("bank.example", "https://login.bank.example/"));
    }
}

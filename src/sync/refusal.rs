//! Why a server says no: what its response code means, and what to do about it.

use std::time::Duration;

/// The cause of a refusal, by its response code (RFC 5530, 9208, 4469) or, without one, by its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The mailbox is full (OVERQUOTA).
    Full,
    /// A limit of the server's own is reached (LIMIT).
    Limit,
    /// It is busy, or something behind it is away (UNAVAILABLE).
    Unavailable,
    /// It says itself that it is at fault (SERVERBUG, CONTACTADMIN, CORRUPTION).
    Ailing,
    /// Somebody else holds the folder (INUSE).
    InUse,
    /// It was asked too much.
    Throttled,
    /// The account may not do this (NOPERM, READ-ONLY).
    NotAllowed,
    /// The message is larger than it takes (TOOBIG).
    TooBig,
    /// It does not understand what was sent (BAD).
    Syntax,
    /// It does not say.
    Unknown,
}

/// A refusal, as far as a client can draw conclusions from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub cause: Cause,
    /// How long the server wants to be left alone.
    pub pause: Option<Duration>,
}

/// Longer than this no server is left alone, whatever it says.
const PAUSE_AT_MOST: Duration = Duration::from_hours(1);

impl Refusal {
    /// Reads the end of a command: whether it was BAD, the name of its response code in capitals, and its words.
    pub fn read(is_bad: bool, code: Option<&str>, text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        Self { cause: cause(is_bad, code, &text), pause: stated_pause(&text) }
    }

    /// Whether it is about what was sent, and sending the same again will end the same way.
    pub fn is_about_the_message(self) -> bool {
        matches!(self.cause, Cause::TooBig | Cause::Syntax)
    }

    /// What a person can do about it, one sentence.
    pub fn remedy(self) -> &'static str {
        match self.cause {
            Cause::Full => "The mailbox is full: delete mail you do not need, or have its quota raised; what waits here goes out when there is room.",
            Cause::Limit => "A limit of the server is reached: ask its operator which, and have it raised; what waits here is kept.",
            Cause::Unavailable | Cause::InUse => "This passes as a rule: it is tried again by itself, and what waits here is kept.",
            Cause::Ailing => {
                "Something is wrong on the server: it is tried again by itself; if it stays so, show the server's words to its operator."
            }
            Cause::Throttled => "The server was asked too much: it is left alone for a while, and what waits here is kept.",
            Cause::NotAllowed => "Have the server's operator allow this account to write there; what waits here is kept.",
            Cause::TooBig => "The server takes no message of this size: ask its operator for a greater limit, or do without.",
            Cause::Syntax => "The server does not understand this; please report it with the server's words.",
            Cause::Unknown => "The server's words are above; ask its operator if they do not help.",
        }
    }
}

fn cause(is_bad: bool, code: Option<&str>, text: &str) -> Cause {
    // Some say BAD when they mean this.
    if code == Some("THROTTLED") || text.contains("throttled") {
        return Cause::Throttled;
    }
    match code {
        Some("OVERQUOTA") => Cause::Full,
        Some("LIMIT") => Cause::Limit,
        Some("UNAVAILABLE") => Cause::Unavailable,
        Some("SERVERBUG" | "CONTACTADMIN" | "CORRUPTION") => Cause::Ailing,
        Some("INUSE") => Cause::InUse,
        Some("NOPERM" | "READ-ONLY") => Cause::NotAllowed,
        Some("TOOBIG") => Cause::TooBig,
        _ if is_bad => Cause::Syntax,
        _ => by_words(text),
    }
}

/// Older servers give no code.
fn by_words(text: &str) -> Cause {
    let marks: [(&[&str], Cause); 4] = [
        (&["quota", "mailbox is full", "mailbox full"], Cause::Full),
        (&["permission denied", "access denied", "read-only", "not permitted"], Cause::NotAllowed),
        (&["too large", "too big"], Cause::TooBig),
        (&["try again", "temporar", "unavailable"], Cause::Unavailable),
    ];
    marks.iter().find(|(words, _)| words.iter().any(|word| text.contains(word))).map_or(Cause::Unknown, |(_, cause)| *cause)
}

/// `Suggested Backoff Time: 299961 milliseconds`, as Microsoft's servers put it.
fn stated_pause(text: &str) -> Option<Duration> {
    let (_, rest) = text.split_once("backoff time:")?;
    let rest = rest.trim_start();
    let (digits, unit) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let number: u64 = digits.parse().ok()?;
    let is_seconds = unit.trim_start().starts_with("sec");
    let pause = if is_seconds { Duration::from_secs(number) } else { Duration::from_millis(number) };
    Some(pause.min(PAUSE_AT_MOST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_why_and_where_there_is_none_the_words_do() {
        let no = |code: Option<&str>, text: &str| Refusal::read(false, code, text).cause;
        let codes = [
            ("OVERQUOTA", Cause::Full),
            ("LIMIT", Cause::Limit),
            ("UNAVAILABLE", Cause::Unavailable),
            ("SERVERBUG", Cause::Ailing),
            ("INUSE", Cause::InUse),
            ("NOPERM", Cause::NotAllowed),
            ("TOOBIG", Cause::TooBig),
        ];
        for (code, expected) in codes {
            assert_eq!(no(Some(code), "whatever"), expected, "{code}");
        }
        assert_eq!(no(None, "Quota exceeded (mailbox for user is full)"), Cause::Full);
        assert_eq!(no(None, "Permission denied"), Cause::NotAllowed);
        assert_eq!(no(None, "Message too large"), Cause::TooBig);
        assert_eq!(no(Some("ALERT"), "I will not"), Cause::Unknown);
        assert_eq!(Refusal::read(true, None, "Error in IMAP command APPEND").cause, Cause::Syntax);
    }

    #[test]
    fn a_pause_the_server_asks_for_is_understood_and_bounded() {
        let throttled = Refusal::read(true, None, "Request is throttled. Suggested Backoff Time: 299961 milliseconds");
        assert_eq!(throttled, Refusal { cause: Cause::Throttled, pause: Some(Duration::from_millis(299_961)) });
        assert!(!throttled.is_about_the_message(), "it says BAD and means something else");

        let pause = |text: &str| Refusal::read(false, None, text).pause;
        assert_eq!(pause("Suggested Backoff Time: 20 seconds"), Some(Duration::from_secs(20)));
        assert_eq!(pause("Suggested Backoff Time: 99999999999 milliseconds"), Some(PAUSE_AT_MOST));
        assert_eq!((pause("Suggested Backoff Time: soon"), pause("no")), (None, None));
    }
}

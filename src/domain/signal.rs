//! What an agent should know about a mail before believing or answering it.

use serde::{Deserialize, Serialize};

/// One such thing, in words for a person; `words` is fit for the terminal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signal {
    pub kind: SignalKind,
    pub words: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignalKind {
    /// The content cannot be read here.
    Encrypted,
    /// A signature is there; nobody has checked it.
    Signed,
    /// The mail server takes it for spam.
    Spam,
    /// An answer would go to another domain than the sender's.
    ReplyElsewhere,
    /// The sender's name holds an address that is not the sender's.
    NameIsAddress,
    /// A domain that looks like one of ours, or a link that says one place and leads to another.
    LookAlike,
    /// Letters of several scripts in one word.
    MixedScript,
    /// Characters that turn the reading direction or cannot be seen.
    HiddenCharacters,
    /// Content from elsewhere that was not loaded.
    RemoteContent,
    /// A calendar invitation, an update or a cancellation.
    Invitation,
    /// The mail passes on somebody else's.
    Forwarded,
    /// Our own server says that the sender is another.
    Forged,
    /// It bears our address, but nothing shows that it is ours.
    ClaimsToBeOurs,
    /// Somebody who has not taken part joined by References.
    Stranger,
    /// Another mail of the ticket bears the same Message-ID.
    SameId,
    /// The first mail from this address.
    FirstTime,
}

impl SignalKind {
    /// Tells the reasons for caution from mere facts.
    pub fn is_warning(self) -> bool {
        matches!(
            self,
            Self::Forged
                | Self::ClaimsToBeOurs
                | Self::Stranger
                | Self::Spam
                | Self::ReplyElsewhere
                | Self::NameIsAddress
                | Self::LookAlike
                | Self::MixedScript
                | Self::HiddenCharacters
        )
    }

    /// One word for narrow places.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Signed => "signed",
            Self::Spam => "spam",
            Self::ReplyElsewhere => "reply-to",
            Self::NameIsAddress => "name",
            Self::LookAlike => "look-alike",
            Self::MixedScript => "script",
            Self::HiddenCharacters => "hidden",
            Self::RemoteContent => "remote",
            Self::Invitation => "invitation",
            Self::Forwarded => "forwarded",
            Self::Forged => "forged",
            Self::ClaimsToBeOurs => "not ours",
            Self::Stranger => "stranger",
            Self::SameId => "same id",
            Self::FirstTime => "first time",
        }
    }
}

impl Signal {
    pub fn new(kind: SignalKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }
}

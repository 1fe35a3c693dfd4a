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
    /// It lies in another folder of the server than before.
    Moved,
    /// It lies in no folder that is read any more.
    Gone,
    /// Somebody has put a star on it.
    Flagged,
    /// The server says that it was answered, and the answer is not here.
    AnsweredElsewhere,
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

    /// Tells what was done to the mail on the server from what is in it.
    pub fn is_of_server(self) -> bool {
        matches!(self, Self::Moved | Self::Gone | Self::Flagged | Self::AnsweredElsewhere)
    }

    /// What it means for whoever reads or answers the mail, as a sentence without its full stop.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Encrypted => "only the recipient's own mail program can read it; ask for the text if you cannot",
            Self::Signed => "the signature has not been checked here, so it proves nothing yet",
            Self::Spam => "believe nothing in it and open no link before you know the sender",
            Self::ReplyElsewhere => "look twice at the recipient before you answer",
            Self::NameIsAddress => "the name is free to choose; the address behind it is what counts",
            Self::LookAlike => "a common trick to be taken for somebody else; ask by another way",
            Self::MixedScript => "letters that look alike make another word of it; do not trust the name",
            Self::HiddenCharacters => "the text may read differently from what is in it; V shows the source",
            Self::RemoteContent => "it was not fetched, so the sender does not learn that you read this",
            Self::Invitation => "open the file to answer it in a calendar",
            Self::Forwarded => "the words below are another's; the sender is only who passed them on",
            Self::Forged => "answer only what you would tell anybody; ask by another way",
            Self::ClaimsToBeOurs => "anybody can write our address into a mail",
            Self::Stranger => "accept him with L if he belongs here, or split the mail off with #",
            Self::SameId => "one of them may be a copy, or made to look like the other",
            Self::FirstTime => "nobody here has heard from this address before",
            Self::Moved => "somebody did so with another mail program; the ticket is as it was",
            Self::Gone => "its text is kept here; the ticket is as it was",
            Self::Flagged => "somebody did so with another mail program; it is not a priority of the ticket",
            Self::AnsweredElsewhere => "ask the team who answered, before you write a second time",
        }
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
            Self::Moved => "moved",
            Self::Gone => "gone",
            Self::Flagged => "flagged",
            Self::AnsweredElsewhere => "answered",
        }
    }
}

impl Signal {
    pub fn new(kind: SignalKind, words: impl Into<String>) -> Self {
        Self { kind, words: words.into() }
    }
}

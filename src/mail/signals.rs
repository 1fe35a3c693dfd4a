//! What in one mail should make an agent look twice, and what is good to know about it.

use super::attribution::is_separator;
use super::links::References;
use super::read::Assembled;
use super::reply_words::WORDS;
use super::structure::{Part, Structure};
use super::{calendar, encoded, links, spam};
use crate::domain::lookalike;
use crate::domain::message::Class;
use crate::domain::sanitise;
use crate::domain::signal::{Signal, SignalKind};

/// Hosts and links named in one signal.
const NAMED: usize = 3;

/// Finds the signals of a mail, warnings first.
pub fn of(assembled: &Assembled<'_>, references: &References) -> Vec<Signal> {
    let found = [
        spam_verdict(assembled),
        reply_elsewhere(assembled),
        name_is_address(assembled),
        disguised_links(references),
        mixed_script(assembled, references),
        hidden_characters(assembled),
        encrypted(assembled),
        signed(assembled),
        forwarded(assembled),
        invitation(&assembled.structure),
        remote_content(references),
    ];
    let clean = |signal: Signal| Signal { words: sanitise::line(&signal.words).into_owned(), ..signal };
    found.into_iter().flatten().map(clean).collect()
}

fn spam_verdict(assembled: &Assembled<'_>) -> Option<Signal> {
    let spam = spam::verdict(assembled.structure.headers())?;
    let score = spam.score.map(|score| format!(", score {score}")).unwrap_or_default();
    Some(Signal::new(SignalKind::Spam, format!("the mail server takes this for spam ({}{score})", spam.header)))
}

fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

/// An answer that would leave the sender's domain. Lists and machines do that by trade.
fn reply_elsewhere(assembled: &Assembled<'_>) -> Option<Signal> {
    let message = &assembled.message;
    let (from, reply) = (message.from.as_ref()?, message.reply_to.first()?);
    let (of_sender, of_reply) = (domain(&from.address)?, domain(&reply.address)?);
    let differ = !of_sender.eq_ignore_ascii_case(of_reply) && message.class == Class::Human;
    differ.then(|| Signal::new(SignalKind::ReplyElsewhere, format!("an answer goes to {}, the mail came from {}", reply.address, from.address)))
}

fn name_is_address(assembled: &Assembled<'_>) -> Option<Signal> {
    let from = assembled.message.from.as_ref()?;
    let shown = from.name.split(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '(' | ')' | '"' | '\'')).find(|word| is_address(word))?;
    let differs = !shown.eq_ignore_ascii_case(&from.address);
    differs.then(|| Signal::new(SignalKind::NameIsAddress, format!("the name says {shown}, the address is {}", from.address)))
}

fn is_address(word: &str) -> bool {
    word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.') && !domain.ends_with('.'))
}

fn disguised_links(references: &References) -> Option<Signal> {
    let pairs: Vec<String> = references.disguised.iter().take(NAMED).map(|(said, true_host)| format!("{said} leads to {true_host}")).collect();
    (!pairs.is_empty()).then(|| Signal::new(SignalKind::LookAlike, format!("a link says one place and leads to another: {}", pairs.join(", "))))
}

/// Letters of two scripts in a word of the sender, the subject, a file name or the host of a link.
fn mixed_script(assembled: &Assembled<'_>, references: &References) -> Option<Signal> {
    let message = &assembled.message;
    let mut places: Vec<(&str, String)> = vec![("subject", message.subject.clone())];
    for from in message.from.iter().chain(message.reply_to.first()) {
        places.push(("sender", format!("{} {}", from.name, from.address)));
    }
    places.extend(message.attachments.iter().map(|file| ("attachment", file.name.clone())));
    places.extend(references.links.iter().filter_map(|link| links::host(&link.url)).map(|host| ("link", host)));
    places.iter().find_map(|(place, text)| {
        let word = lookalike::mixed_word(text)?;
        Some(Signal::new(SignalKind::MixedScript, format!("letters of two scripts in one word of the {place}: {word}")))
    })
}

/// Characters that turn the reading direction: anywhere in a header line or name, overrides in the text.
fn hidden_characters(assembled: &Assembled<'_>) -> Option<Signal> {
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let overrides = |c: char| matches!(c, '\u{202d}' | '\u{202e}');
    let structure = &assembled.structure;
    let written = |name: &str| structure.headers().get(name).map(|field| encoded::decode(&field.unfolded())).unwrap_or_default();
    let place = ["From", "Subject", "Reply-To"]
        .into_iter()
        .find(|name| written(name).contains(turns))
        .or_else(|| structure.parts.iter().any(|part| part.file_name().is_some_and(|name| name.contains(turns))).then_some("name of an attachment"))
        .or_else(|| assembled.marked_text.contains(overrides).then_some("text"))?;
    Some(Signal::new(SignalKind::HiddenCharacters, format!("characters that turn the reading direction in the {place}")))
}

fn encrypted(assembled: &Assembled<'_>) -> Option<Signal> {
    let structure = &assembled.structure;
    let how = if content(structure).any(|part| part.kind == "multipart/encrypted" || part.kind == "application/pgp-encrypted")
        || assembled.marked_text.contains("-----BEGIN PGP MESSAGE-----")
    {
        "OpenPGP"
    } else if content(structure).any(|part| is_smime(part) && !is_signed_data(part)) {
        "S/MIME"
    } else {
        return None;
    };
    Some(Signal::new(SignalKind::Encrypted, format!("encrypted with {how}: postdesk cannot read it, open it in a mail program that has the key")))
}

fn signed(assembled: &Assembled<'_>) -> Option<Signal> {
    let structure = &assembled.structure;
    let smime = |part: &Part<'_>| is_smime(part) && is_signed_data(part) || part.kind.ends_with("pkcs7-signature");
    let how = if content(structure).any(|part| part.kind == "application/pgp-signature")
        || assembled.marked_text.contains("-----BEGIN PGP SIGNED MESSAGE-----")
    {
        "OpenPGP"
    } else if content(structure).any(smime) {
        "S/MIME"
    } else {
        return None;
    };
    Some(Signal::new(SignalKind::Signed, format!("signed with {how}; the signature has not been checked")))
}

fn is_smime(part: &Part<'_>) -> bool {
    matches!(part.kind.as_str(), "application/pkcs7-mime" | "application/x-pkcs7-mime")
}

fn is_signed_data(part: &Part<'_>) -> bool {
    part.parameter("smime-type").is_some_and(|kind| kind.eq_ignore_ascii_case("signed-data"))
}

/// The parts of the mail itself, without those of messages inside it.
fn content<'s, 'a>(structure: &'s Structure<'a>) -> impl Iterator<Item = &'s Part<'a>> {
    let mut inside = vec![false; structure.parts.len()];
    for (index, part) in structure.parts.iter().enumerate() {
        let within = part.parent.is_some_and(|parent| {
            inside.get(parent).copied().unwrap_or_default() || structure.parts.get(parent).is_some_and(|parent| parent.is_message)
        });
        if let Some(inside) = inside.get_mut(index) {
            *inside = within;
        }
    }
    structure.parts.iter().zip(inside).filter(|(_, inside)| !inside).map(|(part, _)| part)
}

/// A mail somebody passes on, as an attachment or in the text, and who wrote it.
fn forwarded(assembled: &Assembled<'_>) -> Option<Signal> {
    if assembled.message.class == Class::Bounce {
        return None;
    }
    let by = attached_sender(&assembled.structure).or_else(|| inline_sender(&assembled.marked_text))?;
    Some(Signal::new(SignalKind::Forwarded, if by.is_empty() { "passes on another mail".to_owned() } else { format!("passes on a mail from {by}") }))
}

fn attached_sender(structure: &Structure<'_>) -> Option<String> {
    let message = content(structure).find(|part| part.is_message)?;
    let root = message.children.first().and_then(|index| structure.parts.get(*index))?;
    Some(root.headers.addresses("From").first().map(ToString::to_string).unwrap_or_default())
}

/// The sender below a line such as `---------- Forwarded message ----------`.
fn inline_sender(text: &str) -> Option<String> {
    let mut lines = text.lines();
    lines.find(|line| is_separator(line, &WORDS.forward))?;
    let from = lines.take(10).find_map(|line| {
        let (name, value) = line.trim().trim_start_matches(['*', '>', ' ']).split_once([':', '：'])?;
        let name = name.trim_matches(['*', ' ']).to_lowercase();
        WORDS.from.contains(&name).then(|| value.trim_matches(['*', ' ']).to_owned())
    });
    Some(from.map(|from| from.chars().take(200).collect()).unwrap_or_default())
}

fn invitation(structure: &Structure<'_>) -> Option<Signal> {
    let part = content(structure).find(|part| part.kind == "text/calendar")?;
    let words = calendar::summary(&structure.text(part).0)?;
    Some(Signal::new(SignalKind::Invitation, words.chars().take(300).collect::<String>()))
}

fn remote_content(references: &References) -> Option<Signal> {
    let mut hosts: Vec<String> = Vec::new();
    for host in references.remote.iter().filter_map(|url| links::host(url)) {
        if !hosts.contains(&host) {
            hosts.push(host);
        }
    }
    let count = references.remote.len();
    let named = hosts.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let more = if hosts.len() > NAMED { ", …" } else { "" };
    (count > 0).then(|| Signal::new(SignalKind::RemoteContent, format!("{count} not loaded from elsewhere: {named}{more}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::view;

    fn check(mail: &str, expected: &[(SignalKind, &str)]) {
        let signals = view(mail.as_bytes()).signals;
        let found: Vec<(SignalKind, &str)> = signals.iter().map(|signal| (signal.kind, signal.words.as_str())).collect();
        assert_eq!(found, expected, "{mail}");
    }

    #[test]
    fn an_ordinary_mail_has_no_signals() {
        check("From: Ana <ana@x.example>\nReply-To: ana@X.example\nSubject: Größe\n\nПривет from Ana", &[]);
    }

    #[test]
    fn an_answer_that_would_go_elsewhere_is_marked_except_for_lists() {
        check(
            "From: ana@x.example\nReply-To: ana@y.example\n\nhi",
            &[(SignalKind::ReplyElsewhere, "an answer goes to ana@y.example, the mail came from ana@x.example")],
        );
        check("From: ana@x.example\nReply-To: list@y.example\nList-Id: <list.y.example>\n\nhi", &[]);
    }

    #[test]
    fn a_name_that_is_another_address_is_marked() {
        check(
            "From: \"boss@desk.example\" <thief@evil.example>\n\nhi",
            &[(SignalKind::NameIsAddress, "the name says boss@desk.example, the address is thief@evil.example")],
        );
        check("From: \"ana@x.example\" <ana@x.example>\n\nhi", &[]);
    }

    #[test]
    fn mixed_scripts_and_turned_names_are_marked() {
        check(
            "From: =?utf-8?Q?P=D0=B0ypal?= <a@x.example>\n\nhi",
            &[(SignalKind::MixedScript, "letters of two scripts in one word of the sender: Pаypal")],
        );
        check(
            "Subject: =?utf-8?Q?invoice=E2=80=AEfdp.exe?=\n\nhi",
            &[(SignalKind::HiddenCharacters, "characters that turn the reading direction in the Subject")],
        );
    }

    #[test]
    fn sealed_and_signed_mail_has_its_badge() {
        let kinds = |mail: &str| view(mail.as_bytes()).signals.iter().map(|signal| signal.kind).collect::<Vec<_>>();
        let multipart =
            |kind: &str, part: &str| format!("Content-Type: multipart/{kind}; boundary=b\n\n--b\n\nhi\n--b\nContent-Type: {part}\n\nx\n--b--\n");

        assert_eq!(kinds(&multipart("encrypted", "application/octet-stream")), [SignalKind::Encrypted]);
        assert_eq!(kinds(&multipart("signed", "application/pgp-signature")), [SignalKind::Signed]);
        assert_eq!(kinds("Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx"), [SignalKind::Encrypted]);
        assert_eq!(kinds("Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\nhi"), [SignalKind::Signed]);
    }

    #[test]
    fn a_forwarded_mail_names_its_first_sender() {
        let expected = [(SignalKind::Forwarded, "passes on a mail from Bo <bo@y.example>")];
        check(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee\n--b\nContent-Type: message/rfc822\n\nFrom: Bo <bo@y.example>\n\nhi\n--b--\n",
            &expected,
        );
        check("Subject: Fwd: x\n\nsee\n\n---------- Forwarded message ----------\nFrom: Bo <bo@y.example>\nDate: Tue\n\nhi", &expected);
    }

    #[test]
    fn what_was_not_loaded_is_counted_and_the_spam_filter_is_quoted() {
        check(
            "X-Spam-Flag: YES\nContent-Type: text/html\n\n<img src='http://a.example/1'><img src='https://b.example/2'>hi",
            &[
                (SignalKind::Spam, "the mail server takes this for spam (X-Spam-Flag)"),
                (SignalKind::RemoteContent, "2 not loaded from elsewhere: a.example, b.example"),
            ],
        );
    }
}

//! What is said about a message above its text: recipients, files, class, what to beware of, why it is here.

use super::source::Source;
use super::{Folds, LineKind};
use crate::domain::message::{Bounce, Class};
use crate::domain::signal::{Signal, SignalKind};
use crate::domain::{Address, language, sanitise};
use crate::protocol::json::{ShownDirection, ShownMessage};
use crate::tui::text;

/// Everything, in the order in which it is shown.
pub fn about(message: &ShownMessage, folds: &Folds) -> Vec<Source> {
    let way = message.direction;
    let mut lines = Vec::new();
    let mut push = |kind: LineKind, text: &str| lines.push(Source { kind, text: sanitise::line(text).into_owned() });
    for line in heads(message, folds) {
        push(LineKind::About(way), &line);
    }
    for file in &message.attachments {
        push(LineKind::About(way), &format!("Attached: {} ({}, {})", file.name, file.kind, text::size(file.size)));
    }
    for line in class(message) {
        push(LineKind::About(way), &line);
    }
    for (is_warning, line) in if folds.signals.contains(&message.message_id) { explained(message) } else { noticed(message) } {
        push(if is_warning { LineKind::Warning(way) } else { LineKind::About(way) }, &line);
    }
    if folds.why.contains(&message.message_id) {
        for line in reasons(message) {
            push(LineKind::About(way), &line);
        }
    }
    for line in flaws(message) {
        push(LineKind::About(way), &line);
    }
    lines
}

fn heads(message: &ShownMessage, folds: &Folds) -> Vec<String> {
    if message.direction == ShownDirection::Note {
        return Vec::new();
    }
    if let Some(headers) = folds.headers.get(&message.message_id) {
        return headers.lines().map(str::to_owned).collect();
    }
    let list = |people: &[Address]| people.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    if let Some(from) = message.from.as_ref().filter(|from| !from.name.is_empty()) {
        lines.push(format!("From: {from}"));
    }
    for (name, people) in [("To", &message.to), ("Cc", &message.cc)] {
        if !people.is_empty() {
            lines.push(format!("{name}: {}", list(people)));
        }
    }
    lines
}

/// What a machine wrote, and what a delivery report says.
fn class(message: &ShownMessage) -> Vec<String> {
    let mut lines = Vec::new();
    if !matches!(message.class, Class::Human | Class::Own) {
        lines.push(format!("Automatic mail: {}", class_words(message)));
    }
    if let Some(bounce) = &message.bounce {
        lines.push(report(bounce));
    }
    lines
}

fn class_words(message: &ShownMessage) -> String {
    let kind = match message.class {
        Class::Human => "a person wrote it",
        Class::AutoReply => "an automatic answer",
        Class::Bounce => "a delivery report",
        Class::List => "from a mailing list",
        Class::Own => "we wrote it",
    };
    let reason = if message.auto_reason.is_empty() { String::new() } else { format!(" ({})", message.auto_reason.replace('_', " ")) };
    format!("{kind}{reason}")
}

fn report(bounce: &Bounce) -> String {
    let who = if bounce.recipients.is_empty() { "somebody".to_owned() } else { bounce.recipients.join(", ") };
    let code = if bounce.status.is_empty() { String::new() } else { format!(" (code {})", bounce.status) };
    let how = if bounce.permanent { "for good: the address or the mail is refused" } else { "for now: the server tries again by itself" };
    format!("Not delivered to {who}{code}, {how}")
}

/// What has to be said unasked: every warning, what happened on the server, and the rest in a word each.
fn noticed(message: &ShownMessage) -> Vec<(bool, String)> {
    let (warnings, facts): (Vec<&Signal>, Vec<&Signal>) = message.signals.iter().partition(|signal| signal.kind.is_warning());
    let (elsewhere, facts): (Vec<&Signal>, Vec<&Signal>) = facts.into_iter().partition(|signal| signal.kind.is_of_server());
    let mut lines: Vec<(bool, String)> = warnings.iter().map(|signal| (true, format!("Warning: {}", signal.words))).collect();
    lines.extend(elsewhere.iter().map(|signal| (false, format!("Notice: {}", signal.words))));
    if !facts.is_empty() {
        let words: Vec<&str> = facts.iter().map(|signal| signal.kind.badge()).collect();
        lines.push((false, format!("Signals: {} (i explains)", words.join(" · "))));
    }
    lines
}

/// All signals, and what each means for whoever answers.
fn explained(message: &ShownMessage) -> Vec<(bool, String)> {
    if message.direction == ShownDirection::Note {
        return vec![(false, "Signals: a colleague wrote this note; there is no sender to be checked".to_owned())];
    }
    let mut lines = vec![(false, format!("Sender: {}", checked(&message.authentication)))];
    for signal in &message.signals {
        let name = if signal.kind.is_warning() { "Warning" } else { "Signal" };
        lines.push((signal.kind.is_warning(), format!("{name}: {} — {}", signal.words, signal.kind.meaning())));
    }
    if !message.signals.iter().any(|signal| signal.kind == SignalKind::RemoteContent) && message.html {
        lines.push((false, "Remote content: the HTML asks for nothing from elsewhere".to_owned()));
    }
    if message.signals.is_empty() {
        lines.push((false, "Signals: none of the others; neither spam, nor look-alikes, nor hidden characters".to_owned()));
    }
    if !message.language.is_empty() {
        lines.push((false, format!("Language: {}", language::name(&message.language).unwrap_or(&message.language))));
    }
    lines
}

/// `pass spf=pass dkim=pass`, as our own server says it, in words.
fn checked(authentication: &str) -> String {
    let mut words = authentication.split_whitespace();
    let verdict = match words.next() {
        Some("pass") => "our server vouches for the sender's domain",
        Some("fail") => "our server says that the sender is another",
        _ => "nobody has checked it: our server wrote nothing about it, or its name (authserv_id) is not configured",
    };
    let methods: Vec<String> =
        words.filter_map(|word| word.split_once('=')).map(|(method, result)| format!("{} {result}", method.to_uppercase())).collect();
    match (methods.is_empty(), authentication.starts_with("none")) {
        (true, _) => verdict.to_owned(),
        (false, true) => format!("what our server checked says nothing about this sender's domain: {}", methods.join(", ")),
        (false, false) => format!("{verdict}: {}", methods.join(", ")),
    }
}

/// Why the message lies in this ticket and this project, and what it was taken for.
fn reasons(message: &ShownMessage) -> Vec<String> {
    let why = if message.placed_why.is_empty() { message.placed_by.replace('_', " ") } else { message.placed_why.clone() };
    let mut lines = vec![format!("Here because: {why}")];
    match message.routed_by.as_str() {
        "" => {}
        "default" => lines.push("Project by: default, because no recipient is one of ours".to_owned()),
        // After it has been forgotten there is no address to name.
        _ if message.routed_to.is_empty() => {}
        header => lines.push(format!("Project by: {} in {header}", message.routed_to)),
    }
    if message.direction != ShownDirection::Note {
        lines.push(format!("Class: {}", class_words(message)));
    }
    lines
}

/// What had to be repaired, and what a reader has to know of.
fn flaws(message: &ShownMessage) -> Vec<String> {
    let (told, other): (Vec<_>, Vec<_>) = message.flaws.iter().map(|flaw| (flaw, told(flaw))).partition(|(_, told)| told.is_some());
    let mut lines: Vec<String> = told.into_iter().filter_map(|(_, sentence)| sentence.map(str::to_owned)).collect();
    if !other.is_empty() {
        let words: Vec<String> = other.iter().map(|(flaw, _)| flaw.replace('_', " ")).collect();
        lines.push(format!("Repaired: {}", words.join(", ")));
    }
    lines
}

/// A flaw that a reader has to know of, as a sentence.
fn told(flaw: &str) -> Option<&'static str> {
    match flaw {
        "partial" => Some("Only the beginning is here; the rest comes with the next sync once the source or a file is asked for."),
        "text_truncated" => Some("The text is longer than what is read of a mail; V shows the source."),
        "too_many_addresses" => Some("It names more people than are read of a mail; V shows the source."),
        "html_too_complex" => Some("The HTML is very large and is shown without its layout."),
        _ => None,
    }
}

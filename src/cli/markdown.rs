//! A ticket as a conversation in Markdown, to be read or pasted elsewhere.

use std::fmt::Write as _;

use super::clock::{Clock, size};
use super::show;
use crate::domain::Address;
use crate::domain::sanitise;
use crate::protocol::json::{ShownDirection, ShownEvent, ShownMessage, ShownTicket};

/// Writes the ticket as a document: its state, then messages, notes and changes from the oldest to the newest.
pub fn ticket(ticket: &ShownTicket, clock: &Clock) -> String {
    let mut text = format!("# {} {}\n\n", line(&ticket.row.label()), line(&ticket.row.subject));
    for (name, value) in show::head_fields(&ticket.row, clock) {
        if !value.is_empty() {
            let _ = writeln!(text, "- {name}: {}", line(&value));
        }
    }
    if let Some(said) = ticket.says_of_missing_mail() {
        let _ = writeln!(text, "- Mail: {said}");
    }
    let mut events = ticket.events.iter().filter(|event| show::is_worth_a_line(event)).peekable();
    for message in &ticket.messages {
        let mut told = String::new();
        while let Some(event) = events.next_if(|event| message.date.is_none_or(|date| event.at < date)) {
            told.push_str(&event_line(event, clock));
        }
        push_events(&mut text, &told);
        push_message(&mut text, message, &ticket.row.subject, clock);
    }
    push_events(&mut text, &events.map(|event| event_line(event, clock)).collect::<String>());
    text
}

fn push_events(text: &mut String, told: &str) {
    if !told.is_empty() {
        text.push('\n');
        text.push_str(told);
    }
}

fn event_line(event: &ShownEvent, clock: &Clock) -> String {
    let fate = if event.applied { "" } else { " (not applied)" };
    format!("- *{} {}: {}{fate}*\n", clock.moment(event.at), line(&event.agent), line(&event.summary))
}

fn push_message(text: &mut String, message: &ShownMessage, subject: &str, clock: &Clock) {
    let _ = write!(text, "\n## {}\n\n", title(message, clock));
    let files: Vec<String> = message.attachments.iter().map(|file| format!("{} ({}, {})", file.name, file.kind, size(file.size))).collect();
    let own_subject = if message.subject == subject { String::new() } else { message.subject.clone() };
    for (name, value) in [("To", joined(&message.to)), ("Cc", joined(&message.cc)), ("Subject", own_subject), ("Files", files.join(", "))] {
        if !value.is_empty() {
            let _ = writeln!(text, "- {name}: {}", line(&value));
        }
    }
    let said = if message.new_text.trim().is_empty() { &message.text } else { &message.new_text };
    let said = if said.trim().is_empty() { "(no text)" } else { said.trim_end() };
    if !text.ends_with("\n\n") {
        text.push('\n');
    }
    push_text(text, said);
}

fn title(message: &ShownMessage, clock: &Clock) -> String {
    let date = message.date.map_or_else(|| "no date".to_owned(), |date| clock.moment(date));
    let author = message.from.as_ref().map_or_else(|| "somebody unknown".to_owned(), |from| from.label().to_owned());
    let kind = match message.direction {
        ShownDirection::In => "",
        ShownDirection::Out => " (sent)",
        ShownDirection::Note if message.edited.is_some() => " (internal note, corrected)",
        ShownDirection::Note => " (internal note)",
    };
    format!("{date} {}{kind}", line(&author))
}

fn joined(addresses: &[Address]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The lines as they stand, quotations as quotations; nothing else in them is Markdown.
fn push_text(text: &mut String, said: &str) {
    let mut lines = said.lines().peekable();
    while let Some(written) = lines.next() {
        let depth = written.bytes().take_while(|byte| *byte == b'>').count();
        let (marks, content) = written.split_at(depth);
        text.push_str(marks);
        if depth > 0 {
            text.push(' ');
        }
        text.push_str(&whole_line(&sanitise::text(content.trim())));
        // Two blanks keep a line end where the sender put it.
        let goes_on = !content.trim().is_empty() && lines.peek().is_some_and(|next| !next.trim().is_empty());
        text.push_str(if goes_on { "  \n" } else { "\n" });
    }
}

fn line(text: &str) -> String {
    escaped(sanitise::line(text).trim())
}

/// Marks of Markdown inside a line, made into plain characters.
fn escaped(text: &str) -> String {
    let mut clean = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '|') {
            clean.push('\\');
        }
        clean.push(c);
    }
    clean
}

/// A line of a text, which may begin like a heading or a list.
fn whole_line(text: &str) -> String {
    let mut clean = escaped(text);
    let number = clean.bytes().take_while(u8::is_ascii_digit).count();
    if number > 0 && clean.get(number..).is_some_and(|rest| rest.starts_with(['.', ')'])) {
        clean.insert(number, '\\');
    } else if clean.starts_with(['#', '-', '+', '=', '~']) {
        clean.insert(0, '\\');
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_ticket_is_a_conversation() {
        insta::assert_snapshot!(ticket(&samples::ticket(), &samples::clock()));
    }

    #[test]
    fn what_people_write_is_no_markdown_and_quotations_stay_quotations() {
        let mut text = String::new();
        push_text(&mut text, "# no head\n1. no list\n> which *one*?\n<b>this</b>\n\n- [ ] end");
        assert_eq!(text, "\\# no head  \n1\\. no list  \n> which \\*one\\*?  \n\\<b>this\\</b>\n\n\\- \\[ \\] end\n");
    }
}

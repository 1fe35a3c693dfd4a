//! `show`: one ticket on paper, as mail, as headers or as JSON.

use super::clock::{Clock, size};
use super::desks::Desks;
use super::fail::Outcome;
use super::order::ShowForm;
use super::out::{Out, Style};
use crate::domain::id::TicketName;
use crate::domain::ticket::{Priority, TicketRow};
use crate::domain::{Address, Timestamp};
use crate::protocol::json::{ShownDirection, ShownEvent, ShownMessage, ShownTicket};

/// Prints one ticket.
pub fn show(desks: &Desks, ticket: &TicketName, form: ShowForm, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let key = desk.find(ticket)?;
    match form {
        ShowForm::Json => out.json(&desk.show(&key)?),
        ShowForm::Text => print(&desk.show(&key)?, clock, out),
        ShowForm::Raw => desk.raw(&key)?.iter().try_for_each(|(_, bytes)| out.bytes(bytes)),
        ShowForm::Headers => desk.raw(&key)?.iter().try_for_each(|(_, bytes)| print_headers(bytes, out)),
    }
}

/// Prints the state, then messages, notes and changes from the oldest to the newest.
pub fn print(ticket: &ShownTicket, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    print_head(&ticket.row, clock, out)?;
    print_others(ticket, out)?;
    let mut events = ticket.events.iter().filter(|event| is_worth_a_line(event)).peekable();
    let mut in_events = false;
    if let Some(text) = ticket.says_of_missing_mail() {
        out.line(&format!("{:<11}{text}", "Mail"))?;
    }
    for message in &ticket.messages {
        while let Some(event) = events.next_if(|event| message.date.is_none_or(|date| event.at < date)) {
            print_event(event, clock, &mut in_events, out)?;
        }
        in_events = false;
        print_message(message, &ticket.row.subject, clock, out)?;
    }
    events.try_for_each(|event| print_event(event, clock, &mut in_events, out))
}

fn print_head(row: &TicketRow, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    out.styled_line(&format!("{}  {}", row.label(), row.subject), Style::Bold)?;
    for (name, value) in head_fields(row, clock) {
        if !value.is_empty() {
            out.line(&format!("{name:<11}{value}"))?;
        }
    }
    Ok(())
}

/// The state of a ticket, name and value; a value may be empty.
pub fn head_fields(row: &TicketRow, clock: &Clock) -> [(&'static str, String); 10] {
    let priority = if row.priority == Priority::Normal { String::new() } else { format!(", {}", row.priority.as_str()) };
    let badges: Vec<&str> = row.badges.iter().map(|badge| badge.as_str()).collect();
    [
        ("Project", row.project.clone()),
        ("Status", format!("{}{priority}", row.status.as_str())),
        ("Assignee", row.assignee.clone().unwrap_or_else(|| "nobody".into())),
        ("Requester", row.requester.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("Others", joined(&row.participants)),
        ("Tags", row.tags.join(", ")),
        ("Marks", badges.join(", ")),
        ("Waiting", since(row.waiting_since, clock)),
        ("Snoozed", row.snoozed_until.map(|until| format!("until {}", clock.moment(until))).unwrap_or_default()),
        ("Answer by", row.first_response_due.map(|due| clock.moment(due)).unwrap_or_default()),
    ]
}

/// What it is linked with, and what is suggested: of that nothing has been done, `accept` does the first.
fn print_others(ticket: &ShownTicket, out: &mut Out<'_>) -> Outcome<()> {
    for link in &ticket.links {
        out.line(&format!("{:<11}{} {}", "Linked", link.label(), link.subject))?;
    }
    for suggestion in &ticket.suggestions {
        let subject = if suggestion.subject.is_empty() { String::new() } else { format!(" \u{201c}{}\u{201d}", suggestion.subject) };
        out.line(&format!("{:<11}{}{subject}? {}", "Possibly", suggestion.proposal(), suggestion.why))?;
    }
    Ok(())
}

fn since(time: Option<Timestamp>, clock: &Clock) -> String {
    time.map(|time| format!("since {} ({})", clock.moment(time), clock.age(time))).unwrap_or_default()
}

fn joined(addresses: &[Address]) -> String {
    addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Notes are shown as messages, and so are their corrections; housekeeping has no sentence.
pub fn is_worth_a_line(event: &ShownEvent) -> bool {
    !event.summary.is_empty() && event.change.op() != "note"
}

fn print_event(event: &ShownEvent, clock: &Clock, in_events: &mut bool, out: &mut Out<'_>) -> Outcome<()> {
    if !*in_events {
        out.line("")?;
        *in_events = true;
    }
    let fate = match (event.applied, event.pending) {
        (true, false) => String::new(),
        (true, true) => " (not shared yet)".to_owned(),
        (false, _) => format!(" (not applied: {}; event {})", event.not_applied, event.id),
    };
    out.styled_line(&format!("* {}  {}: {}{fate}", clock.moment(event.at), event.agent, event.summary), Style::Dim)
}

fn print_message(message: &ShownMessage, subject: &str, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    out.line("")?;
    let style = if message.direction == ShownDirection::Note { Style::Internal } else { Style::Bold };
    out.styled_line(&rule(&message_title(message, clock), out.width()), style)?;
    for (name, value) in message_fields(message, subject) {
        if !value.is_empty() {
            out.styled_line(&format!("{name:<9}{value}"), Style::Dim)?;
        }
    }
    for signal in &message.signals {
        let (name, style) = if signal.kind.is_warning() { ("Warning", Style::Bold) } else { ("Notice", Style::Dim) };
        out.styled_line(&format!("{name:<9}{}", signal.words), style)?;
    }
    out.line("")?;
    let text = if message.new_text.trim().is_empty() { &message.text } else { &message.new_text };
    out.text(if text.trim().is_empty() { "(no text)" } else { text })
}

fn message_title(message: &ShownMessage, clock: &Clock) -> String {
    let date = message.date.map_or_else(|| "no date".to_owned(), |date| clock.moment(date));
    let author = message.from.as_ref().map_or_else(|| "somebody unknown".to_owned(), ToString::to_string);
    match message.direction {
        ShownDirection::In => format!("{date}  {author}"),
        ShownDirection::Out => format!("{date}  {author}  (sent)"),
        ShownDirection::Note => {
            let edited = message.edited.map(|at| format!("  (corrected {})", clock.moment(at))).unwrap_or_default();
            format!("{date}  NOTE (internal)  {}{edited}", message.from.as_ref().map_or("", Address::label))
        }
    }
}

fn message_fields(message: &ShownMessage, subject: &str) -> [(&'static str, String); 8] {
    let files: Vec<String> = message.attachments.iter().map(|file| format!("{} ({}, {})", file.name, file.kind, size(file.size))).collect();
    let class = message.class.as_str();
    [
        ("To", joined(&message.to)),
        ("Cc", joined(&message.cc)),
        ("Subject", if message.subject == subject { String::new() } else { message.subject.clone() }),
        ("Class", if matches!(class, "human" | "own") { String::new() } else { class.to_owned() }),
        ("Files", files.join(", ")),
        ("Flaws", message.flaws.join(", ")),
        ("Here", if message.direction == ShownDirection::Note { String::new() } else { message.placed_why.clone() }),
        ("Routed", routed(message)),
    ]
}

/// Which address decided the project, and where it stood.
fn routed(message: &ShownMessage) -> String {
    match (message.direction, message.routed_by.as_str()) {
        // Only what opened the ticket decided its project.
        _ if message.placed_by != "first" => String::new(),
        (ShownDirection::In, "default") => "to the default project: no recipient is one of ours".into(),
        // After the address has been forgotten there is none to name.
        (ShownDirection::In, header) if !header.is_empty() && !message.routed_to.is_empty() => format!("by {} in {header}", message.routed_to),
        _ => String::new(),
    }
}

/// A title with a line drawn behind it to the edge.
fn rule(title: &str, width: usize) -> String {
    let title = format!("-- {title} ");
    let rest = width.saturating_sub(super::table::width(&title));
    format!("{title}{}", "-".repeat(rest))
}

/// The part of a mail before the first empty line, and an empty line behind it.
fn print_headers(mail: &[u8], out: &mut Out<'_>) -> Outcome<()> {
    let text = String::from_utf8_lossy(mail);
    for line in text.lines().take_while(|line| !line.trim_end_matches('\r').is_empty()) {
        out.text(line)?;
    }
    out.line("")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::super::samples;
    use super::*;

    #[test]
    fn a_ticket_reads_from_the_oldest_to_the_newest() {
        insta::assert_snapshot!(samples::printed(|out| print(&samples::ticket(), &samples::clock(), out)));
    }

    #[test]
    fn in_json_messages_are_said_once_and_every_other_field_of_the_line_is_there() {
        let ticket = samples::ticket();

        let text = samples::printed(|out| out.json(&ticket));

        assert_eq!(text.matches("\"messages\":").count(), 1, "{text}");
        let (shown, row): (Value, Value) = (serde_json::from_str(&text).unwrap(), serde_json::to_value(&ticket.row).unwrap());
        assert_eq!(shown["messages"].as_array().map(Vec::len), Some(ticket.messages.len()), "{text}");
        for (name, value) in row.as_object().unwrap().iter().filter(|(name, _)| *name != "messages") {
            assert_eq!(&shown[name], value, "{name}");
        }
    }

    #[test]
    fn a_note_is_marked_as_internal_and_has_no_recipient() {
        let mut ticket = samples::ticket();
        ticket.messages.retain(|message| message.direction == ShownDirection::Note);

        let text = samples::printed(|out| print(&ticket, &samples::clock(), out));

        assert!(text.contains("NOTE (internal)"), "{text}");
        assert!(!text.contains("\nTo "), "{text}");
    }

    #[test]
    fn an_address_that_was_forgotten_is_no_reason_for_a_project() {
        let mut ticket = samples::ticket();
        let printed = |ticket: &ShownTicket| samples::printed(|out| print(ticket, &samples::clock(), out));
        assert!(printed(&ticket).contains("Routed"), "{}", printed(&ticket));
        ticket.messages.iter_mut().for_each(|message| message.routed_to.clear());

        assert!(!printed(&ticket).contains("Routed"), "{}", printed(&ticket));
    }

    #[test]
    fn the_headers_end_where_the_text_begins() {
        let text = samples::printed(|out| print_headers(b"Subject: a\r\n b\r\nX: \x1b[31m\r\n\r\nbody", out));

        assert_eq!(text, "Subject: a\n b\nX: \u{241b}[31m\n\n");
    }
}

//! Tickets as CSV (RFC 4180): one line a ticket, for a spreadsheet.

use crate::domain::Timestamp;
use crate::domain::sanitise;
use crate::domain::ticket::TicketRow;

/// The names of the columns.
pub const HEAD: &str = "desk,number,key,project,status,priority,assignee,subject,requester_name,requester,participants,tags,messages,unread,created,\
                        updated,waiting_since,snoozed_until,first_response_due,badges\r\n";

/// One ticket as a line, in the order of [`HEAD`]. Lists are joined by blanks, times are RFC 3339 in UTC.
pub fn line(row: &TicketRow) -> String {
    let requester = row.requester.clone().unwrap_or_default();
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string()).unwrap_or_default();
    let participants: Vec<&str> = row.participants.iter().map(|person| person.address.as_str()).collect();
    let badges: Vec<&str> = row.badges.iter().map(|badge| badge.as_str()).collect();
    let fields = [
        row.desk.clone(),
        row.number.map(|number| number.to_string()).unwrap_or_default(),
        row.key.to_string(),
        row.project.clone(),
        row.status.as_str().to_owned(),
        row.priority.as_str().to_owned(),
        row.assignee.clone().unwrap_or_default(),
        row.subject.clone(),
        requester.name,
        requester.address,
        participants.join(" "),
        row.tags.join(" "),
        row.messages.to_string(),
        row.unread.to_string(),
        row.created.to_string(),
        row.updated.to_string(),
        time(row.waiting_since),
        time(row.snoozed_until),
        time(row.first_response_due),
        badges.join(" "),
    ];
    format!("{}\r\n", fields.iter().map(|field| quoted(field)).collect::<Vec<_>>().join(","))
}

/// A field, in quotes where it needs them.
///
/// A spreadsheet takes a field that begins like a formula for one, and a subject is a stranger's:
/// such a field gets an apostrophe in front, which spreadsheets do not show.
fn quoted(field: &str) -> String {
    let clean = sanitise::line(field);
    let guard = if clean.trim_start().starts_with(['=', '+', '-', '@']) { "'" } else { "" };
    if clean.contains(['"', ',']) || !guard.is_empty() {
        return format!("\"{guard}{}\"", clean.replace('"', "\"\""));
    }
    clean.into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    #[test]
    fn a_ticket_is_one_line_with_as_many_fields_as_the_head() {
        let text: String = samples::rows().iter().map(line).collect();

        insta::assert_snapshot!(format!("{HEAD}{text}").replace("\r\n", "\n"));
        assert_eq!(text.lines().count(), samples::rows().len());
    }

    #[test]
    fn what_a_stranger_writes_is_neither_a_formula_nor_a_second_field() {
        assert_eq!(quoted("=HYPERLINK(\"http://evil.example\",\"x\")"), "\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"x\"\")\"");
        assert_eq!(quoted("a,b\nc"), "\"a,b c\"");
        assert_eq!(quoted("plain"), "plain");
    }
}

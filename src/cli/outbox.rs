//! `outbox`: mail that has not left yet.

use super::clock::{Clock, size};
use super::compose::report_send;
use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::order::OutboxOrder;
use super::out::{Out, Style};
use super::table::{Column, Fit, lay_out};
use crate::domain::Address;
use crate::domain::outbox::OutboxState;
use crate::protocol::answer::SendOutcome;
use crate::protocol::json::{OutboxLine, OutgoingMail, ShownOutgoing};

/// Looks after the outbox.
pub fn outbox(desks: &Desks, order: &OutboxOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    match *order {
        OutboxOrder::List { json } => print(&desk.outbox()?, json, clock, out),
        OutboxOrder::Show { id, json } => {
            let shown = desk.outgoing_mail(id)?;
            if json { out.json(&shown) } else { print_whole(&shown, clock, out) }
        }
        OutboxOrder::Retry { id, anyway } => {
            let outcome = desk.outbox_retry(id, anyway)?;
            if let SendOutcome::Objected(objections) = &outcome {
                let what: Vec<&str> = objections.iter().map(|objection| objection.what.as_str()).collect();
                return Err(Failure::new(
                    FAILED,
                    format!("mail {id} is not fit to be sent: {}", what.join("; ")),
                    format!("change it: postdesk outbox edit {id}"),
                ));
            }
            report_send(named(outcome, id), "", None, out)
        }
        OutboxOrder::Cancel(id) => {
            desk.outbox_cancel(id)?;
            out.line(&format!("Mail {id} is out of the outbox and will not be sent."))
        }
        OutboxOrder::Edit(id) => {
            let draft = desk.outbox_edit(id)?;
            out.line(&format!("Mail {id} is draft {draft} now. Look at it with: postdesk drafts show {draft}"))
        }
    }
}

/// The reason with the mail it is about.
fn named(outcome: SendOutcome, id: i64) -> SendOutcome {
    let name = |why: String| format!("mail {id}: {why}");
    match outcome {
        SendOutcome::Queued(why) => SendOutcome::Queued(name(why)),
        SendOutcome::Held(why) => SendOutcome::Held(name(why)),
        SendOutcome::Refused(why) => SendOutcome::Refused(name(why)),
        SendOutcome::Uncertain(why) => SendOutcome::Uncertain(name(why)),
        other => other,
    }
}

/// Prints a mail with how it stands above it, and below it what came in between and what can be done.
fn print_whole(shown: &ShownOutgoing, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    for (name, value) in standing(&shown.line, clock).into_iter().chain(mail_fields(&shown.mail)) {
        if !value.is_empty() {
            out.line(&format!("{name:<10}{value}"))?;
        }
    }
    out.line("")?;
    out.text(&shown.mail.text)?;
    for other in &shown.meanwhile {
        out.line("")?;
        out.styled_line(&format!("Meanwhile {}, {}", other.who, clock.moment(other.at)), Style::Bold)?;
        out.text(other.text.as_deref().unwrap_or("(not here yet: postdesk sync fetches it)"))?;
    }
    let ways = ways(&shown.line);
    if !ways.is_empty() {
        out.line("")?;
    }
    ways.iter().try_for_each(|way| out.line(way))
}

fn standing(line: &OutboxLine, clock: &Clock) -> [(&'static str, String); 4] {
    let tries = match line.attempts {
        0 => String::new(),
        1 => ", tried once".to_owned(),
        tries => format!(", tried {tries} times"),
    };
    [
        ("Mail", line.id.to_string()),
        ("State", format!("{} since {} ({}){tries}", line.state.as_str(), clock.moment(line.since), clock.age(line.since))),
        ("Next try", line.next_try.map(|at| clock.moment(at)).unwrap_or_default()),
        ("Reason", line.error.clone().unwrap_or_default()),
    ]
}

fn mail_fields(mail: &OutgoingMail) -> [(&'static str, String); 8] {
    let joined = |list: &[Address]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let files: Vec<String> = mail.attachments.iter().map(|file| format!("{} ({})", file.name, size(file.size))).collect();
    [
        ("From", mail.from.to_string()),
        ("To", joined(&mail.to)),
        ("Cc", joined(&mail.cc)),
        ("Bcc", joined(&mail.bcc)),
        ("Subject", mail.subject.clone()),
        ("Files", files.join(", ")),
        ("Status", mail.status.map(|status| format!("{} once it is sent", status.as_str())).unwrap_or_default()),
        ("Tags", mail.tags.iter().map(|tag| format!("+{tag}")).collect::<Vec<_>>().join(" ")),
    ]
}

/// What can be done about a mail where it stands.
fn ways(line: &OutboxLine) -> Vec<String> {
    let id = line.id;
    let (retry, anyway) = (format!("postdesk outbox retry {id}"), format!("postdesk outbox retry {id} --anyway"));
    let (edit, cancel) = (format!("postdesk outbox edit {id}"), format!("postdesk outbox cancel {id}"));
    let ways = match line.state {
        OutboxState::Sent | OutboxState::Sending => vec![],
        OutboxState::Queued => vec![
            (retry, "sends it now"),
            (anyway, "sends it now, without asking the team"),
            (edit, "makes it a draft again"),
            (cancel, "gives it up"),
        ],
        OutboxState::Scheduled | OutboxState::Refused => {
            vec![(retry, "sends it now"), (edit, "makes it a draft again"), (cancel, "gives it up")]
        }
        OutboxState::Held => vec![(anyway, "sends it all the same"), (edit, "makes it a draft again"), (cancel, "gives it up")],
        OutboxState::Uncertain => vec![(anyway, "sends it again: look into the Sent folder first"), (cancel, "forgets it; it may have been sent")],
    };
    ways.into_iter().map(|(command, what)| format!("{command:<34}{what}")).collect()
}

const COLUMNS: &[Column] = &[
    Column { title: "ID", fit: Fit::Whole },
    Column { title: "AGE", fit: Fit::Whole },
    Column { title: "STATE", fit: Fit::Whole },
    Column { title: "TICKET", fit: Fit::Whole },
    Column { title: "TO", fit: Fit::Cap(24) },
    Column { title: "SUBJECT", fit: Fit::Rest },
    Column { title: "TRIES", fit: Fit::Whole },
];

fn print(lines: &[OutboxLine], json: bool, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    if json {
        return lines.iter().try_for_each(|line| out.json(line));
    }
    if lines.is_empty() && out.is_terminal() {
        return out.line("The outbox is empty.");
    }
    let rows: Vec<Vec<String>> = lines.iter().map(|line| cells(line, clock)).collect();
    let table = lay_out(COLUMNS, &rows, out.width());
    let reasons = std::iter::once(None).chain(lines.iter().map(|line| line.error.as_deref()));
    for (line, reason) in table.iter().zip(reasons) {
        out.line(line)?;
        if let Some(reason) = reason {
            out.line(&format!("    {reason}"))?;
        }
    }
    Ok(())
}

fn cells(line: &OutboxLine, clock: &Clock) -> Vec<String> {
    vec![
        line.id.to_string(),
        clock.age(line.since),
        line.state.as_str().to_owned(),
        line.ticket.clone().unwrap_or_else(|| "new".into()),
        line.to.join(", "),
        line.subject.clone(),
        line.attempts.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::protocol::json::Meanwhile;

    fn held() -> OutboxLine {
        OutboxLine {
            id: 7,
            ticket: Some("1042".into()),
            state: OutboxState::Held,
            to: vec!["kim@acme.example".into()],
            subject: "Re: Cannot log in".into(),
            message_id: None,
            since: samples::at("2026-11-23T11:00:00Z"),
            attempts: 1,
            next_try: None,
            error: Some("bo answered this ticket".into()),
        }
    }

    #[test]
    fn a_held_mail_is_shown_whole_beside_what_came_in_between() {
        let shown = ShownOutgoing {
            line: held(),
            mail: OutgoingMail {
                from: Address::new("Ana (Acme App)", "app@example.com"),
                to: vec![Address::new("Kim Lee", "kim@acme.example")],
                cc: vec![],
                bcc: vec![Address::new("", "boss@acme.example")],
                subject: "Re: Cannot log in".into(),
                text: "Hello Kim,\n\nplease try again.\u{1b}[2J\n".into(),
                attachments: vec![],
                status: Some(crate::domain::ticket::Status::Pending),
                tags: vec!["login".into()],
            },
            meanwhile: vec![
                Meanwhile { who: "Kim Lee".into(), at: samples::at("2026-11-23T11:20:00Z"), text: Some("It works again.".into()) },
                Meanwhile { who: "bo".into(), at: samples::at("2026-11-23T11:30:00Z"), text: None },
            ],
        };
        let mut bytes = Vec::new();

        print_whole(&shown, &samples::clock(), &mut Out::plain(&mut bytes, 80)).unwrap();

        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }

    #[test]
    fn every_state_names_what_can_be_done_and_nothing_else() {
        let ways = |state| ways(&OutboxLine { state, ..held() }).join("; ");

        assert!(ways(OutboxState::Sent).is_empty() && ways(OutboxState::Sending).is_empty());
        assert!(ways(OutboxState::Held).contains("retry 7 --anyway") && ways(OutboxState::Held).contains("edit 7"));
        assert!(ways(OutboxState::Refused).contains("retry 7 ") && !ways(OutboxState::Refused).contains("--anyway"));
        assert!(ways(OutboxState::Uncertain).contains("--anyway") && !ways(OutboxState::Uncertain).contains("edit"), "it may have left");
    }

    #[test]
    fn each_mail_is_followed_by_the_reason_it_waits_for() {
        let line = OutboxLine {
            id: 7,
            ticket: Some("1042".into()),
            state: OutboxState::Refused,
            to: vec!["kim@acme.example".into()],
            subject: "Re: Cannot log in".into(),
            message_id: None,
            since: samples::at("2026-11-23T11:00:00Z"),
            attempts: 3,
            next_try: None,
            error: Some("550 no such\r\nuser".into()),
        };
        let mut bytes = Vec::new();

        print(&[line], false, &samples::clock(), &mut Out::plain(&mut bytes, 80)).unwrap();

        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}

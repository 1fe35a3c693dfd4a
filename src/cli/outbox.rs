//! `outbox`: mail that has not left yet.

use super::clock::Clock;
use super::compose::report_send;
use super::desks::Desks;
use super::fail::{FAILED, Failure, Outcome};
use super::order::OutboxOrder;
use super::out::Out;
use super::table::{Column, Fit, lay_out};
use crate::protocol::answer::SendOutcome;
use crate::protocol::json::OutboxLine;

/// Looks after the outbox.
pub fn outbox(desks: &Desks, order: &OutboxOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    match *order {
        OutboxOrder::List { json } => print(&desk.outbox()?, json, clock, out),
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
    use crate::domain::outbox::OutboxState;

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

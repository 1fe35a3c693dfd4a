//! `reply`, `new` and `drafts`: from an order to a draft, its review, and the outbox.

use std::collections::BTreeSet;

use serde::Serialize;

use super::clock::{Clock, size};
use super::crowd::Crowd;
use super::desks::Desks;
use super::fail::{CONFLICT, FAILED, Failure, Outcome, SERVER, USAGE};
use super::input;
use super::order::{DraftsOrder, Fate, MailOrder};
use super::out::{Out, Style};
use super::table::{Column, Fit, lay_out};
use crate::desk::{Begun, Desk, DraftLine};
use crate::domain::Address;
use crate::domain::draft::{Check, Draft, NoteDraft, Objection, Writing};
use crate::domain::id::TicketName;
use crate::domain::ticket::Status;
use crate::protocol::answer::{Review, SendOutcome};
use crate::protocol::job::ReplyOptions;

/// Answers a ticket.
pub fn reply(desks: &Desks, ticket: &TicketName, status: Option<Status>, order: &MailOrder, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let key = desk.find(ticket)?;
    let message = order.message.as_ref().map(|name| desk.message_named(&key, name)).transpose()?;
    let options = ReplyOptions { message, template: order.template.clone(), ..ReplyOptions::default() };
    let mut begun = desk.begin_reply(&key, &options)?;
    if !order.to.is_empty() {
        begun.draft.to.clone_from(&order.to);
        begun.draft.cc.clear();
    }
    if status.is_some() {
        begun.draft.status = status;
    }
    finish(&mut desk, begun, order, out)
}

/// Passes a mail of a ticket on.
pub fn forward(desks: &Desks, ticket: &TicketName, order: &MailOrder, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let key = desk.find(ticket)?;
    let message = order.message.as_ref().map(|name| desk.message_named(&key, name)).transpose()?;
    let mut begun = desk.begin_forward(&key, message.as_ref())?;
    begun.draft.to.clone_from(&order.to);
    // What is said about it stands above it.
    let mut words = match &order.template {
        Some(name) => desk.render_into(&begun.draft, name)?.text,
        None => String::new(),
    };
    if let Some(source) = &order.body {
        words = below(&words, &input::text(source)?);
    }
    begun.draft.body = format!("{}\n{}", words.trim_end(), begun.draft.body);
    let order = MailOrder { body: None, template: None, ..order.clone() };
    finish(&mut desk, begun, &order, out)
}

/// Writes to a customer first.
pub fn new(desks: &Desks, project: &str, subject: &str, order: &MailOrder, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    let begun = desk.begin_new(project, order.to.clone(), subject, order.template.as_deref())?;
    finish(&mut desk, begun, order, out)
}

fn finish(desk: &mut Desk, begun: Begun, order: &MailOrder, out: &mut Out<'_>) -> Outcome<()> {
    let draft = filled(begun.draft, order)?;
    let crowd = Crowd::of(&draft, &[&order.to, &order.cc, &order.bcc]);
    let remarks = [begun.remarks, crowd.into_iter().map(Crowd::remark).collect()].concat();
    match order.fate {
        Fate::DryRun => {
            let review = with_remarks(desk.review(&draft, &order.allow)?, remarks);
            print_review(&review, out)?;
            // The review has said what is missing; a script reads the exit code.
            if review.objections.is_empty() { Ok(()) } else { Err(Failure::told(FAILED)) }
        }
        Fate::Draft if !holds_work(&draft) => {
            Err(Failure::usage("there is no text to keep", "give it with --body FILE, --body - or --template NAME"))
        }
        Fate::Draft => {
            let id = desk.save_draft(None, &draft)?;
            print_review(&with_remarks(desk.review(&draft, &order.allow)?, remarks), out)?;
            out.line("")?;
            out.line(&format!("Kept as draft {id}. Send it with: postdesk drafts send {id}"))
        }
        Fate::Send => {
            let id = if holds_work(&draft) { Some(desk.save_draft(None, &draft)?) } else { None };
            crowd.filter(|_| !order.yes).map_or(Ok(()), |crowd| crowd.agree(id, &kept_as(id)))?;
            send(desk, id, draft, &order.allow, out)
        }
    }
}

/// Tells whether something would be lost with the draft.
fn holds_work(draft: &Draft) -> bool {
    !draft.body.trim().is_empty() || !draft.attachments.is_empty()
}

/// What the command line adds to a draft.
fn filled(mut draft: Draft, order: &MailOrder) -> Outcome<Draft> {
    if let Some(source) = &order.body {
        draft.body = below(&draft.body, &input::text(source)?);
    }
    for path in &order.attach {
        draft.attachments.push(input::attachment(path)?);
    }
    add_new(&mut draft.cc, &order.cc);
    add_new(&mut draft.bcc, &order.bcc);
    Ok(draft)
}

fn below(text: &str, more: &str) -> String {
    match (text.trim().is_empty(), more.trim().is_empty()) {
        (true, _) => more.trim_end().to_owned(),
        (false, true) => text.to_owned(),
        (false, false) => format!("{}\n\n{}", text.trim_end(), more.trim_end()),
    }
}

fn add_new(list: &mut Vec<Address>, more: &[Address]) {
    for address in more {
        if list.iter().all(|known| known.key() != address.key()) {
            list.push(address.clone());
        }
    }
}

fn with_remarks(mut review: Review, remarks: Vec<String>) -> Review {
    for remark in remarks {
        if !review.remarks.contains(&remark) {
            review.remarks.push(remark);
        }
    }
    review
}

/// Sends a draft. Whatever goes wrong, a text that was saved is in the drafts or in the outbox.
fn send(desk: &mut Desk, id: Option<i64>, draft: Draft, allow: &BTreeSet<Check>, out: &mut Out<'_>) -> Outcome<()> {
    let to = recipients(&draft);
    match desk.send(id, draft, allow) {
        Ok(outcome) => report_send(outcome, &to, id, out),
        Err(error) => {
            let failure = Failure::from(error);
            let kept = id.filter(|id| desk.drafts().is_ok_and(|drafts| drafts.iter().any(|line| line.id == *id && !line.discarded)));
            Err(Failure { remedy: [failure.remedy.as_str(), &kept_as(kept)].join("\n").trim().to_owned(), ..failure })
        }
    }
}

fn kept_as(draft: Option<i64>) -> String {
    draft.map(|id| format!("the text is kept as draft {id}")).unwrap_or_default()
}

/// Says what became of a mail; anything but `sent` is a failure with its own exit code.
pub fn report_send(outcome: SendOutcome, to: &str, draft: Option<i64>, out: &mut Out<'_>) -> Outcome<()> {
    Err(match outcome {
        SendOutcome::Sent => return out.line(if to.is_empty() { "Sent.".into() } else { format!("Sent to {to}.") }.as_str()),
        SendOutcome::Queued(why) => {
            let remedy =
                "it is kept in the outbox and goes out with the next `postdesk sync`; `outbox retry ID --anyway` sends it without asking the team";
            Failure::new(SERVER, format!("not sent yet: {why}"), remedy)
        }
        SendOutcome::Held(why) => Failure::new(
            CONFLICT,
            format!("held: {why}"),
            "look at the ticket; then `postdesk outbox list` names it, and `outbox retry ID --anyway` sends it or `outbox edit ID` makes it a draft",
        ),
        SendOutcome::Refused(why) => Failure::new(
            SERVER,
            format!("the server refused the mail: {why}"),
            "`postdesk outbox edit ID` makes it a draft again, `outbox list` names it",
        ),
        SendOutcome::Uncertain(why) => Failure::new(
            FAILED,
            format!("it is not certain that the mail was sent: {why}"),
            "it is never sent again by itself; look into the Sent folder, then `postdesk outbox retry ID --anyway` or `outbox cancel ID`",
        ),
        SendOutcome::Objected(objections) => objected(&objections, draft),
    })
}

fn objected(objections: &[Objection], draft: Option<i64>) -> Failure {
    let what: Vec<&str> = objections.iter().map(|objection| objection.what.as_str()).collect();
    let overridable = objections.iter().map(|objection| objection.check).filter(|check| !check.is_final());
    let allow: BTreeSet<String> = overridable.map(|check| format!("--allow {}", check.as_str())).collect();
    let allow = allow.into_iter().collect::<Vec<_>>().join(" ");
    let way = match (draft, allow.is_empty()) {
        (_, true) => String::new(),
        (Some(id), false) => format!("to send it as it is: postdesk drafts send {id} {allow}"),
        (None, false) => format!("give a text with --body or --template, or add {allow}"),
    };
    let has_nobody = objections.iter().any(|objection| objection.check == Check::NoRecipient);
    let to = if has_nobody { "name a recipient with --to".to_owned() } else { String::new() };
    let remedy: Vec<String> = [kept_as(draft), to, way].into_iter().filter(|line| !line.is_empty()).collect();
    Failure::new(FAILED, format!("not sent: {}", what.join("; ")), remedy.join("\n"))
}

fn recipients(draft: &Draft) -> String {
    draft.to.iter().chain(&draft.cc).chain(&draft.bcc).map(|address| address.address.clone()).collect::<Vec<_>>().join(", ")
}

/// Prints exactly what would leave the house, and what stands against it.
fn print_review(review: &Review, out: &mut Out<'_>) -> Outcome<()> {
    for (name, value) in review_fields(&review.draft) {
        if !value.is_empty() {
            out.line(&format!("{name:<10}{value}"))?;
        }
    }
    out.line("")?;
    out.text(&review.text)?;
    if !review.remarks.is_empty() || !review.objections.is_empty() {
        out.line("")?;
    }
    for remark in &review.remarks {
        out.line(&format!("Notice    {remark}"))?;
    }
    for objection in &review.objections {
        out.styled_line(&format!("Missing   {} ({})", objection.what, objection.check.as_str()), Style::Internal)?;
    }
    Ok(())
}

/// Prints an internal note as it was begun, and where it would stand.
fn print_note(note: &NoteDraft, labels: &[String], out: &mut Out<'_>) -> Outcome<()> {
    out.line(&format!("{:<10}{}", "Note on", labels.join(", ")))?;
    out.styled_line("(internal; it cannot be sent)", Style::Internal)?;
    out.line("")?;
    out.text(&note.text)
}

fn review_fields(draft: &Draft) -> [(&'static str, String); 8] {
    let joined = |list: &[Address]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let files: Vec<String> = draft.attachments.iter().map(|file| format!("{} ({})", file.name, size(file.bytes.len() as u64))).collect();
    [
        ("From", draft.from.to_string()),
        ("To", joined(&draft.to)),
        ("Cc", joined(&draft.cc)),
        ("Bcc", joined(&draft.bcc)),
        ("Subject", draft.subject.clone()),
        ("Files", files.join(", ")),
        ("Status", draft.status.map(|status| format!("{} once it is sent", status.as_str())).unwrap_or_default()),
        ("Tags", draft.tags.iter().map(|tag| format!("+{tag}")).collect::<Vec<_>>().join(" ")),
    ]
}

/// Looks after saved drafts.
pub fn drafts(desks: &Desks, order: DraftsOrder, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let mut desk = desks.open()?;
    match order {
        DraftsOrder::List { json } => list_drafts(&desk.drafts()?, json, clock, out),
        DraftsOrder::Show(id) => match desk.writing(id)? {
            Writing::Mail(draft) => print_review(&desk.review(&draft, &BTreeSet::new())?, out),
            Writing::Note(note) => {
                let labels: Vec<String> = note.note_on.iter().map(|ticket| desk.label_of(ticket)).collect::<Result<_, _>>()?;
                print_note(&note, &labels, out)
            }
        },
        DraftsOrder::Send { id, allow, yes } => {
            refuse_discarded(&desk.drafts()?, id)?;
            let draft = desk.draft(id)?;
            Crowd::of(&draft, &[]).filter(|_| !yes).map_or(Ok(()), |crowd| crowd.agree(Some(id), &kept_as(Some(id))))?;
            send(&mut desk, Some(id), draft, &allow, out)
        }
        DraftsOrder::Recover(id) => {
            desk.recover_draft(id)?;
            out.line(&format!("Draft {id} is out of the trash."))
        }
        DraftsOrder::Discard(id) => {
            desk.discard_draft(id)?;
            out.line(&format!("Draft {id} is in the trash for seven days. To get it back: postdesk drafts recover {id}"))
        }
    }
}

fn refuse_discarded(drafts: &[DraftLine], id: i64) -> Outcome<()> {
    match drafts.iter().find(|draft| draft.id == id) {
        Some(draft) if draft.discarded => {
            Err(Failure::new(USAGE, format!("draft {id} is in the trash"), format!("get it back first: postdesk drafts recover {id}")))
        }
        _ => Ok(()),
    }
}

/// One line of `drafts list --json`.
#[derive(Serialize)]
struct DraftJson<'a> {
    id: i64,
    ticket: Option<&'a str>,
    subject: &'a str,
    to: &'a [Address],
    saved: crate::domain::Timestamp,
    discarded: bool,
    note: bool,
}

const COLUMNS: &[Column] = &[
    Column { title: "ID", fit: Fit::Whole },
    Column { title: "AGE", fit: Fit::Whole },
    Column { title: "TICKET", fit: Fit::Whole },
    Column { title: "TO", fit: Fit::Cap(24) },
    Column { title: "SUBJECT", fit: Fit::Rest },
    Column { title: "STATE", fit: Fit::Whole },
];

fn list_drafts(drafts: &[DraftLine], json: bool, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    if json {
        return drafts.iter().try_for_each(|draft| {
            out.json(&DraftJson {
                id: draft.id,
                ticket: draft.ticket.as_ref().map(crate::domain::TicketKey::as_str),
                subject: &draft.subject,
                to: &draft.to,
                saved: draft.saved,
                discarded: draft.discarded,
                note: draft.is_note,
            })
        });
    }
    let cells = |draft: &DraftLine| {
        vec![
            draft.id.to_string(),
            clock.age(draft.saved),
            if draft.label.is_empty() { "new".to_owned() } else { draft.label.clone() },
            if draft.is_note { "(internal note)".to_owned() } else { draft.to.iter().map(Address::label).collect::<Vec<_>>().join(", ") },
            draft.subject.clone(),
            if draft.discarded { "discarded" } else { "kept" }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = drafts.iter().map(cells).collect();
    if rows.is_empty() && out.is_terminal() {
        return out.line("No drafts.");
    }
    lay_out(COLUMNS, &rows, out.width()).iter().try_for_each(|line| out.line(line))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn draft() -> Draft {
        Draft {
            project: "app".into(),
            from: Address::new("Ana (Acme App)", "app@example.com"),
            to: vec![Address::new("Kim Lee", "kim@acme.example")],
            cc: vec![Address::new("", "boss@acme.example")],
            subject: "Re: Cannot log in".into(),
            body: "See the attached file.".into(),
            status: Some(Status::Pending),
            ..Draft::default()
        }
    }

    #[test]
    fn a_review_shows_all_recipients_and_what_is_missing() {
        let review = Review {
            draft: draft(),
            text: "Hello Kim,\n\nSee the attached file.\n\n-- \nAcme".into(),
            objections: vec![Objection { check: Check::MissingAttachment, what: "none is attached".into() }],
            remarks: vec!["boss@acme.example was added".into()],
        };

        insta::assert_snapshot!(samples::printed(|out| print_review(&review, out)));
    }

    #[test]
    fn a_note_that_was_begun_is_shown_as_internal() {
        let note = NoteDraft { text: "Ask Kim\u{1b}[2J first.".into(), ..NoteDraft::default() };

        let text = samples::printed(|out| print_note(&note, &["#7".into(), "#9".into()], out));

        assert_eq!(text, "Note on   #7, #9\n(internal; it cannot be sent)\n\nAsk Kim\u{241b}[2J first.\n");
    }

    #[test]
    fn further_recipients_are_added_once() {
        let order = MailOrder { cc: vec![Address::new("", "Boss@acme.example"), Address::new("", "new@acme.example")], ..MailOrder::default() };

        let filled = filled(draft(), &order).unwrap();

        assert_eq!(filled.cc.iter().map(|cc| cc.address.as_str()).collect::<Vec<_>>(), ["boss@acme.example", "new@acme.example"]);
    }

    #[test]
    fn a_body_stands_below_the_template() {
        assert_eq!(below("Hello Kim,\n", "it is done\n"), "Hello Kim,\n\nit is done");
        assert_eq!(below(" \n", "it is done\n"), "it is done");
        assert_eq!(below("Hello", "\n"), "Hello");
    }

    #[test]
    fn every_fate_of_a_mail_has_its_exit_code() {
        let code = |outcome| {
            let mut bytes = Vec::new();
            report_send(outcome, "a@b", Some(4), &mut Out::plain(&mut bytes, 80)).err().map(|failure| failure.code)
        };

        assert_eq!(code(SendOutcome::Sent), None);
        assert_eq!(code(SendOutcome::Queued("offline".into())), Some(4));
        assert_eq!(code(SendOutcome::Held("kim wrote again".into())), Some(5));
        assert_eq!(code(SendOutcome::Refused("550".into())), Some(4));
        assert_eq!(code(SendOutcome::Uncertain("lost".into())), Some(1));
    }

    #[test]
    fn objections_name_the_way_to_override_them_and_where_the_text_is() {
        let objections = [
            Objection { check: Check::EmptyBody, what: "the text is empty".into() },
            Objection { check: Check::NoRecipient, what: "there is no recipient".into() },
        ];

        let failure = objected(&objections, Some(4));

        assert_eq!(failure.what, "not sent: the text is empty; there is no recipient");
        assert_eq!(
            failure.remedy,
            "the text is kept as draft 4\nname a recipient with --to\nto send it as it is: postdesk drafts send 4 --allow empty-body"
        );
        assert!(objected(&objections, None).remedy.contains("--body"));
    }

    #[test]
    fn discarded_drafts_are_listed_as_such() {
        let line = DraftLine {
            id: 4,
            ticket: None,
            label: String::new(),
            subject: "Re: Cannot log in".into(),
            to: vec![Address::new("Kim Lee", "kim@acme.example")],
            saved: samples::at("2026-11-23T11:00:00Z"),
            discarded: true,
            is_note: false,
        };

        let text = samples::printed(|out| list_drafts(std::slice::from_ref(&line), false, &samples::clock(), out));
        let json = samples::printed(|out| list_drafts(std::slice::from_ref(&line), true, &samples::clock(), out));

        assert!(text.contains("discarded") && text.contains("Kim Lee"), "{text}");
        assert!(json.contains(r#""id":4,"ticket":null,"subject":"Re: Cannot log in""#), "{json}");
        assert!(refuse_discarded(&[line], 4).is_err());
    }
}

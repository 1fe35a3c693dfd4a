//! `parse`: how a mail is read, and why. Needs no configuration.

use super::clock::{Clock, size};
use super::desks::Desks;
use super::fail::{Failure, Outcome};
use super::input;
use super::order::BodySource;
use super::out::{Out, Style};
use crate::domain::message::Message;
use crate::domain::project::{self, Project};
use crate::mail;
use crate::protocol::json::ParsedMail;

/// Prints how each file is read. A file that cannot be opened does not keep the others from being read.
pub fn parse(desks: &Desks, files: &[BodySource], json: bool, clock: &Clock, out: &mut Out<'_>, complain: &mut dyn FnMut(&Failure)) -> Outcome<()> {
    let projects: Vec<Project> = desks.projects_if_any().into_iter().map(|config| config.project).collect();
    let mut told = Ok(());
    for source in files {
        match input::mail(source) {
            Ok(bytes) => {
                let parsed = assemble(input::name(source), &bytes, &projects);
                if json { out.json(&parsed)? } else { print(&parsed, clock, out)? }
            }
            Err(failure) => {
                complain(&failure);
                told = Err(Failure::told(failure.code));
            }
        }
    }
    told
}

fn assemble(file: String, bytes: &[u8], projects: &[Project]) -> ParsedMail {
    let (message, reading) = (mail::read(bytes), mail::view(bytes));
    let (routed_to, routed_by) = routed(&message, projects);
    ParsedMail {
        file,
        routed_to,
        routed_by,
        reply_to: message.reply_to.first().cloned(),
        flaws: message.flaws.iter().map(|flaw| flaw.as_str().to_owned()).collect(),
        text: reading.text,
        new_text: reading.new_text,
        quoted_lines: reading.quoted_lines,
        language: reading.language,
        signals: reading.signals,
        message_id: message.message_id,
        in_reply_to: message.in_reply_to,
        references: message.references,
        from: message.from,
        to: message.to,
        cc: message.cc,
        date: message.date,
        subject: message.subject,
        base_subject: message.base_subject,
        attachments: message.attachments,
        class: message.class,
        auto_reason: message.auto_reason,
        bounce: message.bounce,
        may_acknowledge: message.may_acknowledge,
    }
}

/// The address a project is chosen by and its header; without projects, the first that would be asked.
fn routed(message: &Message, projects: &[Project]) -> (String, String) {
    match mail::routed(message) {
        Some(first) if projects.is_empty() => (first.address.clone(), first.header.clone()),
        _ => {
            let route = project::route(&message.recipients, projects);
            (route.address, route.header)
        }
    }
}

fn print(parsed: &ParsedMail, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    out.styled_line(&format!("{}  {}", parsed.file, parsed.subject), Style::Bold)?;
    for (name, value) in fields(parsed, clock) {
        if !value.is_empty() {
            out.line(&format!("{name:<14}{value}"))?;
        }
    }
    out.line("")?;
    out.text(if parsed.new_text.trim().is_empty() { &parsed.text } else { &parsed.new_text })?;
    out.line("")
}

fn fields(parsed: &ParsedMail, clock: &Clock) -> Vec<(&'static str, String)> {
    let addresses = |list: &[crate::domain::Address]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let ids = |list: &[crate::domain::MessageId]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let files: Vec<String> = parsed.attachments.iter().map(|file| format!("{} ({}, {})", file.name, file.kind, size(file.size))).collect();
    let reason = if parsed.auto_reason.is_empty() { String::new() } else { format!(" ({})", parsed.auto_reason) };
    vec![
        ("Message-ID", parsed.message_id.to_string()),
        ("In-Reply-To", ids(&parsed.in_reply_to)),
        ("References", ids(&parsed.references)),
        ("From", addresses(parsed.from.as_slice())),
        ("Reply-To", addresses(parsed.reply_to.as_slice())),
        ("To", addresses(&parsed.to)),
        ("Cc", addresses(&parsed.cc)),
        ("Date", parsed.date.map(|date| clock.moment(date)).unwrap_or_default()),
        ("Base subject", if parsed.base_subject == parsed.subject { String::new() } else { parsed.base_subject.clone() }),
        ("Class", format!("{}{reason}", parsed.class.as_str())),
        ("Bounce", parsed.bounce.as_ref().map(bounce).unwrap_or_default()),
        ("Acknowledge", if parsed.may_acknowledge { "allowed" } else { "never" }.to_owned()),
        ("Routed", if parsed.routed_to.is_empty() { parsed.routed_by.clone() } else { format!("{} by {}", parsed.routed_to, parsed.routed_by) }),
        ("Language", parsed.language.clone()),
        ("Quoted", if parsed.quoted_lines == 0 { String::new() } else { format!("{} lines", parsed.quoted_lines) }),
        ("Files", files.join(", ")),
        ("Flaws", parsed.flaws.join(", ")),
        ("Signals", parsed.signals.iter().map(|signal| signal.words.as_str()).collect::<Vec<_>>().join("; ")),
    ]
}

fn bounce(bounce: &crate::domain::message::Bounce) -> String {
    let kind = if bounce.permanent { "permanent" } else { "temporary" };
    let original = bounce.original_message_id.as_ref().map(|id| format!(", of {id}")).unwrap_or_default();
    format!("{kind} {} {}{original}", bounce.status, bounce.recipients.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    const MAIL: &[u8] = b"From: Kim Lee <kim@acme.example>\r\nTo: Support <support+app@example.com>\r\nCc: boss@acme.example\r\n\
        Subject: Re: Printer on fire\r\nMessage-ID: <m2@acme.example>\r\nIn-Reply-To: <m1@example.com>\r\n\
        Date: Fri, 20 Nov 2026 09:00:00 +0000\r\n\r\nIt still burns, and the smoke is getting thicker.\r\n\r\n> Is it out?\r\n";

    fn project() -> Project {
        Project { id: "app".into(), addresses: vec!["support@example.com".into()], ..Project::default() }
    }

    #[test]
    fn a_mail_is_explained_without_any_configuration() {
        let parsed = assemble("mail.eml".into(), MAIL, &[]);

        assert_eq!((parsed.routed_to.as_str(), parsed.routed_by.as_str()), ("support+app@example.com", "To"));
        assert_eq!((parsed.base_subject.as_str(), parsed.message_id.as_str()), ("Printer on fire", "m2@acme.example"));
        assert!(parsed.new_text.contains("still burns") && !parsed.new_text.contains("Is it out"), "{}", parsed.new_text);
    }

    #[test]
    fn with_projects_the_address_that_decides_is_named() {
        let other = Project { addresses: vec!["*@acme.example".into()], ..project() };

        assert_eq!(assemble("-".into(), MAIL, &[project()]).routed_to, "support+app@example.com");
        assert_eq!(assemble("-".into(), MAIL, &[other]).routed_to, "boss@acme.example");
        assert_eq!(assemble("-".into(), b"Subject: x\r\n\r\n", &[project()]).routed_by, "default");
    }

    #[test]
    fn what_is_no_mail_at_all_is_read_all_the_same() {
        for bytes in [b"".as_slice(), b"\0\xff\xfe", b"just words\n", &[b':'; 5_000]] {
            let parsed = assemble("-".into(), bytes, &[]);
            let mut printed = Vec::new();

            print(&parsed, &samples::clock(), &mut Out::plain(&mut printed, 80)).unwrap();

            assert!(!parsed.flaws.is_empty(), "{parsed:?}");
            assert!(serde_json::to_string(&parsed).is_ok());
        }
    }

    #[test]
    fn the_explanation_reads_well() {
        let mut printed = Vec::new();

        print(&assemble("mail.eml".into(), MAIL, &[project()]), &samples::clock(), &mut Out::plain(&mut printed, 80)).unwrap();

        insta::assert_snapshot!(String::from_utf8(printed).unwrap());
    }
}

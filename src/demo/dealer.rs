//! Turning written conversations into mail of certain people at certain times.

use super::calendar::{Calendar, DAY, SIX_WEEKS};
use super::client::{Past, Who, Writing, answer_subject, write};
use super::office::{MAILBOX, ProjectCard, project};
use super::people::{AGENTS, Person, customer, display};
use super::rng::Rng;
use super::scenario::{Client, Scenario, Step, Who as Speaker};
use super::tree::{Folder, Tree};
use super::{Counts, DemoError, Seeded, SeededAct};
use crate::domain::ticket::Status;
use crate::domain::{MessageId, Timestamp};

/// Deals conversations until the number of mails is used up.
#[derive(Debug)]
pub(super) struct Dealer {
    pub(super) rng: Rng,
    pub(super) calendar: Calendar,
    pub(super) tree: Tree,
    pub(super) left: u32,
    pub(super) counts: Counts,
    pub(super) seeded: Vec<Seeded>,
}

/// One conversation while it is being written.
#[derive(Debug)]
struct Talk<'a> {
    scenario: &'a Scenario,
    project: ProjectCard,
    customer: Person,
    client: Client,
    address: &'static str,
    slots: Slots,
    /// What the ticket has become, if anything but open; what is long past has been solved.
    status: Option<Status>,
    archived: bool,
    /// Mails so far, oldest first.
    past: Vec<Past>,
}

/// The values that stand for `{order}` and the like, the same in the whole conversation.
#[derive(Debug)]
struct Slots(Vec<(&'static str, String)>);

impl Slots {
    fn new(person: &Person, rng: &mut Rng) -> Self {
        Self(vec![
            ("{first}", person.first.clone()),
            ("{name}", person.name.clone()),
            ("{order}", format!("NL-{}", rng.between(400_000, 499_999))),
            ("{serial}", format!("{}", rng.between(20_000_000, 29_999_999))),
            ("{version}", format!("{}.{}.{}", rng.between(4, 7), rng.below(12), rng.below(6))),
            ("{amount}", format!("{}.{:02} EUR", rng.between(12, 940), rng.below(100))),
            ("{n}", rng.between(2, 9).to_string()),
        ])
    }

    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (slot, value)| if text.contains(slot) { text.replace(slot, value) } else { text })
    }
}

impl Dealer {
    /// Deals one conversation. `fresh` is its first time: then its age is as written.
    pub(super) fn deal(&mut self, scenario: &Scenario, fresh: bool) -> Result<(), DemoError> {
        let newest = scenario.age.filter(|_| fresh).unwrap_or_else(|| self.random_age(scenario.status));
        let newest = newest + self.rng.below(newest / 10 + 1);
        let ages = self.ages(&scenario.steps, newest);
        let mut talk = self.talk(scenario, newest);
        for (index, (step, ago)) in scenario.steps.iter().zip(&ages).enumerate() {
            if let Speaker::Note(agent) = step.who {
                self.seed(&talk, agent, *ago, SeededAct::Note(talk.slots.fill(step.text)));
            } else if self.left == 0 {
                return Ok(());
            } else {
                let answered = scenario.steps.iter().skip(index + 1).any(|later| matches!(later.who, Speaker::Agent(_)));
                self.mail(&mut talk, step, *ago, answered)?;
            }
        }
        self.counts.conversations += 1;
        self.decide(&talk, &ages);
        Ok(())
    }

    /// Newer ages are likelier than older ones; what is solved has had a day for it.
    fn random_age(&mut self, status: Option<Status>) -> u64 {
        let youngest = if status == Some(Status::Solved) { DAY } else { 1800 };
        let place = self.rng.below(1000);
        youngest + (self.calendar.horizon - 2 * DAY) * place * place / 1_000_000
    }

    /// The age of each step in work seconds, the last one `newest`; squeezed to fit the horizon.
    fn ages(&mut self, steps: &[Step], newest: u64) -> Vec<u64> {
        let gaps: Vec<u64> = steps
            .iter()
            .map(|step| match step.who {
                Speaker::Customer => self.rng.between(2_400, 38_000),
                Speaker::Agent(_) => self.rng.between(900, 15_000),
                Speaker::Note(_) => self.rng.between(120, 900),
                Speaker::Vacation | Speaker::TicketSystem => self.rng.between(3, 40),
            })
            .collect();
        let total: u64 = gaps.iter().skip(1).sum();
        let room = self.calendar.horizon.saturating_sub(newest).max(1);
        let squeeze = |gap: u64| if total > room { (gap * room / total).max(1) } else { gap };
        let mut ago = newest;
        let mut ages: Vec<u64> = Vec::with_capacity(steps.len());
        for gap in gaps.iter().rev() {
            ages.push(ago);
            ago += squeeze(*gap);
        }
        ages.reverse();
        ages
    }

    fn talk<'a>(&mut self, scenario: &'a Scenario, newest: u64) -> Talk<'a> {
        let project = project(scenario.project);
        let customer = customer(scenario.lang, &mut self.rng);
        let client = scenario.client.unwrap_or_else(|| self.rng.pick(&Client::ALL));
        let slots = Slots::new(&customer, &mut self.rng);
        let address = self.rng.pick(project.addresses);
        let is_long_past = newest > SIX_WEEKS + 8 * DAY && self.rng.chance(97);
        let status = if is_long_past { Some(Status::Solved) } else { scenario.status.filter(|status| *status != Status::Open) };
        let archived = status == Some(Status::Solved) && newest > 8 * DAY;
        Talk { scenario, project, customer, client, address, slots, status, archived, past: Vec::new() }
    }

    fn mail(&mut self, talk: &mut Talk<'_>, step: &Step, ago: u64, answered: bool) -> Result<(), DemoError> {
        let at = self.calendar.at(ago);
        let writing = match step.who {
            Speaker::Agent(agent) => by_agent(talk, step, agent, at),
            _ => self.by_customer(talk, step, at),
        };
        let (bytes, past) = write(&writing, &mut self.rng);
        talk.past.push(past);
        match step.who {
            Speaker::Agent(_) => self.deliver(Folder::Sent, "S", at, &bytes),
            _ => {
                self.counts.auto_replies += u32::from(step.who != Speaker::Customer);
                let folder = if talk.archived { Folder::Archive } else { Folder::Inbox };
                let flags = self.flags(ago, answered);
                self.deliver(folder, flags, at, &bytes)
            }
        }
    }

    /// Maildir's letters; `-` alone keeps an unread mail in `cur`.
    fn flags(&mut self, ago: u64, answered: bool) -> &'static str {
        match (answered, ago) {
            (true, _) => "RS",
            (false, 0..3600) => "",
            _ if self.rng.chance(50) => "S",
            _ => "-",
        }
    }

    pub(super) fn deliver(&mut self, folder: Folder, flags: &str, at: Timestamp, bytes: &[u8]) -> Result<(), DemoError> {
        self.left = self.left.saturating_sub(1);
        match folder {
            Folder::Inbox => self.counts.inbox += 1,
            Folder::Sent => self.counts.sent += 1,
            Folder::Archive => self.counts.archive += 1,
            Folder::Junk => self.counts.junk += 1,
        }
        self.tree.deliver(folder, flags, at, bytes)
    }

    fn by_customer<'a>(&mut self, talk: &'a Talk<'_>, step: &'a Step, at: Timestamp) -> Writing<'a> {
        let scenario = talk.scenario;
        let answers = talk.past.last();
        let from = Who::new(talk.customer.name.clone(), talk.customer.address.clone());
        let mut subject = answers.map_or_else(|| talk.slots.fill(scenario.subject), |past| answer_subject(talk.client, scenario.lang, &past.subject));
        let mut extra = transport(&talk.customer.address, talk.address, at, &mut self.rng);
        let automatic = matches!(step.who, Speaker::Vacation | Speaker::TicketSystem);
        if automatic {
            subject = automatic_headers(step.who, scenario.lang, &subject, &mut extra, &mut self.rng);
        }
        let client = if automatic { Client::Web } else { talk.client };
        Writing {
            client,
            lang: scenario.lang,
            zone: talk.customer.zone,
            from,
            to: answers.map_or_else(
                || Who::new("", talk.address),
                |past| if past.from.address == talk.customer.address { past.to.clone() } else { past.from.clone() },
            ),
            cc: None,
            subject,
            at,
            text: self.numbered(talk, step.text),
            signature: if automatic { String::new() } else { closing(talk, scenario.lang, &mut self.rng) },
            answers,
            file: step.file,
            extra,
        }
    }

    /// Fills the slots; `{k}` counts the mails of the conversation and `{n}` varies where it stands more than once.
    fn numbered(&mut self, talk: &Talk<'_>, text: &str) -> String {
        let mut text = text.replace("{k}", &(talk.past.len() / 2 + 1).to_string());
        while text.matches("{n}").count() > 1 {
            text = text.replacen("{n}", &self.rng.between(2, 10).to_string(), 1);
        }
        talk.slots.fill(&text)
    }

    /// Records what became of the ticket.
    fn decide(&mut self, talk: &Talk<'_>, ages: &[u64]) {
        let scenario = talk.scenario;
        let worked = scenario.steps.iter().zip(ages).find_map(|(step, ago)| match step.who {
            Speaker::Agent(agent) | Speaker::Note(agent) => Some((agent, *ago)),
            _ => None,
        });
        let last = ages.last().copied().unwrap_or(0);
        let [first_agent, ..] = AGENTS;
        let (agent, ago) = worked.unwrap_or((first_agent.name, last.saturating_sub(60)));
        if let Some(owner) = scenario.assign.or(worked.map(|(agent, _)| agent)) {
            self.seed(talk, agent, ago, SeededAct::Assign(owner.to_owned()));
        }
        if let Some(priority) = scenario.priority {
            self.seed(talk, agent, ago, SeededAct::Priority(priority));
        }
        if !scenario.tags.is_empty() {
            self.seed(talk, agent, ago, SeededAct::Tag(scenario.tags.iter().map(|tag| (*tag).to_owned()).collect()));
        }
        if let Some(status) = talk.status {
            let by = scenario.assign.unwrap_or(agent);
            self.seed(talk, by, last.saturating_sub(90), SeededAct::Status(status));
        }
    }

    fn seed(&mut self, talk: &Talk<'_>, agent: &str, ago: u64, act: SeededAct) {
        if let Some(message_id) = talk.past.first().and_then(|past| MessageId::new(&past.id)) {
            self.seeded.push(Seeded { message_id, agent: agent.to_owned(), at: self.calendar.at(ago), act });
        }
    }
}

fn by_agent<'a>(talk: &'a Talk<'_>, step: &'a Step, agent: &'static str, at: Timestamp) -> Writing<'a> {
    let lang = talk.scenario.lang;
    let client = match agent {
        "ben" => Client::Thunderbird,
        "kenji" => Client::Mutt,
        _ => Client::Apple,
    };
    let closing = match lang {
        "de" => "Viele Grüße",
        "es" => "Un saludo,",
        "fr" => "Bien cordialement,",
        "ja" => "どうぞよろしくお願いいたします。",
        _ => "Best regards,",
    };
    let subject = talk.past.last().map_or_else(|| talk.scenario.subject.to_owned(), |past| answer_subject(client, lang, &past.subject));
    Writing {
        client,
        lang,
        zone: 60,
        from: Who::new(format!("{} ({})", display(agent), talk.project.name), talk.project.from),
        to: Who::new(talk.customer.name.clone(), talk.customer.address.clone()),
        cc: None,
        subject,
        at,
        text: talk.slots.fill(&step.text.replace("{k}", &(talk.past.len() / 2 + 1).to_string())),
        signature: format!("\n\n{closing}\n{}\n\n-- \n{}", display(agent), talk.project.name),
        answers: talk.past.last(),
        file: step.file,
        extra: Vec::new(),
    }
}

/// What the servers on the way add: path, delivery address, stamps and the verdict on the sender.
pub(super) fn transport(from: &str, to: &str, at: Timestamp, rng: &mut Rng) -> Vec<(&'static str, String)> {
    let host = from.rsplit_once('@').map_or("unknown.example", |(_, host)| host);
    let stamp = super::calendar::header_date(at, 0);
    let (id, address) = (rng.letters("0123456789ABCDEFGHJKLMNPQRSTVWXYZ", 11), format!("192.0.2.{}", rng.between(1, 254)));
    vec![
        ("Return-Path", format!("<{from}>")),
        ("Delivered-To", MAILBOX.to_owned()),
        ("X-Original-To", to.to_owned()),
        (
            "Received",
            format!("from out.{host} (out.{host} [{address}])\n\tby mx.northlight.example (Postfix) with ESMTPS id {id}\n\tfor <{to}>; {stamp}"),
        ),
        ("Authentication-Results", format!("mx.northlight.example;\n\tdkim=pass header.d={host};\n\tspf=pass smtp.mailfrom={from}")),
    ]
}

/// Adds what automatic mail says of itself (RFC 3834) and returns its subject.
fn automatic_headers(who: Speaker, lang: &str, subject: &str, extra: &mut Vec<(&'static str, String)>, rng: &mut Rng) -> String {
    let subject = super::client::bare(subject);
    if who == Speaker::TicketSystem {
        extra.extend([
            ("Auto-Submitted", "auto-generated".to_owned()),
            ("X-Auto-Response-Suppress", "All".to_owned()),
            ("Precedence", "bulk".to_owned()),
        ]);
        return format!("[Case {:08}] Re: {subject}", rng.between(400_000, 900_000));
    }
    extra.extend([("Auto-Submitted", "auto-replied".to_owned()), ("X-Autoreply", "yes".to_owned())]);
    match lang {
        "de" => format!("Abwesenheitsnotiz: {subject}"),
        _ => format!("Automatic reply: {subject}"),
    }
}

/// How a customer ends a mail: formally, briefly, or not at all.
fn closing(talk: &Talk<'_>, lang: &str, rng: &mut Rng) -> String {
    let customer = &talk.customer;
    if talk.client == Client::Iphone {
        return format!("\n\n{}\n\nSent from my iPhone", customer.first);
    }
    let words: &[&str] = match lang {
        "de" => &["Viele Grüße", "Mit freundlichen Grüßen", "Beste Grüße"],
        "es" => &["Un saludo,", "Gracias y un saludo,", "Atentamente,"],
        "fr" => &["Cordialement,", "Bien à vous,", "Merci et bonne journée,"],
        "ja" => &["どうぞよろしくお願いいたします。", "以上、よろしくお願いいたします。"],
        _ => &["Best,", "Thanks,", "Kind regards,", "Cheers,"],
    };
    let name = if rng.chance(50) || lang == "ja" { &customer.name } else { &customer.first };
    let line = if customer.company.is_empty() { String::new() } else { format!("\n\n-- \n{} | {}", customer.name, customer.company) };
    format!("\n\n{}\n{name}{line}", rng.pick(words))
}

//! The written conversations the demo is dealt from, read out of the assets.

use crate::domain::ticket::{Priority, Status};

use super::calendar::DAY;

/// A conversation: who says what, in order, and what becomes of the ticket.
#[derive(Debug, Default)]
pub(super) struct Scenario {
    pub(super) project: &'static str,
    pub(super) lang: &'static str,
    pub(super) subject: &'static str,
    pub(super) client: Option<Client>,
    /// Age of the newest mail in work seconds.
    pub(super) age: Option<u64>,
    pub(super) status: Option<Status>,
    pub(super) assign: Option<&'static str>,
    pub(super) priority: Option<Priority>,
    pub(super) tags: Vec<&'static str>,
    pub(super) steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    pub(super) who: Who,
    pub(super) file: Option<&'static str>,
    pub(super) text: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Who {
    Customer,
    Agent(&'static str),
    Note(&'static str),
    Vacation,
    TicketSystem,
}

/// The program a mail is written with; each leaves its own traces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Client {
    #[default]
    Gmail,
    Outlook,
    Apple,
    Iphone,
    Thunderbird,
    Mutt,
    Web,
}

impl Client {
    pub(super) const ALL: [Self; 7] = [Self::Gmail, Self::Outlook, Self::Apple, Self::Iphone, Self::Thunderbird, Self::Mutt, Self::Web];

    fn named(name: &str) -> Option<Self> {
        let names = ["gmail", "outlook", "apple", "iphone", "thunderbird", "mutt", "web"];
        names.iter().position(|known| *known == name).and_then(|index| Self::ALL.get(index).copied())
    }
}

/// All conversations: first those of several mails, then single questions.
pub(super) fn all() -> Vec<Scenario> {
    let files = [
        ("app", include_str!("../../assets/demo/mail/app.txt")),
        ("shop", include_str!("../../assets/demo/mail/shop.txt")),
        ("hub", include_str!("../../assets/demo/mail/hub.txt")),
    ];
    let long = files.into_iter().flat_map(|(project, text)| text.split("@@ ").skip(1).map(move |block| scenario(project, block)));
    let short = include_str!("../../assets/demo/mail/shorts.txt").lines().filter_map(question);
    long.chain(short).collect()
}

/// One round of the conversation that never ends.
pub(super) fn endless() -> Vec<Step> {
    steps(include_str!("../../assets/demo/mail/long.txt"))
}

fn scenario(project: &'static str, block: &'static str) -> Scenario {
    let (head, rest) = block.split_once('\n').unwrap_or((block, ""));
    let (subject, body) = rest.split_once('\n').unwrap_or((rest, ""));
    let mut scenario = Scenario { project, subject, steps: steps(body), ..Scenario::default() };
    for (key, value) in head.split_whitespace().filter_map(|word| word.split_once('=')) {
        set(&mut scenario, key, value);
    }
    scenario
}

fn set(scenario: &mut Scenario, key: &str, value: &'static str) {
    match key {
        "lang" => scenario.lang = value,
        "client" => scenario.client = Client::named(value),
        "age" => scenario.age = age(value),
        "status" => scenario.status = value.parse().ok(),
        "assign" => scenario.assign = Some(value),
        "priority" => scenario.priority = value.parse().ok(),
        "tags" => scenario.tags = value.split(',').collect(),
        _ => {}
    }
}

/// `4m`, `5h` or `12d` in work seconds.
fn age(text: &str) -> Option<u64> {
    let unit = match text.chars().last()? {
        'm' => 60,
        'h' => 3600,
        _ => DAY,
    };
    text.trim_end_matches(char::is_alphabetic)
        .parse::<u64>()
        .ok()
        .map(|count| if unit == 3600 && count > 12 { count * DAY / 24 } else { count * unit })
}

fn steps(body: &'static str) -> Vec<Step> {
    body.split(">> ").skip(1).filter_map(step).collect()
}

fn step(block: &'static str) -> Option<Step> {
    let (head, text) = block.split_once('\n')?;
    let mut words = head.split_whitespace();
    let who = match (words.next()?, words.clone().next()) {
        ("customer", _) => Who::Customer,
        ("agent", Some(name)) => Who::Agent(name),
        ("note", Some(name)) => Who::Note(name),
        ("auto", Some("vacation")) => Who::Vacation,
        ("auto", Some(_)) => Who::TicketSystem,
        _ => return None,
    };
    Some(Step { who, file: words.find_map(|word| word.strip_prefix("file=")), text: text.trim() })
}

fn question(line: &'static str) -> Option<Scenario> {
    let mut fields = line.splitn(4, '|');
    let (project, lang, subject, text) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let steps = vec![Step { who: Who::Customer, file: None, text }];
    Some(Scenario { project, lang, subject, steps, ..Scenario::default() })
}

#[cfg(test)]
mod tests {
    use super::super::people::AGENTS;
    use super::*;

    #[test]
    fn every_conversation_is_complete_and_names_known_people() {
        let known = |name: &str| AGENTS.iter().any(|agent| agent.name == name);
        for scenario in all() {
            let subject = scenario.subject;
            assert!(!subject.is_empty() && ["app", "shop", "hub"].contains(&scenario.project), "{scenario:?}");
            assert!(["en", "de", "es", "fr", "ja"].contains(&scenario.lang), "{subject}: {}", scenario.lang);
            assert_eq!(scenario.steps.first().map(|step| step.who), Some(Who::Customer), "{subject}");
            assert!(scenario.assign.is_none_or(known), "{subject}");
            for step in &scenario.steps {
                assert!(!step.text.is_empty(), "{subject}");
                assert!(!matches!(step.who, Who::Agent(name) | Who::Note(name) if !known(name)), "{subject}: {step:?}");
            }
        }
    }

    #[test]
    fn no_block_of_the_files_is_lost() {
        assert!(all().len() > 90, "{} conversations", all().len());
        assert_eq!(endless().len(), 12);
    }

    #[test]
    fn ages_are_read_in_work_time() {
        assert_eq!([age("4m"), age("5h"), age("2d")], [Some(240), Some(18_000), Some(2 * DAY)]);
    }
}

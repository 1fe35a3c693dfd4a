//! The company of the demo: its three projects, their addresses and templates.

use std::path::Path;
use std::time::Duration;

use super::people::AGENTS;
use super::tree::{create_folder, write_file};
use super::{DESK, DemoError};
use crate::config::{Agent, DeskConfig, Folders, ProjectConfig, Smtp, Source, View};
use crate::domain::Address;
use crate::domain::project::Project;

pub(super) const MAILBOX: &str = "support@northlight.example";

/// What the mails of a project have in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProjectCard {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) from: &'static str,
    /// Addresses customers write to.
    pub(super) addresses: &'static [&'static str],
    signature: &'static str,
    first_response_hours: u64,
}

pub(super) const PROJECTS: [ProjectCard; 3] = [
    ProjectCard {
        id: "app",
        name: "Fieldnote",
        from: "app@northlight.example",
        addresses: &["support+app@northlight.example", "app@northlight.example"],
        signature: "Fieldnote support\nhttps://fieldnote.northlight.example/help",
        first_response_hours: 8,
    },
    ProjectCard {
        id: "shop",
        name: "Northlight Store",
        from: "shop@northlight.example",
        addresses: &["shop@northlight.example", "support+shop@northlight.example", "billing@northlight.example"],
        signature: "Northlight Store\n3 Harbour Street, open Mon-Fri 9-17",
        first_response_hours: 4,
    },
    ProjectCard {
        id: "hub",
        name: "Beacon weather station",
        from: "beacon@northlight.example",
        addresses: &["beacon@northlight.example", "help@beacon.northlight.example"],
        signature: "Beacon support\nStatus of the service: https://status.northlight.example",
        first_response_hours: 24,
    },
];

pub(super) fn project(id: &str) -> ProjectCard {
    let [first, ..] = PROJECTS;
    PROJECTS.into_iter().find(|project| project.id == id).unwrap_or(first)
}

/// The desk as a configuration file would describe it, for a demo that lies in `dir`.
pub fn desk_config(dir: &Path) -> DeskConfig {
    let named = |name: &str| Some(name.to_owned());
    DeskConfig {
        name: DESK.to_owned(),
        source: Source::Maildir(dir.join("mail")),
        smtp: Some(Smtp::Folders(dir.join("mail"))),
        mailbox: MAILBOX.to_owned(),
        folders: Folders { inbox: vec!["INBOX".to_owned()], sent: named("Sent"), archive: named("Archive"), junk: named("Junk"), team: None },
        authserv_id: named("mx.northlight.example"),
        archive_on_solve: false,
        junk_on_spam: false,
        projects: PROJECTS.iter().map(|card| project_config(card, dir)).collect(),
    }
}

fn project_config(card: &ProjectCard, dir: &Path) -> ProjectConfig {
    let mut addresses: Vec<String> = card.addresses.iter().map(|address| (*address).to_owned()).collect();
    if card.id == "hub" {
        addresses.push("*@beacon.northlight.example".to_owned());
    }
    let project = Project {
        id: card.id.to_owned(),
        name: card.name.to_owned(),
        addresses,
        retired_addresses: if card.id == "app" { vec!["notes@old.northlight.example".to_owned()] } else { Vec::new() },
        from: Address::new(card.name, card.from),
        from_style: Some("{agent} ({project})".to_owned()),
        signature: card.signature.to_owned(),
        is_default: card.id == "app",
        reopen_on_reply: true,
    };
    let first_response = Some(Duration::from_secs(card.first_response_hours * 3600));
    ProjectConfig { project, templates: vec![dir.join("templates").join(card.id)], first_response, ..ProjectConfig::default() }
}

/// The people who work on the desk; the first is the one who opens the demo.
pub fn agents() -> Vec<Agent> {
    AGENTS
        .iter()
        .map(|card| Agent { name: card.name.to_owned(), display: card.display.to_owned(), address: format!("{}@northlight.example", card.name) })
        .collect()
}

/// Saved queries worth a tab.
pub fn views() -> Vec<View> {
    let view = |name: &str, query: &str| View { name: name.to_owned(), query: query.to_owned() };
    vec![view("store", "project:shop status:open -is:snoozed")]
}

macro_rules! template {
    ($path:literal) => {
        ($path, include_str!(concat!("../../assets/demo/templates/", $path)))
    };
}

const TEMPLATES: [(&str, &str); 23] = [
    template!("app/known_bug.md"),
    template!("app/need_more.de.md"),
    template!("app/need_more.md"),
    template!("app/new_note.md"),
    template!("app/new_participant.md"),
    template!("app/solved.md"),
    template!("app/thank_you.md"),
    template!("hub/firmware.md"),
    template!("hub/new_note.md"),
    template!("hub/new_participant.md"),
    template!("hub/reset.md"),
    template!("hub/rma.de.md"),
    template!("hub/rma.md"),
    template!("hub/thank_you.md"),
    template!("shop/invoice_copy.md"),
    template!("shop/new_note.md"),
    template!("shop/new_participant.md"),
    template!("shop/refund.de.md"),
    template!("shop/refund.es.md"),
    template!("shop/refund.fr.md"),
    template!("shop/refund.md"),
    template!("shop/thank_you.md"),
    template!("shop/where_is_my_order.md"),
];

/// Writes the template folders below `dir/templates`; a file that exists is left as it is, for it may have been edited.
pub(super) fn write_templates(dir: &Path) -> Result<(), DemoError> {
    for card in PROJECTS {
        create_folder(&dir.join("templates").join(card.id))?;
    }
    for (name, text) in TEMPLATES {
        let path = dir.join("templates").join(name);
        if !path.exists() {
            write_file(&path, text.as_bytes()).map_err(|source| DemoError::Write { path, source })?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::message::RoutedAddress;
    use crate::domain::project::route;

    #[test]
    fn every_address_of_a_project_leads_to_it() {
        let projects: Vec<Project> = desk_config(Path::new("/demo")).projects.into_iter().map(|config| config.project).collect();

        for card in PROJECTS {
            for address in card.addresses {
                let to = RoutedAddress { header: "To".into(), address: (*address).to_owned() };
                assert_eq!(route(&[to], &projects).project, card.id, "{address}");
            }
        }
    }

    #[test]
    fn every_wrapper_holds_the_reply() {
        let wrappers: Vec<_> = TEMPLATES.iter().filter(|(name, _)| name.ends_with("/new_note.md")).collect();

        assert_eq!(wrappers.len(), PROJECTS.len());
        assert!(wrappers.iter().all(|(_, text)| text.contains("%{NOTE_TEXT}")));
    }
}

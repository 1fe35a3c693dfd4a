//! Reads `[project.*]` and gives every project to its desk.

use std::time::Duration;

use super::section::{Found, Section};
use super::value::{duration, is_address_pattern};
use super::{DeskConfig, ProjectConfig};
use crate::domain::Address;
use crate::domain::project::Project;
use crate::domain::words::nearest;

/// A project as read, still to be given to its desk.
pub(super) struct ReadProject {
    pub desk: Option<Found<String>>,
    pub line: usize,
    pub has_addresses: bool,
    pub config: ProjectConfig,
}

pub(super) fn read(id: &str, mut section: Section<'_>) -> ReadProject {
    let line = section.line;
    if !section.has("desk") {
        section.report().error(line, format!("[{}] belongs to no desk; write desk = \"NAME\" with the name of a [desk.NAME]", section.path()));
    }
    let desk = section.filled("desk");
    let config = ProjectConfig {
        project: identity(id, &mut section),
        templates: templates(&mut section),
        acknowledge: section.boolean("acknowledge").unwrap_or(false),
        ticket_template: section.filled("ticket_template").map(|found| found.value),
        on_new: section.strings("on_new").map(|found| found.value.into_iter().map(|line| line.value).collect()).unwrap_or_default(),
        first_response: targets(&mut section),
    };
    section.finish();
    let has_addresses = !(config.project.addresses.is_empty() && config.project.retired_addresses.is_empty());
    ReadProject { desk, line, has_addresses, config }
}

fn identity(id: &str, section: &mut Section<'_>) -> Project {
    let name = section.filled("name").map_or_else(|| id.to_owned(), |found| found.value);
    Project {
        id: id.to_owned(),
        addresses: addresses(section, "addresses"),
        retired_addresses: addresses(section, "retired_addresses"),
        from: from(section),
        from_style: from_style(section),
        signature: section.string("signature").map(|found| found.value).unwrap_or_default(),
        is_default: section.boolean("default").unwrap_or(false),
        reopen_on_reply: section.boolean("reopen_on_reply").unwrap_or(true),
        name,
    }
}

fn addresses(section: &mut Section<'_>, key: &'static str) -> Vec<String> {
    let Some(found) = section.strings(key) else { return Vec::new() };
    let (good, bad): (Vec<_>, Vec<_>) = found.value.into_iter().partition(|address| is_address_pattern(&address.value));
    for address in bad {
        let what = format!(
            "`{}` in `{key}` of [{}] is not a mail address; write name@domain, or *@domain for a whole domain",
            address.value,
            section.path()
        );
        section.report().error(address.line, what);
    }
    good.into_iter().map(|address| address.value).collect()
}

fn from(section: &mut Section<'_>) -> Address {
    let Some(found) = section.filled("from") else { return Address::default() };
    match Address::parse(&found.value) {
        Ok(address) => address,
        Err(error) => {
            section.report().error(found.line, format!("`from` in [{}]: {error}", section.path()));
            Address::default()
        }
    }
}

/// Only `{agent}` and `{project}` can stand in the style of the sender's name.
fn from_style(section: &mut Section<'_>) -> Option<String> {
    let found = section.filled("from_style")?;
    for field in found.value.split('{').skip(1) {
        let field = field.split('}').next().unwrap_or_default();
        if !matches!(field, "agent" | "project") {
            let what = format!("`from_style` in [{}] knows {{agent}} and {{project}}, not {{{field}}}", section.path());
            section.report().error_near(found.line, what, nearest(field, ["agent", "project"].into_iter()));
        }
    }
    Some(found.value)
}

fn templates(section: &mut Section<'_>) -> Vec<std::path::PathBuf> {
    let report = section.report();
    match section.strings("templates") {
        Some(found) => found.value.iter().map(|dir| report.resolve(&dir.value)).collect(),
        None => vec![report.resolve("templates")],
    }
}

/// The first-response target; the others are checked and kept for later.
fn targets(section: &mut Section<'_>) -> Option<Duration> {
    let mut targets = section.section("targets")?;
    let first_response = span(&mut targets, "first_response");
    span(&mut targets, "resolution");
    targets.filled("hours");
    targets.finish();
    first_response
}

/// A duration such as `4h`; anything else is an error.
pub(super) fn span(section: &mut Section<'_>, key: &'static str) -> Option<Duration> {
    let found = section.filled(key)?;
    let read = duration(&found.value);
    if read.is_none() {
        let what = format!("`{key}` in [{}] is \"{}\"; write a number and a unit: 10s, 30m, 4h, 3d or 2w", section.path(), found.value);
        section.report().error(found.line, what);
    }
    read
}

/// Gives each project to its desk, and a desk without any its default one.
pub(super) fn distribute(projects: Vec<ReadProject>, desks: &mut [DeskConfig], names: &[&str], report: &super::section::Report<'_>) {
    for read in projects {
        let Some(wanted) = &read.desk else { continue };
        if !names.contains(&wanted.value.as_str()) {
            let what = format!("[project.{}] belongs to the desk \"{}\", which does not exist", read.config.project.id, wanted.value);
            report.error_near(wanted.line, what, nearest(&wanted.value, names.iter().copied()));
            continue;
        }
        if let Some(desk) = desks.iter_mut().find(|desk| desk.name == wanted.value) {
            add(desk, read, report);
        }
    }
    for desk in desks {
        complete(desk);
    }
}

fn add(desk: &mut DeskConfig, read: ReadProject, report: &super::section::Report<'_>) {
    let id = &read.config.project.id;
    let owned = |address: &String| desk.projects.iter().find(|other| other.project.addresses.iter().any(|own| own.eq_ignore_ascii_case(address)));
    for address in &read.config.project.addresses {
        if let Some(other) = owned(address) {
            report.error(read.line, format!("[project.{id}] and [project.{}] both claim the address {address}", other.project.id));
        }
    }
    if let Some(other) = desk.projects.iter().find(|other| other.project.is_default && read.config.project.is_default) {
        report.error(read.line, format!("[project.{id}] and [project.{}] are both the default of desk {}; keep one", other.project.id, desk.name));
    }
    if !read.has_addresses && !read.config.project.is_default && read.config.project.from.address.is_empty() {
        report.warn(read.line, format!("[project.{id}] has no `addresses`: no mail will lead to it"), None);
    }
    desk.projects.push(read.config);
}

/// Fills in what follows from the rest: mailbox, default project, senders.
fn complete(desk: &mut DeskConfig) {
    if desk.projects.is_empty() {
        let project = Project { id: desk.name.clone(), name: desk.name.clone(), reopen_on_reply: true, ..Project::default() };
        desk.projects.push(ProjectConfig { project, ..ProjectConfig::default() });
    }
    if desk.mailbox.is_empty() {
        desk.mailbox = desk.projects.iter().find_map(|config| sender(&config.project)).unwrap_or_default();
    }
    if !desk.projects.iter().any(|config| config.project.is_default) {
        if let Some(first) = desk.projects.first_mut() {
            first.project.is_default = true;
        }
    }
    let mailbox = desk.mailbox.clone();
    for config in &mut desk.projects {
        let project = &mut config.project;
        if project.addresses.is_empty() && project.is_default && !mailbox.is_empty() {
            project.addresses.push(mailbox.clone());
        }
        if project.from.address.is_empty() {
            project.from = Address::new(project.name.clone(), sender(project).unwrap_or_else(|| mailbox.clone()));
        }
    }
}

/// The address a project sends from when it does not say: its first that is no pattern.
fn sender(project: &Project) -> Option<String> {
    let own = (!project.from.address.is_empty()).then(|| project.from.address.clone());
    own.or_else(|| project.addresses.iter().find(|address| !address.starts_with('*')).cloned())
}

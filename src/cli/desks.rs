//! Which desk a command works on: the only one, the one named, or each.

use std::path::{Path, PathBuf};

use super::fail::{Failure, Outcome};
use super::order::Globals;
use super::places::Roots;
use crate::config::{self, Agent, Config, DeskConfig, ProjectConfig};
use crate::demo;
use crate::desk::{Desk, DeskSetup};
use crate::domain::words::nearest;

/// Where the desks of this run come from.
#[derive(Clone, Debug)]
pub enum Desks {
    /// From the configuration file.
    Configured(Globals),
    /// The demo desk.
    Given(Box<DeskSetup>),
}

impl Desks {
    /// The desk named with `--desk`, else the only one.
    pub fn one(&self) -> Outcome<DeskSetup> {
        match self {
            Self::Given(setup) => Ok((**setup).clone()),
            Self::Configured(globals) => {
                let config = read_config(globals)?;
                setup(&config, choose(&config, globals)?, globals)
            }
        }
    }

    /// Every desk, or the one named with `--desk`.
    pub fn every(&self) -> Outcome<Vec<DeskSetup>> {
        if let Self::Configured(globals) = self {
            read_config(globals)?;
        }
        self.every_in_silence()
    }

    /// The same, without a word on what in the configuration is not understood.
    pub fn every_in_silence(&self) -> Outcome<Vec<DeskSetup>> {
        let Self::Configured(globals) = self else { return Ok(vec![self.one()?]) };
        let config = read_quietly(globals)?;
        if globals.desk.is_some() {
            return Ok(vec![setup(&config, choose(&config, globals)?, globals)?]);
        }
        if config.desks.is_empty() {
            choose(&config, globals)?;
        }
        config.desks.iter().map(|desk| setup(&config, desk, globals)).collect()
    }

    /// Opens the one desk.
    pub fn open(&self) -> Outcome<Desk> {
        open(self.one()?)
    }

    /// The configuration of the screen: views and keys.
    pub fn config(&self) -> Outcome<Config> {
        match self {
            Self::Configured(globals) => read_config(globals),
            Self::Given(setup) => {
                Ok(Config { agent: setup.agent.clone(), desks: vec![setup.desk.clone()], views: demo::views(), ..Config::default() })
            }
        }
    }

    /// Projects to route by, for commands that work without any configuration.
    pub fn projects_if_any(&self) -> Vec<ProjectConfig> {
        let mailboxes = match self {
            Self::Given(setup) => vec![setup.desk.clone()],
            Self::Configured(globals) => read_config(globals).map(|config| config.desks).unwrap_or_default(),
        };
        mailboxes.into_iter().flat_map(|desk| desk.projects).collect()
    }
}

/// Opens a desk, and says so if its copy of the mail was damaged and is to be fetched again.
pub fn open(setup: DeskSetup) -> Outcome<Desk> {
    let desk = Desk::open(setup)?;
    if let Some(aside) = desk.cache_set_aside() {
        let what = format!("the cache of desk {} was damaged and lies in {} now", desk.name(), aside.display());
        super::complain(&Failure::new(0, what, "nothing is lost: the next `postdesk sync` fetches the mail again"));
    }
    Ok(desk)
}

fn setup(config: &Config, desk: &DeskConfig, globals: &Globals) -> Outcome<DeskSetup> {
    let places = Roots::of(globals)?.of_desk(&desk.name);
    Ok(DeskSetup { desk: desk.clone(), agent: agent(&config.agent, globals.agent.as_deref()), places, offline: globals.offline })
}

/// The configured agent, or the one named with `--agent`.
pub fn agent(configured: &Agent, named: Option<&str>) -> Agent {
    match named.map(|name| name.trim().to_lowercase()) {
        Some(name) if !name.is_empty() && name != configured.name => Agent { display: name.clone(), name, address: configured.address.clone() },
        _ => configured.clone(),
    }
}

fn choose<'a>(config: &'a Config, globals: &Globals) -> Outcome<&'a DeskConfig> {
    let names: Vec<&str> = config.desks.iter().map(|desk| desk.name.as_str()).collect();
    let choices = names.join(", ");
    match (&globals.desk, config.desks.as_slice()) {
        (_, []) => Err(Failure::usage(format!("no desk is configured in {}", config.path.display()), EXAMPLE)),
        (Some(name), desks) => desks.iter().find(|desk| desk.name == *name).ok_or_else(|| {
            let near = nearest(name, names.iter().copied()).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            Failure::usage(format!("there is no desk `{name}`"), format!("{near}The configured ones are: {choices}"))
        }),
        (None, [desk]) => Ok(desk),
        (None, _) => Err(Failure::usage("several desks are configured, and the command works on one", format!("name it with --desk: {choices}"))),
    }
}

/// Reads the file named with `--config`, else the one in the platform's place.
fn read_config(globals: &Globals) -> Outcome<Config> {
    let config = read_quietly(globals)?;
    warn(&config.warnings);
    Ok(config)
}

fn read_quietly(globals: &Globals) -> Outcome<Config> {
    let path = config_path(globals)?;
    config::load(&path).map_err(|error| if error.is_missing() { missing(&path) } else { Failure::usage(with_causes(&error), error.remedy()) })
}

/// Says what in the file is not understood, once for each run; work goes on.
fn warn(warnings: &[String]) {
    static SAID: std::sync::Once = std::sync::Once::new();
    SAID.call_once(|| {
        for warning in warnings {
            super::complain(&Failure::new(0, warning.clone(), ""));
        }
    });
}

/// An error and what caused it, on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// Where the configuration is looked for.
pub fn config_path(globals: &Globals) -> Outcome<PathBuf> {
    globals
        .config
        .clone()
        .or_else(config::default_path)
        .ok_or_else(|| Failure::usage("no home directory is known, so there is no configuration", "set HOME, or give --config FILE"))
}

fn missing(path: &Path) -> Failure {
    Failure::usage(
        format!("there is no configuration: {} does not exist", path.display()),
        format!("try `postdesk demo` without one, or write this into it and change the addresses:\n\n{EXAMPLE}"),
    )
}

/// The smallest configuration that leads to a synced queue.
const EXAMPLE: &str = r#"agent = { name = "ana", display = "Ana Ruiz", address = "ana@example.com" }

[desk.acme]
imap = { host = "imap.example.com", user = "support@example.com", password_command = "pass show support" }
smtp = { host = "smtp.example.com" }

[project.app]
desk = "acme"
addresses = ["support@example.com"]
from = "Acme Support <support@example.com>""#;

#[cfg(test)]
mod tests {
    use super::*;

    fn config(names: &[&str]) -> Config {
        let desks = names.iter().map(|name| DeskConfig {
            name: (*name).into(),
            source: crate::config::Source::Maildir("/nowhere".into()),
            smtp: None,
            mailbox: String::new(),
            folders: crate::config::Folders { inbox: vec![], sent: None, archive: None, junk: None, team: None },
            authserv_id: None,
            archive_on_solve: false,
            junk_on_spam: false,
            projects: vec![],
        });
        Config { desks: desks.collect(), ..Config::default() }
    }

    fn chosen(names: &[&str], named: Option<&str>) -> Result<String, String> {
        let globals = Globals { desk: named.map(str::to_owned), ..Globals::default() };
        choose(&config(names), &globals).map(|desk| desk.name.clone()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn the_only_desk_needs_no_name() {
        assert_eq!(chosen(&["acme"], None), Ok("acme".into()));
        assert_eq!(chosen(&["acme", "blue"], Some("blue")), Ok("blue".into()));
    }

    #[test]
    fn of_several_one_has_to_be_named() {
        let refused = chosen(&["acme", "blue"], None).unwrap_err();

        assert!(refused.contains("--desk: acme, blue"), "{refused}");
    }

    #[test]
    fn a_misspelt_desk_finds_its_neighbour() {
        let refused = chosen(&["acme", "blue"], Some("amce")).unwrap_err();

        assert!(refused.contains("did you mean `acme`?"), "{refused}");
    }

    #[test]
    fn a_named_agent_acts_instead_of_the_configured_one() {
        let ana = Agent { name: "ana".into(), display: "Ana Ruiz".into(), address: "ana@x.example".into() };

        assert_eq!(agent(&ana, Some("ana")), ana);
        assert_eq!(agent(&ana, None), ana);
        assert_eq!(agent(&ana, Some("Bo")).name, "bo");
        assert_eq!(agent(&ana, Some("bo")).display, "bo");
    }

    #[test]
    fn a_missing_file_says_where_it_was_looked_for_and_what_to_write() {
        let text = missing(Path::new("/x/config.toml")).to_string();

        assert!(text.contains("/x/config.toml does not exist"), "{text}");
        assert!(text.contains("[project.app]"), "{text}");
        assert!(EXAMPLE.lines().count() <= 10);
    }

    #[test]
    fn the_example_is_a_configuration() {
        let config = config::parse(EXAMPLE, Path::new("/x/config.toml")).unwrap();

        assert_eq!(config.warnings, [] as [&str; 0]);
        assert_eq!(config.desks.iter().map(|desk| desk.projects.len()).collect::<Vec<_>>(), [1]);
    }
}

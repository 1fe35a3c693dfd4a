//! From the text of the file to a [`Config`], with every problem named at once.

use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::problem::{ConfigError, Problem, located};
use super::section::{Report, Section};
use super::{Agent, Clipboard, Config, DeskConfig, KeyOverride, Outside, Sending, View, desk, notify, project, ui};
use crate::domain::Timestamp;
use crate::domain::address::is_addr_spec;
use crate::domain::query::{self, QueryContext};

/// Where the configuration lies when nobody says otherwise: the platform's place for it.
/// `None` when the user has no home.
pub fn default_path() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "postdesk").map(|dirs| dirs.config_dir().join("config.toml"))
}

/// Reads the file. Without an `agent` in it, the login name is taken.
///
/// # Errors
/// Names every wrong line at once; unknown keys are only [`Config::warnings`].
pub fn load(path: &Path) -> Result<Config, ConfigError> {
    let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Missing { path: path.to_owned() },
        _ => ConfigError::Unreadable { path: path.to_owned(), source },
    })?;
    let mut config = parse(&text, path)?;
    if config.agent.name.is_empty() {
        let login = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| std::env::var(name).ok());
        config.agent.name = login.map(|name| name.to_lowercase()).filter(|name| is_agent_name(name)).unwrap_or_else(|| "agent".to_owned());
    }
    if config.agent.display.is_empty() {
        config.agent.display.clone_from(&config.agent.name);
    }
    Ok(config)
}

/// Reads a text as the content of the file at `path`, without touching the disk.
/// The path is what messages name and what relative paths are below.
pub fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let home = directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    let report = Report::new(text, path, home);
    let (root, syntax) = DeTable::parse_recoverable(text);
    if !syntax.is_empty() {
        let problems = syntax.iter().map(|error| syntax_problem(error, &report)).collect();
        return Err(ConfigError::Invalid { path: path.to_owned(), problems });
    }
    let mut config = root_section(Section::new(&report, "", 1, root.get_ref()));
    let (errors, warnings) = report.finish();
    if !errors.is_empty() {
        return Err(ConfigError::Invalid { path: path.to_owned(), problems: errors });
    }
    path.clone_into(&mut config.path);
    config.warnings = warnings.iter().map(|problem| located(path, problem)).collect();
    Ok(config)
}

/// Every key that reading the file looks for, with its table; names that people choose are `NAME`.
#[cfg(test)]
pub(super) fn keys_looked_for() -> std::collections::BTreeSet<(String, &'static str)> {
    let text = "[agent]\n[desk.NAME.imap.folders]\n[desk.NAME.smtp]\n[project.NAME.targets]\n[send]\n[ui]\n[outside]\n[notify]\n[view.NAME]\n";
    let report = Report::new(text, Path::new("config.toml"), None);
    let (root, _) = DeTable::parse_recoverable(text);
    root_section(Section::new(&report, "", 1, root.get_ref()));
    report.asked()
}

/// The parser's message alone: its full text would repeat the line, which may hold a secret.
fn syntax_problem(error: &toml::de::Error, report: &Report<'_>) -> Problem {
    let line = report.line_at(error.span().map_or(0, |span| span.start));
    Problem { line, what: format!("this is not valid TOML: {}", error.message().replace('\n', ", ")), nearest: None }
}

fn root_section(mut root: Section<'_>) -> Config {
    let agent = root.section("agent").map(agent).unwrap_or_default();
    let mut desk_names = Vec::new();
    let mut desks = Vec::new();
    if let Some(mut all) = root.section("desk") {
        desk_names = all.names();
        desks = desk_names.iter().filter_map(|name| desk::read(name, all.named_section(name)?)).collect();
    }
    let projects = root.section("project").map(|mut all| {
        let names = all.names();
        names.iter().filter_map(|name| Some(project::read(name, all.named_section(name)?))).collect()
    });
    project::distribute(projects.unwrap_or_default(), &mut desks, &desk_names, root.report());
    check_desks(&root, &desk_names, &desks);
    let views = root.section("view").map(|all| views(all, &agent)).unwrap_or_default();
    let keys = root.section("keys").map(keys).unwrap_or_default();
    let sending = root.section("send").map(send).unwrap_or_default();
    let outside = root.section("outside").map(outside).unwrap_or_default();
    let notify = root.section("notify").map(notify::read).unwrap_or_default();
    root.tolerate(&["dashboard"]);
    let ui = root.section("ui").map(ui::read).unwrap_or_default();
    root.finish();
    Config { agent, desks, views, keys, sending, ui, outside, notify, ..Config::default() }
}

/// A desk is needed, and each must know the address its mail leaves from.
fn check_desks(root: &Section<'_>, names: &[&str], desks: &[DeskConfig]) {
    if names.is_empty() {
        root.report().error(1, "there is no desk; write a [desk.NAME.imap] with host, user and password_command");
    }
    for desk in desks.iter().filter(|desk| desk.mailbox.is_empty()) {
        let what = format!("[desk.{0}] does not say its mail address; write address = \"…\" into [desk.{0}]", desk.name);
        root.report().error(root.line_of("desk"), what);
    }
}

fn agent(mut section: Section<'_>) -> Agent {
    let name = section.filled("name");
    if let Some(found) = name.as_ref().filter(|found| !is_agent_name(&found.value)) {
        let what =
            format!("the agent's name is \"{}\"; it is a short word of letters, digits, `-`, `_` and `.`, but not `me` or `none`", found.value);
        section.report().error(found.line, what);
    }
    let display = section.filled("display").map(|found| found.value);
    let address = section.filled("address");
    if let Some(found) = address.as_ref().filter(|found| !is_addr_spec(&found.value)) {
        section.report().error(found.line, format!("the agent's address \"{}\" is not a mail address", found.value));
    }
    section.finish();
    let name = name.map(|found| found.value).unwrap_or_default();
    Agent { display: display.unwrap_or_else(|| name.clone()), address: address.map(|found| found.value).unwrap_or_default(), name }
}

/// `me` and `none` mean something else wherever an agent can stand.
fn is_agent_name(name: &str) -> bool {
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.'));
    !name.is_empty() && plain && name.chars().count() <= 40 && !matches!(name, "me" | "none")
}

fn views(mut all: Section<'_>, agent: &Agent) -> Vec<View> {
    let context = QueryContext { agent: agent.name.clone(), now: Timestamp::UNIX_EPOCH };
    let names = all.names();
    names
        .iter()
        .filter_map(|name| {
            let mut section = all.named_section(name)?;
            if !section.has("query") {
                section.report().error(section.line, format!("[view.{name}] has no `query`"));
            }
            let found = section.string("query");
            if let Some((found, error)) = found.as_ref().and_then(|found| Some((found, query::parse(&found.value, &context).err()?))) {
                section.report().error(found.line, format!("`query` in [view.{name}]: {error}"));
            }
            section.finish();
            Some(View { name: (*name).to_owned(), query: found?.value })
        })
        .collect()
}

/// Which scopes, keys and commands exist is the registry's business; here only their form is checked.
fn keys(mut all: Section<'_>) -> Vec<KeyOverride> {
    let mut overrides = Vec::new();
    for scope in all.names() {
        let Some(mut section) = all.named_section(scope) else { continue };
        for key in section.names() {
            let Some(found) = section.named(key) else { continue };
            match found.value {
                DeValue::String(command) => {
                    overrides.push(KeyOverride { scope: scope.to_owned(), key: key.to_owned(), command: command.to_string(), line: found.line });
                }
                DeValue::Boolean(false) => {
                    overrides.push(KeyOverride { scope: scope.to_owned(), key: key.to_owned(), command: String::new(), line: found.line });
                }
                _ => {
                    section.report().error(found.line, format!("the key `{key}` in [keys.{scope}] must be a command in quotes, or false to free it"));
                }
            }
        }
    }
    overrides
}

fn send(mut section: Section<'_>) -> Sending {
    let usual = Sending::default();
    let undo_window = project::span(&mut section, "undo_window").unwrap_or(usual.undo_window);
    let composer = section.string("composer");
    let external = composer.is_some_and(|found| match found.value.as_str() {
        "external" => true,
        "built-in" => false,
        other => {
            section.report().error(found.line, format!("`composer` is \"{other}\"; it is \"built-in\" or \"external\""));
            false
        }
    });
    section.finish();
    Sending { undo_window, external_editor: external }
}

fn outside(mut section: Section<'_>) -> Outside {
    let opener = section.filled("opener").and_then(|found| match shell_words::split(&found.value) {
        Ok(words) if !words.is_empty() => Some(words),
        _ => {
            section.report().error(found.line, format!("`opener` in [outside] is `{}`, which is no command", found.value));
            None
        }
    });
    let downloads = section.path_value("downloads");
    let ways = [
        ("auto", Clipboard::Auto),
        ("native", Clipboard::Native),
        ("osc52", Clipboard::Osc52),
        ("osc52-tmux", Clipboard::Osc52Tmux),
        ("off", Clipboard::Off),
    ];
    let clipboard = section.word("clipboard", &ways).unwrap_or_default();
    section.finish();
    Outside { opener, downloads, clipboard }
}

//! What is the same for every desk: the program, its configuration, the terminal.

use crate::config::{Config, ConfigError};
use crate::protocol::doctor::Check;
use crate::store::health;

/// Versions and platform.
pub fn program() -> Check {
    let (version, sqlite) = (env!("CARGO_PKG_VERSION"), health::sqlite_version());
    Check::ok("program", format!("postdesk {version}, SQLite {sqlite}, {} {}", std::env::consts::OS, std::env::consts::ARCH))
}

/// The file, and every line of it that is not understood.
pub fn configuration(read: &Result<Config, ConfigError>) -> Vec<Check> {
    let name = "configuration";
    match read {
        Ok(config) if config.warnings.is_empty() => {
            let desks: Vec<&str> = config.desks.iter().map(|desk| desk.name.as_str()).collect();
            vec![Check::ok(name, format!("{}: {}", config.path.display(), counted(&desks)))]
        }
        Ok(config) => config.warnings.iter().map(|warning| Check::degraded(name, warning, "Correct the line; it has no effect as it is.")).collect(),
        Err(ConfigError::Invalid { path, problems }) => {
            let located = problems.iter().map(|problem| format!("{}:{}", path.display(), problem.to_string().trim_start_matches("line ")));
            located.map(|what| Check::failed(name, what, "Correct the line.")).collect()
        }
        Err(error) => {
            let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            vec![Check::failed(name, format!("{error}{cause}"), error.remedy())]
        }
    }
}

fn counted(desks: &[&str]) -> String {
    match desks {
        [] => "no desk".to_owned(),
        [one] => format!("desk {one}"),
        several => format!("desks {}", several.join(", ")),
    }
}

/// What is known of the terminal without asking it anything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Standard input and output are a terminal.
    pub is_terminal: bool,
    pub term: String,
    pub colorterm: String,
    pub no_color: bool,
    /// The first of `LC_ALL`, `LC_CTYPE` and `LANG` that is set.
    pub locale: String,
    pub in_tmux: bool,
    pub over_ssh: bool,
}

/// Whether the screen can be drawn here.
pub fn terminal(terminal: &Terminal) -> Check {
    let name = "terminal";
    let seen = described(terminal);
    let locale = terminal.locale.to_ascii_lowercase();
    if !terminal.is_terminal {
        return Check::skipped(name, format!("input or output is no terminal here; {seen}"));
    }
    if terminal.term.is_empty() || terminal.term == "dumb" {
        return Check::degraded(name, seen, "Set TERM to what the terminal is, e.g. xterm-256color; the screen needs it, commands do not.");
    }
    if !locale.contains("utf-8") && !locale.contains("utf8") {
        return Check::degraded(name, seen, "Set LANG to a UTF-8 locale, e.g. C.UTF-8: letters outside ASCII may be drawn wrongly.");
    }
    Check::ok(name, seen)
}

fn described(terminal: &Terminal) -> String {
    let value = |text: &str| if text.is_empty() { "not set".to_owned() } else { text.to_owned() };
    let colours = match terminal {
        Terminal { no_color: true, .. } => "off (NO_COLOR)",
        Terminal { colorterm, .. } if matches!(colorterm.as_str(), "truecolor" | "24bit") => "24 bit",
        Terminal { term, .. } if term.contains("256color") => "256",
        _ => "16",
    };
    let mut parts = vec![format!("TERM {}", value(&terminal.term)), format!("colours {colours}"), format!("locale {}", value(&terminal.locale))];
    parts.extend(terminal.in_tmux.then(|| "in tmux".to_owned()));
    parts.extend(terminal.over_ssh.then(|| "over SSH".to_owned()));
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::config;
    use crate::protocol::doctor::Outcome;

    fn good() -> Terminal {
        Terminal { is_terminal: true, term: "tmux-256color".into(), locale: "de_DE.UTF-8".into(), in_tmux: true, ..Terminal::default() }
    }

    #[test]
    fn a_terminal_is_described_without_asking_it() {
        let check = terminal(&good());

        assert_eq!((check.outcome, check.seen.as_str()), (Outcome::Ok, "TERM tmux-256color, colours 256, locale de_DE.UTF-8, in tmux"));
    }

    #[test]
    fn what_spoils_the_screen_has_a_remedy() {
        let dumb = terminal(&Terminal { term: "dumb".into(), ..good() });
        let latin = terminal(&Terminal { locale: "C".into(), ..good() });
        let piped = terminal(&Terminal { is_terminal: false, ..good() });

        assert_eq!((dumb.outcome, latin.outcome, piped.outcome), (Outcome::Degraded, Outcome::Degraded, Outcome::Skipped));
        assert!(dumb.remedy.contains("TERM") && latin.remedy.contains("UTF-8"), "{dumb:?} {latin:?}");
    }

    #[test]
    fn every_wrong_line_of_the_configuration_is_a_check_of_its_own() {
        let text = "agnet = 1\n[desk.acme]\nsource = \"imap\"\n";

        let checks = configuration(&config::parse(text, Path::new("/x/config.toml")));

        assert!(checks.len() == 1 && checks[0].seen.starts_with("/x/config.toml:2: "), "{checks:#?}");
        assert!(checks.iter().all(|check| check.outcome == Outcome::Failed && !check.remedy.is_empty()), "{checks:#?}");
    }

    #[test]
    fn a_key_nobody_knows_is_only_a_warning() {
        let text = "agnet = { name = \"ana\" }\n[desk.acme]\nsource = \"maildir\"\npath = \"/x\"\nsmtp = { folders = \"/y\" }\n[project.app]\ndesk = \"acme\"\naddresses = [\"a@x.example\"]\nfrom = \"a@x.example\"\n";

        let checks = configuration(&config::parse(text, Path::new("/x/config.toml")));

        assert_eq!(checks.iter().map(|check| check.outcome).collect::<Vec<_>>(), [Outcome::Degraded], "{checks:#?}");
        assert!(checks[0].seen.contains("/x/config.toml:1: ") && checks[0].seen.contains("agent"), "{checks:#?}");
    }
}

//! The manual page and the completion scripts, both made from the command line's own description.

use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, italic, roman};

use super::build;
use super::fail::Outcome;
use super::out::Out;
use super::reference;
use crate::action::{self, Scope};

/// Prints the completion script of a shell.
pub fn completions(shell: Shell, out: &mut Out<'_>) -> Outcome<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut build::command(), "postdesk", &mut script);
    out.file(&script)
}

/// Prints the manual page.
pub fn man(out: &mut Out<'_>) -> Outcome<()> {
    out.file(page()?.as_bytes())
}

/// The manual page in roff. It depends on nothing but the registry and the version.
pub fn page() -> Outcome<String> {
    let mut command = build::command();
    command.build();
    let man =
        Man::new(command.clone()).title("POSTDESK").section("1").manual("User Commands").source(format!("postdesk {}", env!("CARGO_PKG_VERSION")));
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    synopsis(&command).to_writer(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    sections(&command).to_writer(&mut page)?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

/// How a command line is written, the values of options included.
fn synopsis(command: &clap::Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    let mut line = vec![bold(command.get_name())];
    for option in command.get_arguments().filter(|option| option.is_global_set() && !option.is_hide_set()) {
        line.push(roman(" ["));
        line.extend(written(option));
        line.push(roman("]"));
    }
    line.extend([roman(" ["), italic("COMMAND"), roman("]")]);
    roff.text(line);
    roff
}

fn sections(command: &clap::Command) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["COMMANDS"]);
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        describe(&mut roff, sub);
        for below in sub.get_subcommands() {
            describe(&mut roff, below);
        }
    }
    reference_sections(&mut roff);
    roff.control("SH", ["EXIT STATUS"]);
    let codes = [("0", "done"), ("1", "failed"), ("2", "usage"), ("3", "not found"), ("4", "offline, or refused by the server"), ("5", "conflict")];
    terms(&mut roff, &codes);
    roff.control("SH", ["ENVIRONMENT"]);
    terms(&mut roff, ENVIRONMENT);
    roff.control("SH", ["FILES"]);
    terms(&mut roff, FILES);
    roff
}

/// What the README has as tables, and the keys of the screen.
fn reference_sections(roff: &mut Roff) {
    roff.control("SH", ["CONFIGURATION"]);
    for (keys, tables, meaning) in reference::configuration() {
        roff.control("TP", []);
        roff.text(marked_up(&format!("{keys} in {tables}")));
        roff.text(marked_up(&meaning));
    }
    for (title, rows) in [("QUERIES", reference::conditions()), ("SIGNS IN THE LIST", reference::signs())] {
        roff.control("SH", [title]);
        for (written, meaning) in rows {
            roff.control("TP", []);
            roff.text(marked_up(&written));
            roff.text(marked_up(&meaning));
        }
    }
    roff.control("SH", ["KEYS OF THE SCREEN"]);
    for scope in Scope::ALL {
        roff.control("SS", [if scope == Scope::Global { "everywhere" } else { scope.as_str() }]);
        for action in action::all().filter(|action| action.scopes.contains(&scope) && !action.keys.is_empty()) {
            roff.control("TP", []);
            roff.text([bold(action.keys.join(", "))]);
            roff.text([roman(format!("{} (:{})", action.title, action.name))]);
        }
    }
}

/// Text with what is typed, between backticks, in bold.
fn marked_up(text: &str) -> Vec<Inline> {
    text.split('`').enumerate().map(|(index, part)| if index % 2 == 1 { bold(part) } else { roman(part) }).collect()
}

const ENVIRONMENT: &[(&str, &str)] = &[
    ("POSTDESK_LOG", "Writes a log at this level (error, warn, info, debug, trace) into the state folder; nothing is logged without it."),
    ("NO_COLOR", "Turns colours off when it is set to anything but the empty text."),
    ("COLUMNS", "The width of tables."),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_CACHE_HOME, XDG_STATE_HOME", "Move the folders named under FILES."),
];

const FILES: &[(&str, &str)] = &[
    ("~/.config/postdesk/config.toml", "The configuration."),
    ("~/.local/share/postdesk/desks/", "Drafts, outbox and changes: what must not be lost."),
    ("~/.cache/postdesk/desks/", "Mail; can be rebuilt from the server."),
    ("~/.local/state/postdesk/postdesk.log", "The log, when one is asked for."),
];

fn terms(roff: &mut Roff, list: &[(&str, &str)]) {
    for (term, text) in list {
        roff.control("TP", []);
        roff.text([bold(*term)]);
        roff.text([roman(*text)]);
    }
}

/// One command: how it is written, what it does, its arguments, examples.
fn describe(roff: &mut Roff, command: &clap::Command) {
    let path = command.get_bin_name().unwrap_or_else(|| command.get_name()).trim_start_matches("postdesk ").to_owned();
    roff.control("SS", [path.as_str()]);
    let help = command.get_long_about().or_else(|| command.get_about()).map(ToString::to_string).unwrap_or_default();
    let stop = if help.ends_with('.') { "" } else { "." };
    roff.text([roman(format!("{help}{stop}"))]);
    for arg in
        command.get_arguments().filter(|arg| !arg.is_hide_set() && !arg.is_global_set() && !matches!(arg.get_id().as_str(), "help" | "version"))
    {
        roff.control("TP", []);
        roff.text(written(arg));
        roff.text([roman(arg.get_help().map(ToString::to_string).unwrap_or_default())]);
    }
    let examples = command.get_after_help().map(ToString::to_string).filter(|_| !command.has_subcommands());
    for line in examples.iter().flat_map(|text| text.lines()).filter(|line| line.starts_with("  ") && !line.starts_with("   ")) {
        roff.control("PP", []);
        roff.text([roman("Example: "), bold(line.trim())]);
    }
}

fn written(arg: &clap::Arg) -> Vec<Inline> {
    let value = arg.get_value_names().unwrap_or_default().first().map(ToString::to_string).unwrap_or_default();
    let more = if arg.is_positional() && arg.get_num_args().is_some_and(|count| count.max_values() > 1) { "..." } else { "" };
    match arg.get_long() {
        Some(long) if arg.get_action().takes_values() => vec![bold(format!("--{long}")), roman(" "), italic(value)],
        Some(long) => vec![bold(format!("--{long}"))],
        None => vec![italic(format!("{value}{more}"))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/man/postdesk.1");

    #[test]
    fn the_kept_manual_page_is_the_generated_one() {
        let kept = std::fs::read_to_string(KEPT).unwrap_or_default();

        assert!(kept == page().unwrap(), "man/postdesk.1 is out of date; run `make man` (that is `cargo run -- man > man/postdesk.1`) and commit it");
    }

    #[test]
    fn every_visible_command_and_sub_command_is_described() {
        let page = page().unwrap();

        for command in build::command().get_subcommands().filter(|command| !command.is_hide_set()) {
            let name = command.get_name();
            let heading = |path: &str| page.lines().any(|line| line.trim_start_matches(".SS ").trim_matches('"') == path && line.starts_with(".SS"));
            assert!(heading(name), "{name}\n{page}");
            for sub in command.get_subcommands() {
                assert!(heading(&format!("{name} {}", sub.get_name())), "{name} {}", sub.get_name());
            }
        }
        assert!(!page.contains("\n.SS man"));
    }

    #[test]
    fn options_stand_with_their_values_and_the_tables_of_the_readme_are_there() {
        let page = page().unwrap();

        let synopsis = page.split(".SH SYNOPSIS").nth(1).and_then(|rest| rest.split(".SH").next()).unwrap();
        assert!(synopsis.contains("\\-\\-config\\fR \\fIFILE") && synopsis.contains("COMMAND"), "{synopsis}");
        for heading in ["CONFIGURATION", "QUERIES", "\"SIGNS IN THE LIST\"", "\"KEYS OF THE SCREEN\""] {
            assert!(page.contains(&format!(".SH {heading}\n")), "{heading}\n{page}");
        }
    }

    #[test]
    fn every_shell_gets_a_script_that_knows_the_commands() {
        for (name, shell) in super::super::order::SHELLS {
            let mut bytes = Vec::new();
            completions(shell, &mut Out::plain(&mut bytes, 80)).unwrap();
            let script = String::from_utf8(bytes).unwrap();
            assert!(script.contains("templates") && script.contains("dry-run"), "{name}");
        }
    }
}

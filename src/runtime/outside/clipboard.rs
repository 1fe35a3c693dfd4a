//! The clipboard: by the terminal, by tmux, or by a program, and which of them it was.

use std::process::Command;
use std::thread;
use std::time::Duration;

use crossbeam_channel::Sender;

use super::child;
use crate::config::Clipboard;
use crate::protocol::answer::Complaint;
use crate::runtime::{Happening, tell};
use crate::tui::Input;

/// Octets beyond which terminals begin to drop what they are to copy.
const TERMINAL_BYTES: usize = 74_000;
const PATIENCE: Duration = Duration::from_secs(3);

/// How a text is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A program that takes the text on its standard input.
    Program(&'static [&'static str]),
    /// The terminal is asked (OSC 52).
    Terminal,
    /// The terminal around tmux is asked, through its passthrough.
    AroundTmux,
    /// None; says why.
    None(&'static str),
}

/// What is left to do for the one who has the terminal.
#[derive(Debug)]
pub(in crate::runtime) enum Copied {
    /// Send the text to the terminal, then say this.
    ByTerminal {
        text: String,
        around_tmux: bool,
        said: String,
    },
    /// It is being done aside, and will be told.
    Aside,
    Not(Complaint),
}

/// What decides the way: the environment, and which programs there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Surroundings {
    pub tmux: bool,
    pub remote: bool,
    pub wayland: bool,
    pub x11: bool,
    pub macos: bool,
    pub dumb: bool,
    pub programs: Vec<&'static str>,
}

const PROGRAMS: [(&str, &[&str]); 5] = [
    ("tmux", &["tmux", "load-buffer", "-w", "-"]),
    ("wl-copy", &["wl-copy"]),
    ("xclip", &["xclip", "-selection", "clipboard", "-in"]),
    ("xsel", &["xsel", "--clipboard", "--input"]),
    ("pbcopy", &["pbcopy"]),
];

impl Surroundings {
    pub fn here() -> Self {
        let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders: Vec<_> = std::env::split_paths(&path).collect();
        let installed = |name: &&str| folders.iter().any(|folder| folder.join(name).is_file());
        let term = std::env::var("TERM").unwrap_or_default();
        Self {
            tmux: set("TMUX"),
            remote: set("SSH_CONNECTION") || set("SSH_TTY"),
            wayland: set("WAYLAND_DISPLAY"),
            x11: set("DISPLAY"),
            macos: cfg!(target_os = "macos"),
            dumb: matches!(term.as_str(), "" | "dumb" | "linux"),
            programs: PROGRAMS.iter().map(|(name, _)| *name).filter(installed).collect(),
        }
    }

    fn program(&self, name: &str) -> Option<Way> {
        self.programs.contains(&name).then(|| PROGRAMS.iter().find(|(known, _)| *known == name)).flatten().map(|(_, words)| Way::Program(words))
    }

    /// A program of this desktop. Over the network it would reach the wrong machine's clipboard.
    fn native(&self) -> Option<Way> {
        let wayland = self.wayland.then(|| self.program("wl-copy")).flatten();
        let x11 = || self.x11.then(|| self.program("xclip").or_else(|| self.program("xsel"))).flatten();
        wayland.or_else(x11).or_else(|| self.macos.then(|| self.program("pbcopy")).flatten())
    }
}

/// Chooses the way: what was configured, else tmux's own, a program of this desktop, the terminal.
pub(super) fn way(wish: Clipboard, here: &Surroundings) -> Way {
    let terminal = if here.dumb { Way::None("this terminal cannot copy, and no program for it was found") } else { Way::Terminal };
    match wish {
        Clipboard::Off => Way::None("copying is switched off in the configuration"),
        Clipboard::Osc52 => Way::Terminal,
        Clipboard::Osc52Tmux => Way::AroundTmux,
        Clipboard::Native => here.native().unwrap_or(Way::None("none of wl-copy, xclip, xsel, pbcopy is there for this desktop")),
        Clipboard::Auto => {
            let tmux = here.tmux.then(|| here.program("tmux")).flatten();
            let native = || if here.remote { None } else { here.native() };
            tmux.or_else(native).unwrap_or(terminal)
        }
    }
}

/// Copies a text; a program is waited for by a thread.
pub(super) fn copy(way: Way, what: &str, text: String, to: &Sender<Happening>) -> Copied {
    let remedy = "Set `clipboard` under [outside] in the configuration: auto, native, osc52, osc52-tmux or off.".to_owned();
    let not = |why: String| Complaint { what: format!("{what} was not copied: {why}"), remedy: remedy.clone() };
    match way {
        Way::None(why) => Copied::Not(not(why.to_owned())),
        Way::Terminal | Way::AroundTmux if text.len() > TERMINAL_BYTES => {
            Copied::Not(not(format!("{} KB are too much for a terminal's clipboard", text.len() / 1_000)))
        }
        Way::Terminal => Copied::ByTerminal { text, around_tmux: false, said: format!("copied {what} by the terminal (OSC 52)") },
        Way::AroundTmux => Copied::ByTerminal { text, around_tmux: true, said: format!("copied {what} by the terminal around tmux (OSC 52)") },
        Way::Program(words) => {
            let Some((program, arguments)) = words.split_first() else { return Copied::Not(not("no program is set".to_owned())) };
            let (what, to, failed) = (what.to_owned(), to.clone(), not(format!("{program} did not take it")));
            thread::spawn(move || {
                let done = child::feed(Command::new(program).args(arguments), text.as_bytes(), PATIENCE);
                let outcome = if done.unwrap_or(false) { Ok(format!("copied {what} by {program}")) } else { Err(failed) };
                tell(&to, Happening::Told(Input::Outside(outcome)));
            });
            Copied::Aside
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Surroundings {
        Surroundings { x11: true, programs: vec!["tmux", "wl-copy", "xclip", "xsel"], ..Surroundings::default() }
    }

    fn program(way: &Way) -> &str {
        match way {
            Way::Program(words) => words[0],
            Way::Terminal => "terminal",
            Way::AroundTmux => "around tmux",
            Way::None(why) => why,
        }
    }

    #[test]
    fn check_24_the_way_to_the_clipboard_fits_where_we_are() {
        let auto = |here: &Surroundings| program(&way(Clipboard::Auto, here)).to_owned();

        assert_eq!(auto(&all()), "xclip");
        assert_eq!(auto(&Surroundings { wayland: true, ..all() }), "wl-copy");
        assert_eq!(auto(&Surroundings { tmux: true, ..all() }), "tmux");
        assert_eq!(auto(&Surroundings { remote: true, ..all() }), "terminal", "a forwarded display is not where the agent sits");
        assert_eq!(auto(&Surroundings { programs: vec![], ..all() }), "terminal");
        assert!(auto(&Surroundings { programs: vec![], dumb: true, ..all() }).contains("cannot copy"));
    }

    #[test]
    fn a_configured_way_is_taken_and_its_absence_explained() {
        assert_eq!(way(Clipboard::Osc52Tmux, &all()), Way::AroundTmux);
        assert_eq!(way(Clipboard::Osc52, &Surroundings { tmux: true, ..all() }), Way::Terminal);
        assert!(program(&way(Clipboard::Off, &all())).contains("switched off"));
        assert!(program(&way(Clipboard::Native, &Surroundings::default())).contains("wl-copy"));
    }

    #[test]
    fn what_no_terminal_would_take_is_refused_with_a_word() {
        let (to, _) = crossbeam_channel::unbounded();
        let Copied::Not(complaint) = copy(Way::Terminal, "the text", "x".repeat(100_000), &to) else { panic!("copied") };
        assert!(complaint.what.contains("too much"), "{complaint:?}");
    }
}

//! `doctor`: what is well, what is not, and what to do about it.

use std::io::{self, IsTerminal as _};

use super::desks::{self, Desks};
use super::fail::{FAILED, Failure, Outcome};
use super::out::{Out, Style};
use super::sync::stop_on_signals;
use crate::desk::doctor::{self, Terminal};
use crate::protocol::doctor::{Check, Outcome as Verdict};
use crate::sync::source::Waker;

/// Names are printed in a column of this width.
const NAME_WIDTH: usize = 19;
const VERDICT_WIDTH: usize = 10;

/// Examines this machine and every desk; fails when any check has failed.
pub fn doctor(desks: &Desks, json: bool, out: &mut Out<'_>) -> Outcome<()> {
    let stop = Waker::default();
    stop_on_signals(vec![stop.clone()])?;
    let mut printed = Ok(());
    let mut has_failed = false;
    let mut tell = |check: Check| {
        has_failed |= check.outcome == Verdict::Failed;
        let line = print(&check, json, out).and_then(|()| out.flush());
        // Whoever reads may have gone; the mailbox is cleaned up all the same.
        if printed.is_ok() {
            printed = line;
        }
    };
    tell(doctor::program());
    tell(doctor::terminal(&terminal()));
    examine(desks, &stop, &mut tell)?;
    printed?;
    if has_failed { Err(Failure::told(FAILED)) } else { Ok(()) }
}

fn examine(desks: &Desks, stop: &Waker, tell: &mut dyn FnMut(Check)) -> Outcome<()> {
    if let Desks::Configured(globals) = desks {
        let path = desks::config_path(globals)?;
        let read = crate::config::load(&path);
        doctor::configuration(&read).into_iter().for_each(&mut *tell);
        let Ok(config) = read else {
            tell(Check::skipped("desks", "no configuration to find them in"));
            return Ok(());
        };
        if config.desks.is_empty() {
            tell(Check::skipped("desks", "none is configured"));
            return Ok(());
        }
    }
    for setup in desks.every_in_silence()? {
        if stop.is_woken() {
            break;
        }
        doctor::desk(&setup, stop, tell);
    }
    Ok(())
}

/// What the environment says; nothing is asked of the terminal, which might never answer.
fn terminal() -> Terminal {
    let value = |name: &str| std::env::var(name).unwrap_or_default();
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    Terminal {
        is_terminal: io::stdin().is_terminal() && io::stdout().is_terminal(),
        term: value("TERM"),
        colorterm: value("COLORTERM"),
        no_color: is_set("NO_COLOR"),
        locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(value).find(|value| !value.is_empty()).unwrap_or_default(),
        in_tmux: is_set("TMUX"),
        over_ssh: is_set("SSH_CONNECTION") || is_set("SSH_TTY"),
    }
}

fn print(check: &Check, json: bool, out: &mut Out<'_>) -> Outcome<()> {
    if json {
        return out.json(check);
    }
    let desk = check.desk.as_deref().map(|desk| format!("{desk}: ")).unwrap_or_default();
    let style = match check.outcome {
        Verdict::Ok => Style::Plain,
        Verdict::Skipped => Style::Dim,
        Verdict::Degraded | Verdict::Failed => Style::Bold,
    };
    out.styled_line(&format!("{:<NAME_WIDTH$}{:<VERDICT_WIDTH$}{desk}{}", check.check, check.outcome.as_str(), check.seen), style)?;
    if check.remedy.is_empty() {
        return Ok(());
    }
    out.line(&format!("{:>1$}{2}", "", NAME_WIDTH + VERDICT_WIDTH, check.remedy))
}

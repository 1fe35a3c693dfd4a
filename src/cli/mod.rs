//! The command line: clap from the registry, one order, one answer.
//!
//! `usage` reads what was typed, `meant` finds the `order` in it, and one module per
//! family of commands carries that out on a [`crate::desk::Desk`].

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};

mod args;
mod build;
mod change;
mod clock;
mod compose;
mod crowd;
mod csv;
mod demo;
mod desks;
mod doctor;
mod export;
mod fail;
mod import;
mod input;
mod list;
mod log;
mod manual;
mod markdown;
mod meant;
mod order;
mod out;
mod outbox;
mod parse;
mod places;
mod private;
mod progress;
pub mod reference;
#[cfg(test)]
mod samples;
mod screen;
mod show;
mod sync;
mod table;
mod target;
mod templates;
mod usage;
mod words;

use self::clock::Clock;
use self::desks::Desks;
pub use self::fail::Failure;
use self::fail::Outcome;
use self::order::{DEFAULT_LIMIT, DemoOrder, Globals, ListOrder, Meant, Order};
use self::out::Out;
use crate::domain::query::Sort;

/// Runs one command line; its first element is the program's name.
///
/// Output goes to standard output, complaints to standard error.
///
/// # Errors
/// A [`Failure`] with what to say and the exit code. One without words has code 0:
/// whoever read the output has gone.
pub fn run(line: Vec<OsString>) -> Result<(), Failure> {
    let stdout = io::stdout();
    let mut writer = BufWriter::new(stdout.lock());
    let outcome = run_on(line, &mut Out::stdout(&mut writer));
    // What was printed before a failure is seen before it, too.
    writer.flush().map_err(Failure::from).and(outcome)
}

fn run_on(line: Vec<OsString>, out: &mut Out<'_>) -> Outcome<()> {
    let Some(Meant { globals, order }) = understood(line, out)? else { return Ok(()) };
    if !matches!(order, Order::Man | Order::Completions(_)) {
        log::start(&places::Roots::of(&globals)?.log_file())?;
    }
    let clock = Clock::of_the_machine();
    match order {
        Order::Demo(order) => demo(&order, &globals, &clock, out),
        order => carry_out(order, &Desks::Configured(globals), &clock, out),
    }
}

/// `None` when help was asked for, and printed.
fn understood(line: Vec<OsString>, out: &mut Out<'_>) -> Outcome<Option<Meant>> {
    match usage::read_line(line) {
        Ok(meant) => Ok(Some(meant)),
        Err(help) if help.code == 0 => out.text(&help.what).map(|()| None),
        Err(failure) => Err(failure),
    }
}

/// Runs what stands behind `--` on the demo desk; else opens the screen, or lists for a pipe.
fn demo(order: &DemoOrder, globals: &Globals, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    let then = if order.command.is_empty() {
        let list = ListOrder { query: String::new(), sort: Sort::default(), limit: DEFAULT_LIMIT, json: false };
        if screen::has_terminal() { Order::Screen } else { Order::List(list) }
    } else {
        let line = std::iter::once(OsString::from("postdesk")).chain(order.command.iter().cloned()).collect();
        let Some(meant) = understood(line, out)? else { return Ok(()) };
        refuse_inside_demo(&meant)?;
        meant.order
    };
    let demo::Prepared { desks, is_new } = demo::prepare(order, globals, clock)?;
    if !is_new && then != Order::Screen {
        demo::catch_up(&desks)?;
    }
    carry_out(then, &desks, clock, out)
}

fn refuse_inside_demo(meant: &Meant) -> Outcome<()> {
    if matches!(meant.order, Order::Demo(_)) {
        return Err(Failure::usage("a demo inside a demo has no meaning", "write the command itself behind `--`"));
    }
    if meant.globals != Globals::default() {
        return Err(Failure::usage("global options do not stand behind `--`", "write them before it: postdesk demo --agent ana -- list"));
    }
    Ok(())
}

fn carry_out(order: Order, desks: &Desks, clock: &Clock, out: &mut Out<'_>) -> Outcome<()> {
    match order {
        Order::Screen => screen::screen(desks),
        Order::Sync { watch, restore_log, json } => sync::sync(desks, sync::SyncOrder { watch, restore_log, json }, &clock.zone, out, &mut complain),
        Order::List(order) => list::list(desks, &order, clock, out),
        Order::Show { ticket, form } => show::show(desks, &ticket, form, clock, out),
        Order::Reply { ticket, status, mail } => compose::reply(desks, &ticket, status, &mail, out),
        Order::Forward { ticket, mail } => compose::forward(desks, &ticket, &mail, out),
        Order::New { project, subject, mail } => compose::new(desks, &project, &subject, &mail, out),
        Order::Change { tickets, change } => change::change(desks, &tickets, change, clock, out),
        Order::Split { ticket, message } => change::split(desks, &ticket, &message, out),
        Order::Apply { tickets, event, leave } => change::apply(desks, &tickets, event, leave, out),
        Order::Forget { address, yes } => change::forget(desks, &address, yes, out),
        Order::Redo => change::redo(desks, out),
        Order::Note { ticket, body, edit } => change::note(desks, &ticket, &body, edit.as_deref(), out),
        Order::Undo(event) => change::undo(desks, event, out),
        Order::Outbox(order) => outbox::outbox(desks, &order, clock, out),
        Order::Drafts(order) => compose::drafts(desks, order, clock, out),
        Order::Templates(order) => templates::templates(desks, &order, out),
        Order::Parse { files, json } => parse::parse(desks, &files, json, clock, out, &mut complain),
        Order::Import { archives, json } => import::import(desks, &archives, json, out, &mut complain),
        Order::Export(order) => export::export(desks, &order, clock, out),
        Order::Doctor { json } => doctor::doctor(desks, json, out),
        Order::Completions(shell) => manual::completions(shell, out),
        Order::Man => manual::man(out),
        Order::Demo(_) => Err(Failure::usage("a demo inside a demo has no meaning", "")),
    }
}

/// Says what went wrong on standard error.
pub fn complain(failure: &Failure) {
    if !failure.is_silent() {
        // With standard error gone there is nobody left to tell.
        let _ = writeln!(io::stderr(), "{failure}");
    }
}

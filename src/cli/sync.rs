//! `sync`: every desk once, or until interrupted.

use std::sync::mpsc;
use std::thread;

use jiff::tz::TimeZone;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use super::clock::size;
use super::desks::{self, Desks};
use super::fail::{FAILED, Failure, Outcome};
use super::out::Out;
use super::progress::Bar;
use crate::desk::{DeskError, DeskSetup, Progress, Watched};
use crate::domain::sanitise;
use crate::protocol::json::SyncReport;
use crate::sync::source::Waker;

/// What `sync` is asked for.
#[derive(Clone, Copy, Debug)]
pub struct SyncOrder {
    pub watch: bool,
    pub restore_log: bool,
    pub json: bool,
}

/// How reports are printed: as JSON, or with times in a zone.
#[derive(Clone, Copy)]
struct Form<'a> {
    json: bool,
    zone: &'a TimeZone,
}

/// Syncs every desk; one that fails does not keep the others from being synced.
pub fn sync(desks: &Desks, order: SyncOrder, zone: &TimeZone, out: &mut Out<'_>, complain: &mut dyn FnMut(&Failure)) -> Outcome<()> {
    let SyncOrder { watch, restore_log, json } = order;
    let setups = desks.every()?;
    if restore_log {
        setups.iter().try_for_each(|setup| Ok::<_, Failure>(desks::open(setup.clone())?.consent_to_restore()?))?;
    }
    let form = Form { json, zone };
    if watch { watch_all(setups, form, out, complain) } else { once(setups, form, out, complain) }
}

fn once(setups: Vec<DeskSetup>, form: Form<'_>, out: &mut Out<'_>, complain: &mut dyn FnMut(&Failure)) -> Outcome<()> {
    let stop = Waker::default();
    stop_on_signals(vec![stop.clone()])?;
    let several = setups.len() > 1;
    let mut told = Ok(());
    for setup in setups {
        let name = setup.desk.name.clone();
        match pass(setup, &stop) {
            Ok(report) => {
                print(&report, form, out)?;
                // They have been printed; a script reads the exit code.
                if !report.errors.is_empty() && told.is_ok() {
                    told = Err(Failure::told(FAILED));
                }
            }
            Err(failure) => {
                if form.json {
                    out.json(&SyncReport { desk: name.clone(), errors: vec![failure.what.clone()], ..SyncReport::default() })?;
                }
                let failure = if several { of_desk(&name, failure) } else { failure };
                complain(&failure);
                told = Err(Failure::told(failure.code));
            }
        }
    }
    told
}

fn pass(setup: DeskSetup, stop: &Waker) -> Outcome<SyncReport> {
    let name = setup.desk.name.clone();
    let mut bar = Bar::on_stderr();
    let mut desk = desks::open(setup)?;
    Ok(desk.sync(&mut |progress: Progress| bar.show(&name, &progress), stop)?)
}

/// What the thread of a desk tells the one that prints.
enum News {
    Report(Box<SyncReport>),
    /// A pass that failed; the desk goes on watching.
    Trouble(String, Failure),
    Ended(String, Outcome<()>),
}

fn watch_all(setups: Vec<DeskSetup>, form: Form<'_>, out: &mut Out<'_>, complain: &mut dyn FnMut(&Failure)) -> Outcome<()> {
    let stops: Vec<Waker> = setups.iter().map(|_| Waker::default()).collect();
    stop_on_signals(stops.clone())?;
    let (sender, news) = mpsc::channel();
    let alone = setups.len() == 1;
    thread::scope(|scope| {
        for (setup, stop) in setups.into_iter().zip(stops.clone()) {
            let sender = sender.clone();
            scope.spawn(move || watch(setup, alone, &stop, &sender));
        }
        drop(sender);
        let printed = print_news(&news, form, out, complain);
        stops.iter().for_each(Waker::wake);
        printed
    })
}

fn watch(setup: DeskSetup, alone: bool, stop: &Waker, sender: &mpsc::Sender<News>) {
    let name = setup.desk.name.clone();
    let mut bar = if alone { Bar::on_stderr() } else { Bar::silent() };
    // The receiver goes away only when the process is about to end.
    let tell = |news| drop(sender.send(news));
    let ended = desks::open(setup).and_then(|mut desk| {
        let mut take = |news: Watched<'_>| match news {
            Watched::Progress(progress) => bar.show(&name, &progress),
            Watched::Ended(pass) => tell(told(&name, pass)),
            Watched::NextTry(_) | Watched::Unchanged(_) | Watched::Seen(_) => {}
        };
        Ok(desk.watch(&mut take, stop)?)
    });
    drop(bar);
    tell(News::Ended(name, ended));
}

fn told(desk: &str, pass: Result<&SyncReport, &DeskError>) -> News {
    match pass {
        Ok(report) => News::Report(Box::new(report.clone())),
        Err(error) => {
            let failure = Failure::from(error);
            let remedy = format!("{}\nit is tried again by itself", failure.remedy).trim().to_owned();
            News::Trouble(desk.to_owned(), Failure { remedy, ..failure })
        }
    }
}

fn print_news(news: &mpsc::Receiver<News>, form: Form<'_>, out: &mut Out<'_>, complain: &mut dyn FnMut(&Failure)) -> Outcome<()> {
    let mut told = Ok(());
    for item in news {
        match item {
            News::Report(report) => {
                print(&report, form, out)?;
                out.flush()?;
            }
            News::Trouble(name, failure) => complain(&of_desk(&name, failure)),
            News::Ended(_, Ok(())) => {}
            News::Ended(name, Err(failure)) => {
                told = Err(Failure::told(failure.code));
                complain(&of_desk(&name, failure));
            }
        }
    }
    told
}

fn of_desk(name: &str, failure: Failure) -> Failure {
    Failure { what: format!("{name}: {}", failure.what), ..failure }
}

/// The first signal asks for an end in order; the second one ends the process.
pub fn stop_on_signals(stops: Vec<Waker>) -> Outcome<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|error| Failure::new(FAILED, format!("cannot listen for signals: {error}"), "try again"))?;
    thread::spawn(move || {
        for (count, signal) in signals.forever().enumerate() {
            if count > 0 {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
            stops.iter().for_each(Waker::wake);
        }
    });
    Ok(())
}

fn print(report: &SyncReport, form: Form<'_>, out: &mut Out<'_>) -> Outcome<()> {
    if form.json {
        return out.json(report);
    }
    lines(report, form.zone).iter().try_for_each(|line| out.line(line))
}

fn lines(report: &SyncReport, zone: &TimeZone) -> Vec<String> {
    let counts = [
        (report.messages_new, "new"),
        (report.flags_changed, if report.flags_changed == 1 { "flag changed" } else { "flags changed" }),
        (report.messages_gone, "gone"),
        (report.tickets_opened, if report.tickets_opened == 1 { "ticket opened" } else { "tickets opened" }),
        (report.tickets_reopened, if report.tickets_reopened == 1 { "ticket reopened" } else { "tickets reopened" }),
        (report.sent, "sent"),
        (report.marked, "marked on the server"),
        (report.moved, "moved on the server"),
        (report.events_in, if report.events_in == 1 { "change by colleagues" } else { "changes by colleagues" }),
        (report.events_out, if report.events_out == 1 { "change shared" } else { "changes shared" }),
        (report.events_waiting, if report.events_waiting == 1 { "change waits to be shared" } else { "changes wait to be shared" }),
    ];
    let told: Vec<String> = counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let told = if told.is_empty() { "nothing new".to_owned() } else { format!("{} ({})", told.join(", "), size(report.bytes)) };
    let conflicts = report.conflicts.iter().map(|conflict| format!("  conflict: {conflict}"));
    let ignored = (report.events_ignored > 0)
        .then(|| format!("  ignored: {} in the team's folder that the team did not write", counted(report.events_ignored, "message")));
    let warnings = report.warnings.iter().map(|warning| format!("  warning: {warning}"));
    let waiting = [report.waiting_changes(zone), report.waiting_mail(zone)].into_iter().flatten().map(|waiting| format!("  {waiting}"));
    let uncertain = report.mails_uncertain.iter().map(|id| {
        format!(
            "  mail {id} may have been sent: look into the Sent folder, then `postdesk outbox retry {id} --anyway` sends it again, \
             `postdesk outbox cancel {id}` forgets it"
        )
    });
    let errors = report.errors.iter().map(|error| format!("  error: {error}"));
    std::iter::once(format!("{}: {told}", report.desk))
        .chain(conflicts)
        .chain(ignored)
        .chain(warnings)
        .chain(errors)
        .chain(waiting)
        .chain(uncertain)
        .map(|line| sanitise::line(&line).into_owned())
        .collect()
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::json::MailWaiting;

    #[test]
    fn a_report_says_only_what_happened() {
        let report = SyncReport { desk: "acme".into(), messages_new: 3, tickets_opened: 2, bytes: 40_000, ..SyncReport::default() };

        assert_eq!(lines(&report, &TimeZone::UTC), ["acme: 3 new, 2 tickets opened (40 KB)"]);
        assert_eq!(lines(&SyncReport { desk: "acme".into(), ..SyncReport::default() }, &TimeZone::UTC), ["acme: nothing new"]);
    }

    #[test]
    fn conflicts_and_errors_stand_on_lines_of_their_own() {
        let report =
            SyncReport { desk: "acme".into(), conflicts: vec!["#7: assigned by bo".into()], errors: vec!["x\ny".into()], ..SyncReport::default() };

        assert_eq!(lines(&report, &TimeZone::UTC), ["acme: nothing new", "  conflict: #7: assigned by bo", "  error: x y"]);
    }

    #[test]
    fn mail_that_waits_is_told_with_the_reason_and_the_time_of_the_next_try() {
        let waiting = |id, at: &str| MailWaiting { id, why: "mail.example:587: connection refused.".into(), next_try: at.parse().unwrap() };
        let mut report = SyncReport { desk: "acme".into(), mails_waiting: vec![waiting(4, "2026-11-23T12:04:00Z")], ..SyncReport::default() };

        let told = |report: &SyncReport| lines(report, &TimeZone::UTC).remove(1);

        assert_eq!(told(&report), "  1 mail waits (mail.example:587: connection refused), next try at 12:04:00");
        report.mails_waiting.push(waiting(5, "2026-11-23T12:01:30Z"));
        assert_eq!(told(&report), "  2 mails wait (mail.example:587: connection refused), next try at 12:01:30");
    }
}

//! Telling another program that customers have written.
//!
//! One thread runs the hook, one run after the other and with a pause in between;
//! what comes meanwhile becomes one run, so that a flood of mail starts no flood of programs.

use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};

use super::child;
use crate::domain::arrivals::Arrivals;
use crate::domain::sanitise;
use crate::protocol::answer::Complaint;
use crate::runtime::{Happening, tell};
use crate::tui::{Input, text};

/// From the start of one run to the start of the next.
const APART: Duration = Duration::from_secs(5);
/// How long a hook may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Columns of a subject or a name that a hook gets to see.
const COLUMNS: usize = 200;

/// What a hook is run with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Announcement {
    pub hook: Vec<String>,
    pub desk: String,
    pub arrivals: Arrivals,
}

/// The thread that runs hooks; it ends when the sender does.
pub(super) fn start(to: Sender<Happening>) -> Sender<Announcement> {
    let (sender, inbox) = unbounded();
    thread::spawn(move || serve(&inbox, APART, |announcement| run(announcement, &to)));
    sender
}

/// Runs what comes, at most once in each interval.
fn serve(inbox: &Receiver<Announcement>, apart: Duration, mut run: impl FnMut(&Announcement)) {
    let mut begun: Option<Instant> = None;
    while let Ok(mut next) = inbox.recv() {
        if let Some(begun) = begun {
            while let Ok(more) = inbox.recv_deadline(begun + apart) {
                next = both(&next, more);
            }
        }
        next = inbox.try_iter().fold(next, |earlier, later| both(&earlier, later));
        begun = Some(Instant::now());
        run(&next);
    }
}

/// The later of two, counting the mails of both.
fn both(earlier: &Announcement, mut later: Announcement) -> Announcement {
    later.arrivals.count += earlier.arrivals.count;
    later
}

fn run(announcement: &Announcement, to: &Sender<Happening>) {
    let Some((program, arguments)) = announcement.hook.split_first() else { return };
    let mut command = Command::new(program);
    command.args(arguments).envs(environment(announcement));
    if let Err(why) = child::run_apart(&mut command, PATIENCE) {
        tracing::warn!("the hook `{program}` {why}");
        let remedy = "Correct `hook` under [notify] in the configuration.".to_owned();
        tell(to, Happening::Told(Input::Outside(Err(Complaint { what: format!("the hook `{program}` {why}"), remedy }))));
    }
}

/// What a mail says is cleaned and cut: it comes from strangers.
fn environment(announcement: &Announcement) -> [(&'static str, String); 5] {
    let clean = |text: &str| text::cut(&sanitise::line(text), COLUMNS).into_owned();
    let Announcement { desk, arrivals, .. } = announcement;
    [
        ("POSTDESK_COUNT", arrivals.count.to_string()),
        ("POSTDESK_DESK", clean(desk)),
        ("POSTDESK_TICKET", clean(&arrivals.ticket)),
        ("POSTDESK_SUBJECT", clean(&arrivals.subject)),
        ("POSTDESK_FROM", clean(&arrivals.from)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(count: u64, subject: &str) -> Announcement {
        let arrivals = Arrivals { count, ticket: "#7".into(), subject: subject.into(), from: "Mallory".into() };
        Announcement { hook: vec!["true".into()], desk: "acme".into(), arrivals }
    }

    #[test]
    fn a_flood_becomes_two_runs_and_no_mail_is_missed() {
        let (sender, inbox) = unbounded();
        let mut runs = Vec::new();
        sender.send(announcement(1, "first")).unwrap();
        let flood = thread::spawn(move || (0..500).for_each(|_| sender.send(announcement(2, "flood")).unwrap()));

        serve(&inbox, Duration::from_secs(2), |announcement| {
            runs.push(announcement.arrivals.count);
        });

        flood.join().unwrap();
        assert!(runs.len() <= 2, "{runs:?}");
        assert_eq!(runs.iter().sum::<u64>(), 1_001);
    }

    #[test]
    fn what_a_mail_says_reaches_a_hook_cleaned_and_cut() {
        let hostile = announcement(1, &format!("\x1b]0;pwned\x07 $(id) \u{202e}{}", "x".repeat(5_000)));
        let subject = environment(&hostile)[3].1.clone();

        assert!(!subject.contains(['\x1b', '\x07', '\u{202e}']) && subject.contains("$(id)") && subject.len() < 300, "{subject:?}");
    }

    #[test]
    fn a_hook_that_fails_or_is_missing_is_told_with_the_place_to_correct_it() {
        for (hook, why) in [(vec!["false".to_owned()], "failed"), (vec!["no-such-hook".to_owned()], "does not start")] {
            let (to, told) = unbounded();
            run(&Announcement { hook, ..announcement(1, "x") }, &to);

            let Ok(Happening::Told(Input::Outside(Err(complaint)))) = told.try_recv() else { panic!("nothing was told") };
            assert!(complaint.what.contains(why) && complaint.remedy.contains("[notify]"), "{complaint:?}");
        }
    }
}

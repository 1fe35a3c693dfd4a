//! Syncing and sending: what the screen tells of them, and what can be done about them.

use super::support::{Fake, Play, now, waiting_mail};
use crate::domain::Timestamp;
use crate::domain::outbox::OutboxState;
use crate::protocol::answer::Complaint;
use crate::protocol::json::{OutboxLine, SyncReport, SyncStep};
use crate::protocol::news::News;
use crate::tui::Effect;
use crate::tui::model::Screen;

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (40, 10)];

fn later(secs: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() + secs).unwrap()
}

fn no_answer() -> Complaint {
    Complaint { what: "imap.example.com:993: connection refused".into(), remedy: "Check the network, and `host` and `port` of the desk.".into() }
}

fn step(name: &str, messages: u64) -> SyncStep {
    SyncStep { name: name.into(), messages, bytes: messages * 40_000, mode: "QRESYNC".into() }
}

fn pass(play: &mut Play, at: Timestamp, new: u64, errors: &[&str]) {
    let report = SyncReport {
        steps: vec![step("INBOX", new), step("Sent", 0), step("Archive", 0)],
        messages_new: new,
        errors: errors.iter().map(|error| (*error).to_owned()).collect(),
        ..SyncReport::default()
    };
    play.news(News::SyncReport { at, report: Box::new(report) });
    play.news(News::SyncEnded { at, error: None });
}

fn failure(play: &mut Play, at: Timestamp, complaint: Complaint) {
    play.news(News::SyncEnded { at, error: Some(complaint) });
    play.news(News::NextTry(Timestamp::from_second(at.as_second() + 32).unwrap()));
}

fn normal(width: u16, height: u16) -> Play {
    let mut play = Play::on(Fake::new(), width, height);
    let refused = Some("the server refused the recipient: 550 no such user");
    let retried = OutboxLine { next_try: Some(later(60)), ..waiting_mail(1, OutboxState::Queued, Some("the server is busy: 421 try later")) };
    play.fake.outbox = vec![retried, waiting_mail(2, OutboxState::Refused, refused), waiting_mail(3, OutboxState::Sent, None)];
    play.news(News::Outbox);
    pass(&mut play, later(-600), 12, &[]);
    play.news(News::SyncProgress { what: "INBOX".into(), done: 1_200, total: 5_000, bytes: 12_400_000 });
    play
}

fn offline(width: u16, height: u16) -> Play {
    let mut play = Play::on(Fake::new(), width, height);
    pass(&mut play, later(-1_800), 3, &[]);
    for minute in [20, 19, 17] {
        failure(&mut play, later(-60 * minute), no_answer());
    }
    play
}

fn error(width: u16, height: u16) -> Play {
    let mut play = Play::on(Fake { broken: true, ..Fake::new() }, width, height);
    pass(&mut play, later(-300), 0, &["Archive: the server says NO: permission denied"]);
    play.news(News::WorkerFailed { worker: "counting", why: "index out of bounds".into() });
    let refused = Complaint { what: "imap.example.com: login refused for support".into(), remedy: "Check user and password of the desk.".into() };
    failure(&mut play, later(-30), refused);
    play
}

#[test]
fn the_jobs() {
    for (width, height) in SIZES {
        for state in ["normal", "empty", "offline", "error"] {
            let mut play = match state {
                "normal" => normal(width, height),
                "offline" => offline(width, height),
                "error" => error(width, height),
                _ => Play::on(Fake::empty(), width, height),
            };
            play.press("g j");
            insta::assert_snapshot!(format!("jobs-{state}-{width}x{height}"), play.text());
        }
        insta::assert_snapshot!(format!("jobs-details-{width}x{height}"), offline(width, height).press("g j j enter").text());
    }
}

#[test]
fn an_error_stays_until_a_sync_succeeds_and_the_status_line_points_at_it() {
    let mut play = offline(80, 24);
    assert!(play.text().contains("offline since 11:40"), "{}", play.text());
    assert!(play.text().contains("g j"), "{}", play.text());
    // The same trouble again is one error, with how often.
    play.press("g j");
    assert!(play.text().contains("(3 times since 11:40)"), "{}", play.text());
    assert!(play.text().contains("Check the network"), "{}", play.text());

    pass(&mut play, later(5), 0, &[]);

    assert!(!play.text().contains("refused"), "{}", play.text());
    assert!(play.text().contains("connected again, after trouble since 11:40"), "{}", play.text());
    assert!(play.model.jobs.troubles.is_empty() && play.model.sync.next_try.is_none());
}

#[test]
fn the_next_try_is_shown_and_a_key_tries_at_once() {
    let mut play = offline(80, 24);
    play.press("g j");
    assert!(play.text().contains("next try 11:43:32, $ tries now"), "{}", play.text());

    let effects = play.press_slowly("$");

    assert!(matches!(effects.as_slice(), [Effect::SyncNow(_)]), "{effects:?}");
    play.news(News::SyncProgress { what: "connecting to imap.example.com".into(), done: 0, total: 0, bytes: 0 });
    assert!(play.text().contains("syncing connecting to imap.example.com"), "{}", play.text());
    assert!(!play.text().contains("next try"), "{}", play.text());
}

#[test]
fn a_folder_that_cannot_be_read_is_an_error_of_its_own_and_no_offline() {
    let mut play = Play::new();
    pass(&mut play, later(-60), 2, &["Archive: the server says NO: permission denied", "mail 7: 421 busy"]);
    assert!(play.text().contains("1 error · g j"), "{}", play.text());
    play.press("g j");
    assert!(play.text().contains("Archive: the server says NO"), "{}", play.text());
    assert!(!play.text().contains("421 busy"), "a mail is told of by its own row: {}", play.text());

    pass(&mut play, now(), 0, &[]);
    assert!(play.model.jobs.troubles.is_empty());
}

#[test]
fn an_error_can_be_dismissed_and_the_cursor_goes_on_to_the_next() {
    let mut play = error(80, 24);
    play.press("g j j");
    let before = play.model.jobs.troubles.len();
    assert_eq!(before, 3);

    play.press("d");

    assert_eq!(play.toast(), "dismissed");
    assert_eq!(play.model.jobs.troubles.len(), before - 1);
    play.press("D");
    assert_eq!(play.toast(), "2 errors dismissed");
    assert!(play.model.jobs.troubles.is_empty());
    assert_eq!(play.press("D").toast(), "there are no errors");
    assert_eq!(play.press("g g d").toast(), "there is no error on this line");
}

#[test]
fn news_never_move_the_cursor_off_its_row() {
    let mut play = normal(80, 24);
    play.press("g j j");
    let row = |play: &Play| play.text().lines().find(|line| line.starts_with('▸')).map(str::to_owned).unwrap();
    assert!(row(&play).contains("INBOX"), "{}", row(&play));
    let cursor = play.cursor();

    play.news(News::WorkerFailed { worker: "counting", why: "out of luck".into() });
    play.news(News::SyncProgress { what: "INBOX".into(), done: 1_300, total: 5_000, bytes: 13_000_000 });

    assert!(row(&play).contains("1300/5000"), "{}", row(&play));
    assert!(play.cursor().1 > cursor.1, "the terminal's cursor goes with the row");
}

#[test]
fn the_running_sync_is_stopped_and_what_is_left_is_told() {
    let mut play = normal(80, 24);
    play.press("g j");

    play.press("c");
    assert!(play.fake.other.contains(&Effect::StopSync));
    play.news(News::SyncStopped);

    let text = play.text();
    assert!(text.contains("stopped; $ goes on") && text.contains("sync stopped · g j"), "{text}");
    assert!(text.contains("1200 of 5000 fetched, the rest comes with the next sync"), "{text}");
    assert_eq!(play.press("c").toast(), "no sync is running, and no mail is selected");
}

#[test]
fn a_mail_is_tried_again_or_cancelled_from_here() {
    let mut play = normal(80, 24);
    play.press("g j");
    while !play.text().lines().any(|line| line.starts_with('▸') && line.contains("refused")) {
        play.press("j");
    }

    let effects = play.press_slowly("r");
    assert!(matches!(effects.as_slice(), [Effect::Send(_)]), "{effects:?}");
    assert!(play.press("c").text().contains("Cancel this mail?"), "{}", play.text());
    play.press("n enter");
    assert!(play.text().contains("550 no such user"), "{}", play.text());
    assert_eq!(play.press("q").model.screen(), Screen::Jobs);
    assert_eq!(play.press("q").model.screen(), Screen::Queue);
}

#[test]
fn the_place_of_the_log_is_named_and_opened() {
    let mut play = Play::new();
    play.press("g j o");
    assert!(play.toast().contains("/home/ana/.local/state/postdesk"), "{}", play.toast());
    assert!(play.fake.other.contains(&Effect::Open("/home/ana/.local/state/postdesk".into())));
}

#[test]
fn the_list_fills_while_the_first_sync_runs_and_the_cursor_stays() {
    let mut play = Play::on(Fake::empty(), 80, 24);
    let rows = Fake::new().rows;
    play.fake.rows = rows.iter().skip(3).cloned().collect();
    play.news(News::SyncProgress { what: "INBOX".into(), done: 500, total: 1_000, bytes: 1 });
    play.news(News::Tickets(vec![]));
    let selected = play.press("j").selected();
    assert!(selected.is_some());

    play.fake.rows = rows;
    play.news(News::Tickets(vec![]));

    assert_eq!(play.selected(), selected);
    assert!(play.text().contains("syncing INBOX 500/1000"), "{}", play.text());
}

#[test]
fn a_desk_that_is_offline_on_purpose_says_when_it_was_synced_last() {
    let mut play = Play::new();
    play.model.sync.never = true;
    play.news(News::LastSync(later(-7_200)));
    let text = play.press("g j").text();
    assert!(text.contains("started with --offline") && text.contains("last success 10:00 (2h)"), "{text}");
    assert_eq!(play.press("r").toast(), "offline: started with --offline, nothing is fetched or sent");
}

#[test]
fn who_writes_is_told_that_he_is_offline_without_an_order_that_would_go_into_the_text() {
    let mut play = Play::on(Fake { external: false, ..Fake::new() }, 120, 24);
    play.press("r");
    failure(&mut play, later(-30), no_answer());

    assert!(play.text().contains("offline since") && !play.text().contains(":go-jobs"), "{}", play.text());
}

#[test]
fn another_postdesk_that_syncs_is_no_trouble() {
    let mut play = offline(80, 24);
    play.news(News::SyncElsewhere);
    assert!(play.text().contains("synced 30m · another postdesk syncs"), "{}", play.text());
    let text = play.press("g j").text();
    assert!(text.contains("another postdesk keeps this desk up to date") && text.contains("no errors"), "{text}");
}

#[test]
fn what_was_said_of_a_connection_goes_when_it_works_again() {
    let mut play = Play::new();
    failure(&mut play, later(-30), no_answer());
    // Somebody had asked for a sync by hand.
    play.model.toast = Some(crate::tui::model::Toast { tone: crate::tui::model::Tone::Bad, text: crate::tui::update::sentence(&no_answer()) });

    pass(&mut play, later(0), 0, &[]);

    assert!(!play.text().contains("connection refused"), "{}", play.text());
    play.press("g j");
    assert!(!play.text().contains("connection refused"), "{}", play.text());
}

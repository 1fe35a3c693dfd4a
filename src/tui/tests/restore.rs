//! A log that has lost something: asked about, remembered, put back on a person's word.

use super::support::{Fake, Play, now};
use crate::protocol::json::{LogTrouble, SyncReport, SyncStep};
use crate::protocol::news::News;
use crate::tui::model::Screen;

pub fn loss() -> SyncReport {
    let trouble = LogTrouble {
        what: "the folder Postdesk of the team log has lost 3 of its messages".into(),
        remedy: "Somebody has deleted mails there. `postdesk sync --restore-log` puts them back.".into(),
        ..LogTrouble::default()
    };
    let step = SyncStep { name: "Postdesk".into(), mode: "log".into(), ..SyncStep::default() };
    SyncReport {
        steps: vec![step],
        errors: vec![format!("Postdesk: {}. {}", trouble.what, trouble.remedy)],
        log_can_be_restored: true,
        log_trouble: Some(Box::new(trouble)),
        ..SyncReport::default()
    }
}

pub fn pass(play: &mut Play, report: SyncReport) {
    play.news(News::SyncReport { at: now(), report: Box::new(report) });
    play.news(News::SyncEnded { at: now(), error: None });
}

#[test]
fn what_was_lost_is_asked_about_and_enter_puts_nothing_back() {
    let mut play = Play::new();
    pass(&mut play, loss());
    let text = play.text();
    assert!(text.contains("lost 3 of") && text.contains("Nothing was lost here") && text.contains("[n no]"), "{text}");

    play.press("enter");
    pass(&mut play, loss());

    assert_eq!(play.fake.restores, 0);
    assert!(play.model.overlay.is_none(), "who has said no is not asked again: {}", play.text());
    assert!(play.text().contains("team log to restore · g j"), "the status line keeps it: {}", play.text());
}

#[test]
fn who_says_yes_has_it_put_back_once_and_all_is_quiet_when_it_is_whole() {
    let mut play = Play::new();
    pass(&mut play, loss());

    play.press("y");
    assert_eq!(play.fake.restores, 1);
    assert!(play.toast().contains("put back"), "{}", play.toast());

    pass(&mut play, SyncReport { steps: loss().steps, ..SyncReport::default() });
    assert!(play.model.sync.log_loss.is_none() && !play.text().contains("team log"), "{}", play.text());
    // It happens once more: that is another question.
    pass(&mut play, loss());
    assert!(play.text().contains("[n no]"), "{}", play.text());
}

#[test]
fn the_jobs_come_back_to_the_question() {
    let mut play = Play::new();
    pass(&mut play, loss());
    play.press("n g j");
    let row = play.text().lines().find(|line| line.contains("Team log")).map(str::to_owned);
    assert!(row.is_some_and(|row| row.contains("has lost 3 of its messages")), "{}", play.text());

    play.press("j enter");
    assert!(play.text().contains("[n no]"), "{}", play.text());
    play.press("y");

    assert_eq!(play.fake.restores, 1);
}

#[test]
fn what_to_do_about_the_log_is_told_by_keys_and_not_by_commands() {
    let mut play = Play::on(Fake::new(), 140, 40);
    pass(&mut play, loss());
    play.press("n g j j j");
    let text = play.text();
    assert!(text.contains("enter on `Team log` puts them back") && !text.contains("--restore-log"), "{text}");

    let event = crate::domain::EventId { actor: crate::domain::ActorId(7), seq: 3 };
    let remedy = "What you did after it waits behind it. `postdesk apply 1 7.3 --leave` leaves it out.".into();
    let trouble = LogTrouble { what: "refused".into(), remedy, next_try: None, event: Some(event) };
    pass(
        &mut play,
        SyncReport { log_can_be_restored: false, log_trouble: Some(Box::new(trouble)), errors: vec!["Postdesk: refused".into()], ..loss() },
    );
    play.press("g j j");
    let text = play.text();
    assert!(text.contains("g c shows it, to be tried") && !text.contains("--leave"), "{text}");
}

#[test]
fn nobody_is_asked_while_typing_but_as_soon_as_that_is_over() {
    let mut play = Play::on(Fake { external: false, ..Fake::new() }, 80, 24);
    play.press("r").typed("Hello");

    pass(&mut play, loss());

    assert_eq!(play.model.screen(), Screen::Compose);
    assert!(play.model.overlay.is_none() && play.text().contains("team log"), "{}", play.text());
    play.press("ctrl-g");
    assert!(play.text().contains("[n no]"), "{}", play.text());
}

#[test]
fn what_the_server_does_not_take_is_an_error_of_its_own_with_the_time_of_the_next_try() {
    let mut play = Play::new();
    let trouble = |secs: i64| LogTrouble {
        what: "imap.example.com:993: APPEND refused; the server says \"Quota exceeded\"".into(),
        remedy: "The mailbox is full.".into(),
        next_try: crate::domain::Timestamp::from_second(now().as_second() + secs).ok(),
        event: None,
    };
    let refused = |secs| SyncReport {
        errors: vec!["Postdesk: imap.example.com:993: APPEND refused; the server says \"Quota exceeded\". The mailbox is full.".into()],
        events_waiting: 2,
        log_can_be_restored: false,
        log_trouble: Some(Box::new(trouble(secs))),
        ..loss()
    };
    pass(&mut play, refused(8));
    pass(&mut play, refused(16));
    play.press("g j j");

    let text = play.text();
    assert!(text.contains("1 error") && text.contains("2 changes wait to be shared, in order, next try at 12:00:16"), "{text}");
    assert!(text.contains("mailbox is full") && !text.contains("Check `folders`"), "{text}");
    assert!(play.model.overlay.is_none(), "there is nothing to be asked");
}

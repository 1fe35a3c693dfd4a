//! The list in all its states, and what lies over it.

use super::{SIZES, normal};
use crate::domain::ticket::{Priority, Status};
use crate::protocol::answer::Complaint;
use crate::protocol::news::News;
use crate::tui::tests::support::{Fake, Play, key, now, row};

/// Takes the picture at each size.
fn pictures(name: &str, mut play: impl FnMut(u16, u16) -> Play) {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("{name}-{width}x{height}"), play(width, height).text());
    }
}

fn offline(width: u16, height: u16) -> Play {
    let mut play = normal(width, height);
    let complaint = Complaint { what: "imap.example.com does not answer".into(), remedy: "Check the network.".into() };
    play.news(News::SyncEnded { at: now(), error: Some(complaint) });
    play
}

/// Rows that fill every column there can be.
fn full(width: u16, height: u16) -> Play {
    let mut fake = Fake::new();
    for (index, row) in fake.rows.iter_mut().enumerate() {
        row.tags = vec!["billing".into(), "vip".into()];
        row.assignee = Some(if index % 2 == 0 { "ana".into() } else { "ben".into() });
        row.priority = Priority::ALL[index % 4];
        row.project = if index % 3 == 0 { "shop".into() } else { "app".into() };
    }
    let mut play = Play::on(fake, width, height);
    play.press("8");
    play
}

#[test]
fn the_queue_offline() {
    pictures("queue-offline", offline);
}

#[test]
fn the_queue_with_marks() {
    pictures("queue-marked", |width, height| {
        let mut play = normal(width, height);
        play.press("space j space");
        play
    });
}

#[test]
fn the_queue_with_a_filter_that_found_nothing() {
    pictures("queue-nothing-found", |width, height| {
        let mut play = normal(width, height);
        play.press("/ ctrl-u").typed("no such words").press("enter");
        play
    });
}

#[test]
fn a_full_queue_on_a_wide_screen_without_a_preview() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let mut play = full(width, height);
        play.press("p");
        insta::assert_snapshot!(format!("queue-full-{width}x{height}"), play.text());
    }
}

#[test]
fn the_preview_where_it_is_wanted() {
    insta::assert_snapshot!("queue-beside-80x24", normal(80, 24).press("P").text());
    insta::assert_snapshot!("queue-below-120x40", normal(120, 40).press("P").text());
}

#[test]
fn completion_and_an_error_over_the_filter() {
    pictures("queue-completion", |width, height| {
        let mut play = normal(width, height);
        play.press("/ ctrl-u").typed("tag:b").press("tab");
        play
    });
    pictures("queue-wrong-word", |width, height| {
        let mut play = normal(width, height);
        play.press("/ ctrl-u").typed("status:solvd");
        play
    });
}

#[test]
fn pickers_and_prompts_over_the_list() {
    for (name, keys) in [
        ("tags", "t"),
        ("merge", "j M"),
        ("move", ">"),
        ("project", "g p"),
        ("snooze", "z d"),
        ("save-view", "alt-s"),
        ("sort-menu", ", ?"),
        ("snooze-menu", "z ?"),
    ] {
        pictures(&format!("queue-{name}"), |width, height| {
            let mut play = normal(width, height);
            play.press(keys);
            play
        });
    }
}

#[test]
fn a_change_to_many_tickets_from_the_question_to_the_report() {
    pictures("queue-bulk-question", |width, height| {
        let mut play = Play::on(Fake::many(500), width, height);
        play.press("* x");
        play
    });
    pictures("queue-bulk-running", |width, height| {
        let mut play = Play::on(Fake::many(500), width, height);
        play.press("* x");
        let batch = play.press_slowly("y");
        play.answer_first(batch);
        play
    });
    pictures("queue-bulk-failures", |width, height| {
        let mut play = Play::on(Fake::many(30), width, height);
        play.fake.stubborn = (1..=12).map(key).collect();
        play.press("* x y");
        play
    });
}

#[test]
fn every_script_stands_in_its_columns() {
    let names = ["山田太郎", "Özlem Çelik", "مرحبا بالعالم", "ﾔﾏﾀﾞ ﾀﾛｳ", "👩‍💻 Kim", "a\u{301}e\u{301} Dupont"];
    let subjects = [
        "お世話になっております。請求書の件でご連絡しました。よろしくお願いいたします",
        "🏳️‍🌈 ❤️ 👨‍👩‍👧‍👦 zero width joiners",
        "كيف الحال اليوم يا صديقي العزيز",
        "ﾊﾛｰﾜｰﾙﾄﾞ half-width kana",
        "e\u{308}\u{301} combining marks",
        "plain",
    ];
    let mut fake = Fake::empty();
    fake.rows = (0..6).map(|index| row(1_000 + index as u64, subjects[index], names[index], Status::Open)).collect();
    fake.rows.iter_mut().zip(names).for_each(|(row, name)| row.tags = vec![name.to_owned()]);
    for (width, height) in [(40, 10), (80, 24), (120, 24)] {
        let mut play = Play::on(Fake { rows: fake.rows.clone(), ..Fake::empty() }, width, height);
        play.press("p");
        insta::assert_snapshot!(format!("queue-scripts-{width}x{height}"), play.text());
    }
}

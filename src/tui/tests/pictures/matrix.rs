//! Every screen, and what lies over one, in each of its states: a table, so that what is missing shows.
//!
//! Each picture file holds the three sizes. A combination without a picture has a reason here.

use super::super::conflicts::conflict;
use super::super::restore;
use super::super::support::{Fake, Play, key, now, waiting_mail};
use super::SIZES;
use crate::domain::Address;
use crate::domain::draft::{Draft, NoteDraft};
use crate::domain::outbox::OutboxState;
use crate::domain::suggestion::{Suggestion, SuggestionKind};
use crate::protocol::answer::Complaint;
use crate::protocol::news::News;

/// A screen or an overlay, and how it is reached: keys, then a text, then keys.
struct Place {
    name: &'static str,
    keys: &'static str,
    typed: &'static str,
    then: &'static str,
}

const fn place(name: &'static str, keys: &'static str, typed: &'static str, then: &'static str) -> Place {
    Place { name, keys, typed, then }
}

const PLACES: [Place; 25] = [
    place("queue", "p", "", ""),
    place("preview", "tab", "", ""),
    place("ticket", "enter", "", ""),
    place("composer", "r", "Hello Maria,\nit is fixed.", ""),
    place("note", "c", "Ask Ben first.", ""),
    place("review", "r", "Hello Maria,\nit is fixed.", "esc"),
    place("outbox", "g o j", "", ""),
    place("drafts", "g D", "", ""),
    place("conflicts", "g c", "", ""),
    place("help", "?", "", ""),
    place("palette", "ctrl-p", "snoo", ""),
    place("line", ":", "pri", ""),
    place("find", "enter /", "log in", ""),
    place("filter", "/ ctrl-u", "status:sol", ""),
    place("assign", "a", "", ""),
    place("template", "T", "", ""),
    place("tags", "t", "", ""),
    place("suggestions", "L", "", ""),
    place("links", "enter g g enter o", "", ""),
    place("new-mail", "m", "", ""),
    place("source", "enter V", "", ""),
    place("which-key", "z ?", "", ""),
    place("confirm", "r", "x", "esc D"),
    place("quit", "q", "", ""),
    place("restore", "j", "", ""),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Normal,
    Empty,
    Offline,
    Error,
    Marked,
}

const STATES: [(&str, State); 5] =
    [("normal", State::Normal), ("empty", State::Empty), ("offline", State::Offline), ("error", State::Error), ("marked", State::Marked)];

/// Why a place has no picture in a state.
fn cannot(place: &str, state: State) -> Option<&'static str> {
    match (place, state) {
        (
            "ticket" | "composer" | "note" | "review" | "find" | "assign" | "template" | "tags" | "suggestions" | "links" | "source" | "confirm"
            | "preview",
            State::Empty,
        ) => Some("without a ticket it cannot be reached; the key says so (`keys::every_key_is_answered_on_every_screen`)"),
        ("ticket" | "find" | "links" | "source" | "preview", State::Marked) => Some("marks are of the list and show there"),
        ("composer" | "review" | "template" | "suggestions", State::Marked) => Some("it is about one ticket, the selected one, whatever is marked"),
        ("restore", State::Error | State::Offline) => {
            Some("it follows a pass that went through; what goes wrong after it is told when it is answered")
        }
        ("quit", State::Empty) => Some("nothing waits, so it quits without a question"),
        (
            "outbox" | "drafts" | "conflicts" | "new-mail" | "help" | "palette" | "line" | "filter" | "which-key" | "quit" | "restore",
            State::Marked,
        ) => Some("it does not look at the marks; the status line is that of queue-marked"),
        ("help" | "line" | "which-key" | "palette", State::Empty | State::Error | State::Offline) => {
            Some("it shows keys and names, which do not depend on what is read; the status line is that of queue")
        }
        ("new-mail", State::Error | State::Offline) => {
            Some("it begins empty and reads nothing: it is that of new-mail-normal, the status line that of queue")
        }
        ("confirm" | "quit", State::Error) => Some("a question is asked of the agent, nothing is read for it"),
        ("composer" | "review" | "find" | "links", State::Error) => {
            Some("what it needs cannot be read, so it does not open: ticket-error and queue-error tell why")
        }
        ("assign" | "tags" | "template" | "suggestions" | "links" | "filter" | "find" | "confirm" | "source", State::Offline) => {
            Some("it is read from the local store; only the status line knows the network, as in queue-offline")
        }
        _ => None,
    }
}

fn desk(state: State, width: u16, height: u16) -> Play {
    let fake = if state == State::Empty { Fake::empty() } else { Fake::new() };
    let mut play = Play::on(Fake { external: false, ..fake }, width, height);
    if state != State::Empty {
        fill(&mut play);
    }
    let complaint = || Complaint { what: "imap.example.com does not answer".into(), remedy: "Check the network.".into() };
    play.news(News::SyncEnded { at: now(), error: (state == State::Offline).then(complaint) });
    if state == State::Error {
        play.fake.broken = true;
        play.news(News::Tickets(Vec::new()));
    }
    if state == State::Marked {
        play.press("space j space");
    }
    play
}

/// Mail in the outbox, drafts, a suggestion, and for the screen that shows them changes that were not applied.
fn fill(play: &mut Play) {
    play.fake.outbox = vec![
        waiting_mail(1, OutboxState::Queued, None),
        waiting_mail(2, OutboxState::Held, Some("the customer wrote again")),
        waiting_mail(3, OutboxState::Sent, None),
    ];
    let to = vec![Address::new("Maria Keller", "maria@client.example")];
    play.fake.drafts = vec![(1, Draft { subject: "Re: Cannot log in".into(), to, ..Draft::default() })];
    play.fake.note_drafts = vec![(2, NoteDraft { note_on: vec![key(1042)], text: "Looks like the session store".into(), edits: None })];
    play.fake.last_id = 9;
    let mut ticket = super::super::support::shown(&play.fake.rows[0]);
    ticket.suggestions = vec![Suggestion {
        kind: SuggestionKind::SameSubject,
        key: Some(key(1030)),
        number: Some(1030),
        subject: "Login broken".into(),
        address: None,
        why: "same subject, and maria@client.example takes part in both".into(),
    }];
    play.fake.ticket = Some(ticket);
    play.fake.related = vec![key(1042)];
    play.news(News::Tickets(Vec::new()));
}

fn drawn(place: &Place, state: State) -> String {
    let mut sizes = Vec::new();
    for (width, height) in SIZES {
        let mut play = desk(state, width, height);
        if place.name == "conflicts" && !matches!(state, State::Empty | State::Error) {
            play.fake.conflicts = vec![conflict(1042, "set the status to solved", true), conflict(1030, "assigned it to ana", false)];
        }
        let keys = if (place.name, state) == ("confirm", State::Marked) { "x" } else { place.keys };
        play.press(keys);
        if keys == place.keys {
            play.typed(place.typed);
            if !place.then.is_empty() {
                play.press(place.then);
            }
        }
        if place.name == "restore" {
            restore::pass(&mut play, restore::loss());
        }
        sizes.push(format!("{width}x{height}\n{}", play.text()));
    }
    sizes.join("\n\n")
}

#[test]
fn every_screen_in_every_state() {
    for place in &PLACES {
        for (name, state) in STATES {
            if cannot(place.name, state).is_none() {
                insta::assert_snapshot!(format!("{}-{name}", place.name), drawn(place, state));
            }
        }
    }
}

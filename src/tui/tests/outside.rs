//! A mail taken out of the screen: opened, saved, copied, piped, and shown as it came.

use super::support::{Fake, Play, reading, ticket_of};
use crate::domain::link::Link;
use crate::domain::message::Attachment;
use crate::tui::model::Screen;
use crate::tui::{Effect, Input, Piped};

/// A ticket whose only mail has links, one of which pretends, two files and HTML.
pub(super) fn with_links() -> Play {
    let mut ticket = ticket_of(1);
    let message = &mut ticket.messages[0];
    let link = |label: &str, url: &str| Link { label: label.into(), url: url.into() };
    message.glance.links = vec![
        link("click here", "https://shop.example/order/17"),
        link("www.bank.example", "https://evil.example/www.bank.example/login"),
        link("", "https://bank.example@trap.example/"),
        link("run", "javascript:alert(1)"),
        link("", "mailto:maria@client.example"),
    ];
    message.html = true;
    message.attachments.push(Attachment { name: "log.txt".into(), kind: "text/plain".into(), size: 900, content_id: None });
    let mut play = Play::on(Fake { ticket: Some(ticket), ..Fake::new() }, 80, 24);
    play.press("enter");
    play
}

fn opened(play: &Play) -> Vec<&str> {
    play.fake.other.iter().filter_map(|effect| if let Effect::Open(what) = effect { Some(what.as_str()) } else { None }).collect()
}

#[test]
fn check_62_every_link_shows_its_true_host_and_what_is_odd() {
    let mut play = with_links();
    play.press("o");

    let text = play.text();
    for shown in ["1 shop.example  “click here”", "2 evil.example", "3 trap.example", "4 not opened", "5 maria@client.example", "file  screen.png"]
    {
        assert!(text.contains(shown), "{shown}:\n{text}");
    }
    for odd in ["! the text names another host", "! what stands before the @"] {
        assert!(text.contains(odd), "{odd}:\n{text}");
    }
}

#[test]
fn a_link_is_opened_as_it_is_and_anything_else_than_web_and_mail_never() {
    let mut play = with_links();
    assert!(play.press("o enter").toast().contains("opening shop.example"), "{}", play.toast());
    assert_eq!(opened(&play), ["https://shop.example/order/17"]);

    play.press("o").typed("javascript").press("enter");

    assert!(play.toast().contains("only http, https and mailto"), "{}", play.toast());
    assert_eq!(opened(&play).len(), 1);
}

#[test]
fn a_file_and_the_html_are_put_aside_and_then_opened() {
    let mut play = with_links();
    play.press("o").typed("screen.png").press("enter");
    play.press("o").typed("the HTML").press("enter");
    assert_eq!(opened(&play), ["/cache/opened/screen.png", "/cache/opened/screen.png"]);
}

#[test]
fn attachments_are_saved_one_or_all_and_the_place_is_told() {
    let mut play = with_links();
    assert!(play.press("S").text().contains("Save into /home/ana/Downloads"), "{}", play.text());
    play.press("enter");
    assert_eq!(play.toast(), "saved /home/ana/Downloads/file-0");

    play.press("S S");

    assert_eq!(play.toast(), "saved 2 files in /home/ana/Downloads: file-0, file-1");
    assert!(reading(2).press("{ S").toast().contains("has not been read yet"));
}

#[test]
fn the_copy_menu_offers_what_one_pastes_elsewhere() {
    let mut play = with_links();
    play.press("y enter");
    assert_eq!(play.fake.other.last(), Some(&Effect::Copy { what: "#1042".into(), text: "#1042".into() }));
    play.press("y").typed("evil.example").press("enter");
    let Some(Effect::Copy { text, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!(text, "https://evil.example/www.bank.example/login");
    play.press("Y");
    let Some(Effect::Copy { text, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!(text, "customer@client.example");
    play.press("o ctrl-y");
    let Some(Effect::Copy { text, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!(text, "https://shop.example/order/17");
    play.update(Input::Outside(Ok("copied #1042 by xclip".into())));
    assert_eq!(play.toast(), "copied #1042 by xclip");
}

#[test]
fn headers_and_source_are_shown_and_a_note_has_none() {
    let mut play = reading(2);
    assert!(play.press("H").text().contains("Received: from x"), "{}", play.text());
    assert!(!play.press("H").text().contains("Received: from x"));

    play.press("V");
    assert_eq!(play.model.screen(), Screen::Source);
    assert!(play.text().contains("Source of <n1@x.example>") && play.text().contains("body"), "{}", play.text());
    assert_eq!(play.press("q").model.screen(), Screen::Ticket);

    let mut play = Play::new();
    play.press("enter {");
    assert!(play.press("V").toast().contains("a note has no mail"));
    assert!(play.press("H").toast().contains("a note has no mail"));
}

#[test]
fn a_message_is_piped_as_text_or_raw_and_what_comes_out_is_shown() {
    let mut play = reading(1);
    play.press("|").typed("wc -l").press("enter");
    let Some(Effect::Pipe { command, input }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert_eq!((command.as_str(), input.as_str()), ("wc -l", "This is mail 0.\n\n> quoted in 0"));

    play.press("| tab").typed("cat").press("enter");
    let Some(Effect::Pipe { input, .. }) = play.fake.other.last() else { panic!("{:?}", play.fake.other) };
    assert!(input.starts_with("Received: from x\r\n"), "{input}");

    play.update(Input::Piped(Ok(Piped { title: "cat (exit status: 1)".into(), output: "out\x1b[31mput\n".into() })));
    assert_eq!(play.model.screen(), Screen::Source);
    assert!(play.text().contains("cat (exit status: 1)") && play.text().contains("out␛[31mput"), "{}", play.text());
    play.press("q");
    play.update(Input::Piped(Ok(Piped { title: "true".into(), output: String::new() })));
    assert!(play.toast().contains("nothing printed"));
}

#[test]
fn check_61_all_text_is_shown_and_attachments_are_listed_with_size_and_type() {
    let mut play = with_links();
    assert!(play.press("g g").text().contains("Attached: screen.png (image/png, 48 KB)"), "{}", play.text());
    assert!(play.text().contains("Attached: log.txt (text/plain, 900 B)"));
}

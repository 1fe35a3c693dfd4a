//! The configuration changes while the screen is open.

use std::time::Duration;

use crate::protocol::answer::Complaint;
use crate::tui::chrome::Chrome;
use crate::tui::model::{Screen, Settings};
use crate::tui::tests::support::{Fake, Play, settings};
use crate::tui::theme::ThemeName;
use crate::tui::{Effect, Input, Key, Override, Renewed};

fn usual() -> Settings {
    settings(&Fake::new())
}

fn wish(key: &str, command: &str, line: usize) -> Override {
    Override { scope: "list".into(), key: key.into(), command: command.into(), line }
}

impl Play {
    fn configure(&mut self, settings: Settings) -> Vec<Effect> {
        let renewed = Renewed { settings, at_next_start: vec![] };
        let effects = self.update(Input::Settings { outcome: Ok(Box::new(renewed)), asked: false });
        self.run(effects.clone());
        effects
    }
}

#[test]
fn an_edit_changes_theme_keys_lines_and_the_mouse_and_says_so() {
    let mut play = Play::new();
    let mut new = usual();
    (new.look.theme, new.look.mouse) = (ThemeName::Dark, true);
    new.chrome = Chrome { ascii_borders: true, ascii_signs: false };
    new.overrides = vec![wish("x", "open", 9)];

    let effects = play.configure(new);

    assert_eq!(play.model.look.theme, ThemeName::Dark);
    assert!(effects.contains(&Effect::Mouse(true)) && play.model.look.mouse);
    assert!(play.model.chrome.ascii_borders);
    assert_eq!(play.toast(), "settings read again: keys, theme, mouse, borders and icons");
    play.press("x");
    assert_eq!(play.model.screen(), Screen::Ticket);
}

#[test]
fn what_was_chosen_on_the_screen_stays_when_something_else_is_edited() {
    let mut play = Play::new();
    play.press(":").typed("theme light\n");
    let mut new = usual();
    new.look.animations = false;

    play.configure(new);

    assert_eq!(play.model.look.theme, ThemeName::Light);
    assert!(!play.model.look.animations);
}

#[test]
fn a_file_that_cannot_be_read_changes_nothing_and_is_named_with_line_and_nearest_word() {
    let mut play = Play::new();
    let before = play.model.configured.clone();
    let what = "config.toml:12: `theme` in [ui] is \"drak\"; it can be \"default\", \"light\", \"dark\", did you mean `dark`?".to_owned();

    let effects = play.update(Input::Settings { outcome: Err(Complaint { what, remedy: String::new() }), asked: false });

    assert!(effects.is_empty());
    assert_eq!(play.model.configured, before);
    let screen = play.text();
    assert!(screen.contains("config.toml:12: ") && screen.contains("did you mean `dark`?") && screen.contains("settings kept"), "{screen}");
}

#[test]
fn check_27_a_misspelt_key_action_or_a_double_one_is_refused_with_file_and_line() {
    let unknown = Settings { warnings: vec!["config.toml:7: unknown key `theem` in [ui], ignored, did you mean `theme`?".into()], ..usual() };
    let action = Settings { overrides: vec![wish("x", "slove", 12)], ..usual() };
    let twice = Settings { overrides: vec![wish("x", "solve", 12), wish("x", "open", 14)], ..usual() };
    for (new, place, why) in [
        (unknown, "config.toml:7: ", "did you mean `theme`?"),
        (action, "config.toml:12: ", "did you mean `solve`?"),
        (twice, "config.toml:14: ", "key `x` in [keys.list] is already set in line 12"),
    ] {
        let mut play = Play::new();
        let before = play.model.configured.clone();

        play.configure(new);

        assert!(play.toast().contains(place) && play.toast().contains(why), "{}", play.toast());
        assert_eq!(play.model.configured, before);
    }
}

#[test]
fn an_old_mistake_that_is_still_there_hinders_no_edit() {
    let mut play = Play::new();
    let mistake = |line: usize| format!("config.toml:{line}: unknown key `theem` in [ui], ignored, did you mean `theme`?");
    play.model.configured.warnings = vec![mistake(7)];
    let mut new = Settings { warnings: vec![mistake(8)], ..usual() };
    new.look.theme = ThemeName::Light;

    play.configure(new);

    assert_eq!(play.model.look.theme, ThemeName::Light);
}

#[test]
fn other_views_come_and_the_one_that_is_shown_stays() {
    let mut play = Play::new();
    let shown = play.model.queue.views[play.model.queue.view].name.clone();
    let new = Settings { views: vec![("urgent".into(), "priority:urgent".into())], ..usual() };

    play.configure(new);

    let names: Vec<&str> = play.model.queue.views.iter().map(|view| view.name.as_str()).collect();
    assert!(names.contains(&"urgent") && !names.contains(&"vip"), "{names:?}");
    assert_eq!(play.model.queue.views[play.model.queue.view].name, shown);
    assert!(play.model.queue.views.iter().all(|view| view.count.is_some()), "{:?}", play.model.queue.views);
}

#[test]
fn the_view_that_is_shown_and_taken_away_gives_way_to_the_first() {
    let mut play = Play::new();
    play.press(":").typed("view vip\n");

    play.configure(Settings { views: vec![], ..usual() });

    assert_eq!(play.model.queue.views[play.model.queue.view].name, "open");
    assert!(!play.model.queue.rows.is_empty());
}

#[test]
fn reload_reads_the_list_and_the_configuration_and_answers_also_when_nothing_changed() {
    let mut play = Play::new();
    let effects = play.update(Input::Key(Key::parse("f5").unwrap()));
    assert!(effects.contains(&Effect::ReadConfig) && effects.len() > 1, "{effects:?}");

    let renewed = Renewed { settings: usual(), at_next_start: vec!["agent".into()] };
    play.update(Input::Settings { outcome: Ok(Box::new(renewed)), asked: true });

    assert_eq!(play.toast(), "read again; no setting of the screen has changed; agent will change at the next start of postdesk");
}

#[test]
fn check_67_without_animations_the_only_alarm_of_a_leaving_mail_is_its_time() {
    for (animations, alarm, said) in [(true, 1, "in 10 s"), (false, 10, "at 12:00:10")] {
        let mut play = Play::on(Fake { external: false, undo_window: Duration::from_secs(10), ..Fake::new() }, 80, 24);
        play.model.look.animations = animations;

        play.press("r").typed("It is fixed.").press("esc y");

        let wait = play.model.next_alarm().unwrap().as_second() - play.now.as_second();
        assert_eq!(wait, alarm, "{}", play.text());
        assert!(play.text().contains(said), "{}", play.text());
    }
}

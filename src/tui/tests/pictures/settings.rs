//! The choice of a theme, the mouse switched on, and an edit of the configuration that was refused.

use super::SIZES;
use crate::protocol::answer::Complaint;
use crate::tui::Input;
use crate::tui::tests::support::{Fake, Play};

#[test]
fn the_settings() {
    for (width, height) in SIZES {
        let snap = |name: &str, play: &Play| insta::assert_snapshot!(format!("{name}-{width}x{height}"), play.text());
        let on = || Play::on(Fake::new(), width, height);

        let mut theme = on();
        theme.press(":").typed("theme\n");
        snap("theme-picker", &theme);
        let mut mouse = on();
        mouse.press(":").typed("mouse\n");
        snap("mouse-on", &mouse);
        let mut refused = on();
        let what =
            "~/.config/postdesk/config.toml:14: `theme` in [ui] is \"lihgt\"; it can be \"default\", \"light\", \"dark\", did you mean `light`?";
        refused.update(Input::Settings { outcome: Err(Complaint { what: what.into(), remedy: String::new() }), asked: false });
        snap("edit-refused", &refused);
    }
}

//! What the README shows works as shown.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stderr)]

#[path = "support/home.rs"]
mod home;

use home::Home;

#[test]
fn the_ten_lines_of_configuration_make_a_desk() {
    let readme = include_str!("../README.md");
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap_or_default();
    assert_eq!(example.lines().count(), 10, "{example}");
    let home = Home::new();
    home.config(example);

    let list = home.postdesk(["list", "--json"]).assert();

    list.success().stdout("").stderr("");
}

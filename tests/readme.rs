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

#[test]
fn the_tables_of_the_reference_say_what_the_code_knows() {
    let readme = include_str!("../README.md");
    let kept = readme.split("## Reference\n\n").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();

    let wanted = postdesk::cli::reference::readme();

    assert!(kept == wanted, "below `## Reference` the README has to say:\n\n{wanted}");
}

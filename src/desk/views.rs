//! Views saved from the screen: a file in the data folder, written as the
//! configuration would write them, so that they can be pasted there.
//!
//! The configuration itself is never rewritten: it is the agent's own text.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::NamedTempFile;
use toml::de::DeTable;

use super::{Desk, DeskError, DeskResult, Done, Places};

/// The file below the data folder of a desk.
pub const FILE: &str = "views.toml";

const HEAD: &str = "# Views saved from the screen. Each can be moved to the configuration as it stands.\n";

/// A query under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedView {
    pub name: String,
    pub query: String,
}

/// The views saved on a desk, in the order in which they were saved.
///
/// # Errors
/// The file is there and cannot be read.
pub fn saved(places: &Places) -> DeskResult<Vec<SavedView>> {
    let path = places.data.join(FILE);
    let failed = |what: String| DeskError::Failed { what, remedy: format!("Correct {} or remove it.", path.display()) };
    match fs::read_to_string(&path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(failed(format!("the saved views cannot be read: {error}"))),
        Ok(text) => parse(&text).map_err(failed),
    }
}

fn parse(text: &str) -> Result<Vec<SavedView>, String> {
    let table = DeTable::parse(text).map_err(|error| format!("the saved views cannot be read: {}", error.message()))?;
    let Some(views) = table.get_ref().get("view").and_then(|views| views.get_ref().as_table()) else { return Ok(Vec::new()) };
    let mut found: Vec<(usize, SavedView)> = views
        .iter()
        .filter_map(|(name, view)| {
            let query = view.get_ref().as_table()?.get("query")?.get_ref().as_str()?.to_owned();
            Some((name.span().start, SavedView { name: name.get_ref().to_string(), query }))
        })
        .collect();
    found.sort_by_key(|(place, _)| *place);
    Ok(found.into_iter().map(|(_, view)| view).collect())
}

fn print(views: &[SavedView]) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let section = |view: &SavedView| format!("\n[view.{}]\nquery = {}\n", quoted(&view.name), quoted(&view.query));
    HEAD.to_owned() + &views.iter().map(section).collect::<String>()
}

impl Desk {
    /// Keeps a query as a view; one of the same name is replaced.
    ///
    /// # Errors
    /// The name is none, or the file cannot be read or written.
    pub fn save_view(&mut self, name: &str, query: &str) -> DeskResult<Done> {
        if !is_view_name(name) {
            return Err(DeskError::usage(
                format!("`{name}` cannot be a view's name"),
                "A name has letters, digits, `-` and `_`, at most 24 of them.",
            ));
        }
        let mut views = saved(&self.setup.places)?;
        let view = SavedView { name: name.to_owned(), query: query.to_owned() };
        match views.iter_mut().find(|known| known.name == name) {
            Some(known) => *known = view,
            None => views.push(view),
        }
        write(&self.setup.places.data, &views)?;
        Ok(Done { what: format!("view `{name}` saved"), ..Done::default() })
    }

    /// Takes a saved view away.
    ///
    /// # Errors
    /// There is none of this name, or the file cannot be read or written.
    pub fn drop_view(&mut self, name: &str) -> DeskResult<Done> {
        let mut views = saved(&self.setup.places)?;
        let before = views.len();
        views.retain(|view| view.name != name);
        if views.len() == before {
            return Err(DeskError::NotFound {
                what: format!("there is no saved view `{name}`"),
                remedy: "The tabs of the screen show the views; those of the configuration are taken away there.".into(),
            });
        }
        write(&self.setup.places.data, &views)?;
        Ok(Done { what: format!("view `{name}` taken away"), ..Done::default() })
    }
}

/// Whether a tab can bear this name.
pub fn is_view_name(name: &str) -> bool {
    !name.is_empty() && name.chars().count() <= 24 && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
}

/// Replaces the file in one step, so that no crash leaves half of it.
fn write(data: &Path, views: &[SavedView]) -> DeskResult<()> {
    let path = data.join(FILE);
    let replace = || -> std::io::Result<()> {
        let mut file = NamedTempFile::new_in(data)?;
        file.write_all(print(views).as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(&path).map(drop).map_err(|error| error.error)
    };
    let remedy = "Check space and rights; nothing was changed.".to_owned();
    replace().map_err(|error| DeskError::Failed { what: format!("{} cannot be written: {error}", path.display()), remedy })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again_in_its_order() {
        let view = |name: &str, query: &str| SavedView { name: name.into(), query: query.into() };
        let views = [view("zebra", r#"subject:"a \ b" OR 'c'"#), view("acme-2", "from:@acme.example"), view("größe", "")];

        assert_eq!(parse(&print(&views)).unwrap(), views);
        assert!(print(&views).contains("[view.\"acme-2\"]\nquery = \"from:@acme.example\"\n"), "{}", print(&views));
    }

    #[test]
    fn a_broken_file_is_named_and_a_missing_one_is_empty() {
        let data = tempfile::tempdir().unwrap();
        let places = Places { data: data.path().into(), cache: data.path().into(), state: data.path().into() };
        assert_eq!(saved(&places).unwrap(), []);

        fs::write(data.path().join(FILE), "[view").unwrap();

        assert!(saved(&places).unwrap_err().remedy().contains(FILE));
    }

    #[test]
    fn only_a_word_can_be_a_name() {
        for (name, expected) in [("acme", true), ("a_b-1", true), ("größe", true), ("", false), ("two words", false), ("[x]", false)] {
            assert_eq!(is_view_name(name), expected, "{name}");
        }
    }
}

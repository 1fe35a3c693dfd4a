//! The tables of README and manual: keys of the configuration, conditions of a query, signs of the list.
//!
//! What they say stands beside the code it is about; here it is only written out.

use std::fmt::Write as _;

use crate::config::reference::KEYS;
use crate::domain::draft::Check;
use crate::domain::query::reference::CONDITIONS;
use crate::tui::signs;

/// A table of two columns: what is written or shown, and what it means. Backticks stand around what is typed.
pub type Rows = Vec<(String, String)>;

/// The keys of the configuration with their tables.
pub fn configuration() -> Vec<(String, String, String)> {
    let row = |row: &crate::config::reference::KeyRow| {
        let tables: Vec<String> = row.tables.iter().map(|table| format!("[{table}]")).collect();
        (quoted(row.keys), quoted(&tables), row.meaning.to_owned())
    };
    KEYS.iter().map(row).collect()
}

/// The conditions of a query.
pub fn conditions() -> Rows {
    CONDITIONS.iter().map(|row| (quoted(row.written), row.meaning.to_owned())).collect()
}

/// The signs before and behind the rows of the list.
pub fn signs() -> Rows {
    signs::all().map(|(sign, meaning)| (quoted(&sign.split(' ').collect::<Vec<_>>()).replace(", ", " "), meaning.to_owned())).collect()
}

/// The checks of a mail that `--allow` overrides.
pub fn checks() -> Vec<&'static str> {
    Check::ALL.into_iter().filter(|check| !check.is_final()).map(Check::as_str).collect()
}

fn quoted(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}

/// The reference part of the README, from the first heading below `## Reference` to the next section.
pub fn readme() -> String {
    let mut text = String::from("### Keys of the configuration\n\n| key | where | meaning |\n|---|---|---|\n");
    for (keys, tables, meaning) in configuration() {
        let _ = writeln!(text, "| {keys} | {tables} | {meaning} |");
    }
    text.push_str("\n### Queries\n\n| condition | finds tickets |\n|---|---|\n");
    for (written, meaning) in conditions() {
        let _ = writeln!(text, "| {written} | {meaning} |");
    }
    text.push_str("\n### Signs in the list\n\n| sign | meaning | sign | meaning |\n|---|---|---|---|\n");
    let signs = signs();
    let (left, right) = signs.split_at(signs.len().div_ceil(2));
    for (index, (sign, meaning)) in left.iter().enumerate() {
        let (other, its) = right.get(index).cloned().unwrap_or_default();
        let _ = writeln!(text, "| {sign} | {meaning} | {other} | {its} |");
    }
    let _ = writeln!(text, "\n`--allow` takes {}. A mail to nobody, or to what is no address, is never sent.", quoted(&checks()));
    text
}

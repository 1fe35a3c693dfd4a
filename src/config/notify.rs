//! `[notify]`: how new mail makes itself known.

use super::section::Section;

/// What is done when customers have written. Nothing, unless it is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notify {
    /// The terminal's bell.
    pub bell: bool,
    /// A program and its arguments, run without a shell; what came is in its environment.
    pub hook: Option<Vec<String>>,
}

pub(super) fn read(mut section: Section<'_>) -> Notify {
    let bell = section.boolean("bell").unwrap_or(false);
    let hook = section.strings("hook").and_then(|found| {
        let words: Vec<String> = found.value.into_iter().map(|word| word.value).collect();
        match words.split_first() {
            Some((program, _)) if program.trim().is_empty() => {
                section.report().error(found.line, format!("`hook` in [{}] names no program", section.path()));
                None
            }
            // An empty list runs nothing.
            None => None,
            // Only what is meant as a path is one; the rest is found as a shell would.
            Some((program, arguments)) if program.starts_with(['~', '.']) => {
                let program = section.report().resolve(program).display().to_string();
                Some(std::iter::once(program).chain(arguments.iter().cloned()).collect())
            }
            Some(_) => Some(words),
        }
    });
    section.finish();
    Notify { bell, hook }
}

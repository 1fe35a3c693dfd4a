//! What was ordered by words, and what was done last.

use crate::protocol::job::Act;

/// So many lines are remembered.
const KEPT: usize = 100;

#[derive(Clone, Debug, Default)]
pub struct Commands {
    /// Lines of `:`, the newest last.
    pub history: Vec<String>,
    /// The line of the history that stands in the prompt.
    pub at: Option<usize>,
    /// The change that `.` makes again: the last one that was made, whichever ticket it was made to.
    pub last: Option<Act>,
}

impl Commands {
    /// Keeps a line as the newest; one that is there already moves to the end.
    pub fn remember(&mut self, line: &str) {
        self.history.retain(|old| old != line);
        self.history.push(line.to_owned());
        let surplus = self.history.len().saturating_sub(KEPT);
        self.history.drain(..surplus);
        self.at = None;
    }
}

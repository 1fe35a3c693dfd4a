//! The explanation of the keys.

use crate::action::Scope;

#[derive(Clone, Debug)]
pub struct HelpScreen {
    /// The screen that is explained.
    pub about: Scope,
    pub scroll: usize,
}

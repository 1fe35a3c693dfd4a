//! A held mail, to be looked at beside what came in between.

use crate::protocol::answer::{Complaint, HeldMail};

#[derive(Clone, Debug, Default)]
pub struct HeldScreen {
    /// `None`: it is being read.
    pub mail: Option<Box<HeldMail>>,
    pub scroll: usize,
    pub error: Option<Complaint>,
}

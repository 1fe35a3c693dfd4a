//! What customers have written.

/// How many mails came together, and the newest of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    pub count: u64,
    /// `#1042`.
    pub ticket: String,
    pub subject: String,
    /// A name, or an address without one.
    pub from: String,
}

//! Having a person forgotten.

use super::{Desk, DeskError, DeskResult, Done};
use crate::config::{Smtp, Source};
use crate::domain::address::is_addr_spec;
use crate::domain::event::Change;
use crate::domain::seal;
use crate::store::events::NewEvent;

impl Desk {
    /// Redacts what is known here of the person with an address, and has every other client do so.
    ///
    /// Senders, subjects, texts and attachments of their mail go; ids stay, so that threads
    /// hold together. What lies on the mail server is not touched. `anyway`: even if nothing here is theirs,
    /// which may be different at a colleague's.
    ///
    /// # Errors
    /// That is no address, one of our own, or of nobody known here; or a file cannot be written.
    pub fn forget(&mut self, address: &str, anyway: bool) -> DeskResult<Done> {
        let address = address.trim().to_lowercase();
        self.may_be_forgotten(&address, anyway)?;
        let (drafts, mails) = self.store.begun_to(&address)?;
        let change = Change::Forget { address: seal::digest(&address) };
        let mut author = self.author();
        // All that is here is meant, even if this computer's clock is behind the server's.
        author.now = self.store.newest_with(&address)?.map_or(author.now, |newest| newest.max(author.now));
        let events = self.store.append_events(&author, vec![NewEvent { change, inverse: None }])?;
        self.store.shred()?;
        self.ring();
        let begun = of_begun(drafts, mails);
        Ok(Done { what: format!("{address}: redacted here{begun}; their mail on the server is still there"), events, tickets: Vec::new() })
    }

    /// Whether [`Desk::forget`] would do it.
    ///
    /// # Errors
    /// Why not.
    pub fn may_be_forgotten(&self, address: &str, anyway: bool) -> DeskResult<()> {
        let address = address.trim().to_lowercase();
        if !is_addr_spec(&address) {
            return Err(DeskError::no_address(&address));
        }
        if self.is_of_the_team(&address) {
            let what = format!("{address} is the team's own: forgetting it would redact all your answers, for everybody and for good");
            return Err(DeskError::usage(what, "Name the address of a customer."));
        }
        if anyway || self.store.knows_person(&address)? {
            return Ok(());
        }
        let remedy =
            "Check how it is spelled. `postdesk forget ADDRESS --yes` does it all the same, for a person whom only colleagues' computers know.";
        Err(DeskError::NotFound { what: format!("nothing here is from or to {address}; nothing was redacted"), remedy: remedy.into() })
    }

    /// Addresses of projects, of the mailbox, of agents, and those the servers know us by.
    fn is_of_the_team(&self, address: &str) -> bool {
        let desk = &self.setup.desk;
        let imap = if let Source::Imap(server) = &desk.source { Some(&server.user) } else { None };
        let smtp = if let Some(Smtp::Server(server)) = &desk.smtp { Some(&server.user) } else { None };
        let users = imap.into_iter().chain(smtp).chain([&self.setup.agent.address]);
        self.context.is_own(address)
            || desk.projects.iter().any(|of| of.project.from.key() == address)
            || users.into_iter().any(|user| user.to_lowercase() == address)
    }
}

/// What became of what was being written to the person: `, 1 mail of the outbox is a draft again …`.
fn of_begun(drafts: u64, mails: u64) -> String {
    let count = |count: u64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        _ => Some(format!("{count} {many}")),
    };
    let parts = [
        count(drafts, "draft to them has lost that recipient", "drafts to them have lost that recipient"),
        count(
            mails,
            "mail to them was not sent and is a draft again, without that recipient",
            "mails to them were not sent and are drafts again, without that recipient",
        ),
    ];
    parts.into_iter().flatten().fold(String::new(), |told, part| told + "; " + &part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_being_written_to_the_person_is_told_of() {
        assert_eq!(of_begun(0, 0), "");
        assert_eq!(
            of_begun(2, 1),
            "; 2 drafts to them have lost that recipient; 1 mail to them was not sent and is a draft again, without that recipient"
        );
    }
}

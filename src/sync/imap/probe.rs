//! What only somebody who tries a server out asks of it.

use std::fmt::Write as _;

use super::parse::Untagged;
use super::source::ImapSource;
use crate::sync::source::{MailSource as _, SourceError, SourceResult, Trouble};

impl ImapSource {
    /// What the server offers after login, in capitals and in order.
    pub fn capabilities(&self) -> impl Iterator<Item = &str> {
        self.session.capabilities()
    }

    /// What stands between the levels of a folder's name; `None` where there are no levels.
    ///
    /// # Errors
    /// The server does not say, or the session is dead.
    pub fn separator(&mut self) -> SourceResult<Option<char>> {
        let mut found = None;
        self.session.expect_ok("LIST \"\" \"\"", &mut |untagged| {
            if let Untagged::List(listed) = untagged {
                found = listed.delimiter;
            }
            Ok(())
        })?;
        Ok(found)
    }

    /// Selects a folder; tells whether messages in it may bear keywords that nobody has used there before.
    ///
    /// # Errors
    /// As [`select`](crate::sync::source::MailSource::select).
    pub fn takes_new_keywords(&mut self, folder: &str) -> SourceResult<bool> {
        Ok(self.select(folder, None)?.keeps.any_keyword)
    }

    /// Appends several small messages of plain ASCII by one command (RFC 3502): all of them, or none.
    ///
    /// # Errors
    /// The server offers neither MULTIAPPEND nor LITERAL+, or refuses.
    pub fn append_together(&mut self, folder: &str, messages: &[String]) -> SourceResult<()> {
        if !self.can("MULTIAPPEND") || !self.can("LITERAL+") || !messages.iter().all(|message| message.is_ascii()) {
            return Err(SourceError::new(Trouble::Refused, "the server takes one message at a time"));
        }
        let mut command = format!("APPEND {}", self.quoted_name(folder)?);
        for message in messages {
            let _ = write!(command, " {{{}+}}\r\n{message}", message.len());
        }
        self.session.expect_ok(&command, &mut |_| Ok(())).map(drop)
    }

    /// Deletes a folder with everything in it.
    ///
    /// # Errors
    /// The server refuses, or the session is dead.
    pub fn delete_folder(&mut self, folder: &str) -> SourceResult<()> {
        let name = self.quoted_name(folder)?;
        // Some servers do not delete the folder that is selected.
        let _ = self.select("INBOX", None);
        self.session.expect_ok(&format!("DELETE {name}"), &mut |_| Ok(())).map(drop)
    }
}

//! What is being written: drafts of mails and notes, forwarding, identities, files, recipients.

use std::path::{Path, PathBuf};

use super::{Begun, Desk, DeskError, DeskResult, Done, DraftLine};
use crate::domain::draft::{Draft, DraftAttachment, NoteDraft, Writing};
use crate::domain::{Address, MessageId, TicketKey, Timestamp, sanitise};
use crate::mail;
use crate::protocol::answer::{ProjectLine, RenderedTemplate};
use crate::protocol::job::Act;
use crate::store::messages::StoredMessage;

/// Octets of one attachment: what the largest providers take.
const LARGEST_ATTACHMENT: u64 = 25 << 20;
/// Names offered for what was typed of an address or a path.
const OFFERED: usize = 50;

impl Desk {
    /// All drafts, newest first, notes included.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn drafts(&mut self) -> DeskResult<Vec<DraftLine>> {
        let drafts = self.store.drafts()?;
        drafts
            .into_iter()
            .map(|stored| {
                let (ticket, subject, to, is_note) = match stored.writing {
                    Writing::Mail(draft) => (draft.ticket, draft.subject, draft.to, false),
                    Writing::Note(note) => {
                        let first = note.text.trim().lines().next().unwrap_or_default().to_owned();
                        (note.note_on.into_iter().next(), first, Vec::new(), true)
                    }
                };
                let row = ticket.as_ref().map_or(Ok(None), |key| self.store.plain_ticket_row(key))?;
                let label = row.map(|row| row.label()).unwrap_or_default();
                Ok(DraftLine { id: stored.id, label, ticket, subject, to, saved: stored.saved, discarded: stored.discarded, is_note })
            })
            .collect()
    }

    /// What was saved under an id.
    ///
    /// # Errors
    /// There is nothing.
    pub fn writing(&mut self, id: i64) -> DeskResult<Writing> {
        self.store.draft(id)?.map(|stored| stored.writing).ok_or_else(|| no_draft(id))
    }

    /// One draft of a mail.
    ///
    /// # Errors
    /// There is none, or it is one of a note.
    pub fn draft(&mut self, id: i64) -> DeskResult<Draft> {
        match self.writing(id)? {
            Writing::Mail(draft) => Ok(*draft),
            Writing::Note(_) => Err(DeskError::usage(
                format!("draft {id} is an internal note, which cannot be sent"),
                "`postdesk drafts discard` puts it aside; the note editor of its ticket finishes it.",
            )),
        }
    }

    /// Saves a draft; without an id a new one. Returns its id.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save_draft(&mut self, id: Option<i64>, draft: &Draft) -> DeskResult<i64> {
        Ok(self.store.save_draft(id, draft, Timestamp::now())?)
    }

    /// Saves a note that is being written.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save_note(&mut self, id: Option<i64>, note: &NoteDraft) -> DeskResult<i64> {
        Ok(self.store.save_note(id, note, Timestamp::now())?)
    }

    /// Adds the note to its tickets, or corrects the one it is about; what was saved of it meanwhile is not needed any more.
    ///
    /// # Errors
    /// As [`Desk::act`]; then the draft is still there.
    pub fn write_note(&mut self, draft_id: Option<i64>, note: &NoteDraft) -> DeskResult<Done> {
        let text = note.text.trim_end().to_owned();
        let act = note.edits.map_or_else(|| Act::Note(text.clone()), |note| Act::EditNote { note, text: text.clone() });
        let done = self.act(&note.note_on, &act)?;
        if let Some(id) = draft_id {
            self.store.remove_draft(id)?;
        }
        Ok(done)
    }

    /// Puts a draft into the trash, from which it can be recovered for seven days.
    ///
    /// # Errors
    /// There is none.
    pub fn discard_draft(&mut self, id: i64) -> DeskResult<()> {
        if self.store.set_draft_discarded(id, Some(Timestamp::now()))? { Ok(()) } else { Err(no_draft(id)) }
    }

    /// Takes a draft out of the trash.
    ///
    /// # Errors
    /// There is none.
    pub fn recover_draft(&mut self, id: i64) -> DeskResult<()> {
        if self.store.set_draft_discarded(id, None)? { Ok(()) } else { Err(no_draft(id)) }
    }

    /// Begins a mail that passes one of a ticket on to somebody else, its files included.
    /// Without a message the newest one; notes are never passed on.
    ///
    /// # Errors
    /// There is no such ticket or message.
    pub fn begin_forward(&mut self, ticket: &TicketKey, message: Option<&MessageId>) -> DeskResult<Begun> {
        let state = self.opened(ticket)?;
        let messages = self.store.messages_of(&state.key)?;
        let wanted = |found: &&StoredMessage| message.is_none_or(|id| found.message_id == *id);
        let Some(found) = messages.iter().rev().find(wanted) else {
            return Err(DeskError::no_message(format!("ticket {} has no such mail to forward", state.key)));
        };
        let bytes = self.store.raw(found.id)?.unwrap_or_default();
        let project = self.project_or_default(&state.project.value)?.project.clone();
        let subject = found.subject.trim();
        Ok(Begun {
            draft: Draft {
                ticket: Some(state.key.clone()),
                project: project.id.clone(),
                from: self.sender(&project),
                subject: if subject.to_lowercase().starts_with("fwd:") { subject.to_owned() } else { format!("Fwd: {subject}") },
                body: forwarded(found, &mail::view(&bytes).text),
                attachments: files_of(&bytes),
                seen: self.store.newest_inbound(&state.key, None)?,
                base: Some(self.store.base()?),
                answers: Some(self.store.known_answers(&state.key)?),
                ..Draft::default()
            },
            remarks: Vec::new(),
        })
    }

    /// A template's text as it would stand in a draft, with the fields it leaves without a value.
    ///
    /// # Errors
    /// There is no such template, or it cannot be rendered.
    pub fn render_into(&mut self, draft: &Draft, template: &str) -> DeskResult<RenderedTemplate> {
        let state = draft.ticket.as_ref().map_or(Ok(None), |ticket| self.store.ticket_state(ticket))?;
        let mut filled = Draft { body: String::new(), attachments: Vec::new(), ..draft.clone() };
        self.fill_from_template(&mut filled, template, state.as_ref())?;
        Ok(RenderedTemplate {
            name: template.to_owned(),
            text: filled.body,
            unfilled: filled.unfilled,
            status: filled.status,
            tags: filled.tags,
            attachments: filled.attachments,
        })
    }

    /// Who can be written as: every project with its sender.
    pub fn identities(&self) -> Vec<ProjectLine> {
        let line = |known: &crate::config::ProjectConfig| ProjectLine {
            id: known.project.id.clone(),
            name: known.project.name.clone(),
            from: self.sender(&known.project),
        };
        self.setup.desk.projects.iter().map(line).collect()
    }

    /// People of the cache whose name or address holds a text; those of the project first, then the ones heard of last.
    ///
    /// # Errors
    /// The cache cannot be read.
    pub fn contacts(&self, project: &str, text: &str) -> DeskResult<Vec<Address>> {
        let found = self.store.contacts(project, text, OFFERED)?;
        Ok(found.into_iter().filter(|address| !self.context.is_own(&address.address)).collect())
    }

    /// Takes a file's bytes to send them along. `~` is the agent's home.
    ///
    /// # Errors
    /// It cannot be read, is a folder, or is larger than mail servers take.
    pub fn attach(&self, path: &str) -> DeskResult<DraftAttachment> {
        let path = expanded(path);
        let fail = |why: String| DeskError::Failed { what: format!("{} {why}", path.display()), remedy: String::new() };
        let facts = std::fs::metadata(&path).map_err(|error| fail(format!("cannot be read: {error}")))?;
        if !facts.is_file() {
            return Err(fail("is no file".into()));
        }
        if facts.len() > LARGEST_ATTACHMENT {
            return Err(fail(format!("is larger than {} MB, which mail servers refuse", LARGEST_ATTACHMENT >> 20)));
        }
        let bytes = std::fs::read(&path).map_err(|error| fail(format!("cannot be read: {error}")))?;
        let name = sanitise::file_name(&path.file_name().unwrap_or_default().to_string_lossy());
        Ok(DraftAttachment { kind: mail::media_type(&name).to_owned(), name, bytes })
    }
}

/// The files and folders that continue a path, folders with a slash behind.
pub fn paths_like(typed: &str) -> Vec<String> {
    let (folder, start) = typed.rsplit_once('/').map_or(("", typed), |(folder, start)| (folder, start));
    let shown = if folder.is_empty() && !typed.starts_with('/') { String::new() } else { format!("{folder}/") };
    let place = if shown.is_empty() { PathBuf::from(".") } else { expanded(&shown) };
    let Ok(entries) = std::fs::read_dir(place) else { return Vec::new() };
    let mut paths: Vec<String> = entries
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let hidden = name.starts_with('.') && !start.starts_with('.');
            let is_folder = entry.path().is_dir();
            (name.starts_with(start) && !hidden).then(|| format!("{shown}{name}{}", if is_folder { "/" } else { "" }))
        })
        .collect();
    paths.sort();
    paths.truncate(OFFERED);
    paths
}

fn expanded(path: &str) -> PathBuf {
    let home = || directories::BaseDirs::new().map(|dirs| dirs.home_dir().to_owned());
    match path.strip_prefix("~/") {
        Some(rest) => home().map_or_else(|| PathBuf::from(path), |home| home.join(rest)),
        None => Path::new(path).to_owned(),
    }
}

/// The files of a mail, to go along with another.
fn files_of(bytes: &[u8]) -> Vec<DraftAttachment> {
    let files = mail::read(bytes).attachments;
    let taken = files.into_iter().enumerate().filter_map(|(index, file)| {
        let (name, bytes) = mail::attachment(bytes, index)?;
        Some(DraftAttachment { name, kind: file.kind, bytes })
    });
    taken.collect()
}

/// The text of a mail that is passed on, under the lines of its header a reader needs.
fn forwarded(message: &StoredMessage, text: &str) -> String {
    let list = |people: &[Address]| people.iter().map(Address::to_string).collect::<Vec<_>>().join(", ");
    let from = message.from.as_ref().map(Address::to_string).unwrap_or_default();
    let head = format!(
        "---------- Forwarded message ----------\nFrom: {from}\nDate: {}\nSubject: {}\nTo: {}",
        message.at.strftime("%Y-%m-%d %H:%M UTC"),
        message.subject,
        list(&message.to)
    );
    let clean: Vec<_> = head.lines().map(sanitise::line).collect();
    format!("\n\n{}\n\n{}", clean.join("\n"), text.trim_end())
}

fn no_draft(id: i64) -> DeskError {
    DeskError::NotFound {
        what: format!("there is no draft {id}"),
        remedy: "`postdesk drafts list` shows those there are, and those in the trash.".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_continued_by_what_lies_there() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("invoice.pdf"), b"x").unwrap();
        std::fs::create_dir(dir.path().join("inbox")).unwrap();
        std::fs::write(dir.path().join(".hidden"), b"x").unwrap();
        let base = dir.path().display().to_string();

        assert_eq!(paths_like(&format!("{base}/in")), [format!("{base}/inbox/"), format!("{base}/invoice.pdf")]);
        assert_eq!(paths_like(&format!("{base}/.h")), [format!("{base}/.hidden")]);
        assert!(paths_like("/no/such/place/x").is_empty());
    }
}

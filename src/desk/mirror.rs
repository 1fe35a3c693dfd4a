//! What ordinary mail programs are to see: flags, keywords and folders, after everything else of a pass.

use super::network::source_error;
use super::sync::pass_error;
use super::visit::Visit;
use super::{Desk, DeskResult};
use crate::domain::Timestamp;
use crate::store::folders::FolderRole;
use crate::sync::mirror::{Mirror, Moves};
use crate::sync::pass;

/// The names of folders that have to be made.
const ARCHIVE: &str = "Archive";
const JUNK: &str = "Junk";

impl Desk {
    /// Tells the server what was done here, as far as the team can see it.
    pub(super) fn mirror_out(&mut self, visit: &mut Visit<'_>) -> DeskResult<()> {
        if !self.store.owes_mirror(Timestamp::now())? {
            return Ok(());
        }
        let folders = pass::folders(visit.source, &self.folder_choice()).map_err(|error| source_error(&error))?;
        let moves = self.moves(&folders);
        let mut mirror = Mirror { store: &mut self.store, source: visit.source, folders: &folders, moves: &moves, now: Timestamp::now() };
        let mirrored = mirror.run().map_err(|error| pass_error(&error))?;
        visit.report.marked += mirrored.marked;
        visit.report.moved += mirrored.moved;
        visit.report.errors.extend(mirrored.errors);
        Ok(())
    }

    /// Where mail goes, as far as the desk asks for it: into the folder that has the role, or one that is made.
    fn moves(&self, folders: &[(String, FolderRole)]) -> Moves {
        let named =
            |role: FolderRole, name: &str| folders.iter().find(|(_, known)| *known == role).map_or_else(|| name.to_owned(), |(name, _)| name.clone());
        let desk = &self.setup.desk;
        Moves {
            archive: desk.archive_on_solve.then(|| named(FolderRole::Archive, ARCHIVE)),
            junk: desk.junk_on_spam.then(|| named(FolderRole::Junk, JUNK)),
        }
    }
}

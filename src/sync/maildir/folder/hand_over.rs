//! Moving files from one folder of a Maildir to another.

use std::fs::{self, File};
use std::io;

use super::super::name::{self, Keywords};
use super::super::uidlist::lock;
use super::{Folder, Part};
use crate::sync::source::UidSet;

impl Folder {
    /// Renames the files of messages into another folder, flags and date of arrival kept; UID before and UID now.
    ///
    /// A crash leaves each message in one of the two. On disk when this returns.
    pub fn hand_over(&mut self, uids: &UidSet, target: &mut Self) -> io::Result<Vec<(u32, u32)>> {
        self.refresh()?;
        target.refresh()?;
        let moved = self.rename_into(uids, target)?;
        self.settled = false;
        self.refresh()?;
        target.refresh()?;
        Ok(moved.into_iter().filter_map(|(uid, unique)| Some((uid, target.uids.uid(&unique)?))).collect())
    }

    fn rename_into(&mut self, uids: &UidSet, target: &mut Self) -> io::Result<Vec<(u32, String)>> {
        // In the same order by everybody, so that two who move crosswise do not wait for each other.
        let (first, second) = if self.dir < target.dir { (&self.dir, &target.dir) } else { (&target.dir, &self.dir) };
        let _locks = (lock(first)?, lock(second)?);
        self.keywords = Keywords::load(&self.dir)?;
        target.keywords = Keywords::load(&target.dir)?;
        let mut moved = Vec::new();
        for uid in uids.iter() {
            moved.extend(self.rename_one(uid, target)?.map(|unique| (uid, unique)));
        }
        for folder in [&target.dir, &self.dir] {
            for part in Part::ALL {
                File::open(folder.join(part.folder()))?.sync_all()?;
            }
        }
        target.settled = false;
        Ok(moved)
    }

    /// Its name there; `None` if it is gone.
    fn rename_one(&mut self, uid: u32, target: &mut Self) -> io::Result<Option<String>> {
        let Some(row) = self.names.get(uid).copied() else { return Ok(None) };
        let (Some(from), Some(mut unique)) = (self.path(&row)?, self.uids.name(uid)?) else { return Ok(None) };
        let mut flags = name::flags(self.names.letters(&row), &self.keywords);
        // Without a letter for it there a keyword is lost; the message is not.
        if target.admit(&flags.keywords).is_err() {
            flags.keywords.clear();
        }
        let letters = name::letters(&flags, &target.keywords);
        // Never over another mail, whoever gave it the same name.
        if target.uids.uid(&unique).is_some() {
            unique = name::unique(fs::metadata(&from).map_or(0, |data| usize::try_from(data.len()).unwrap_or(0)));
        }
        let part = if letters.is_empty() { row.part } else { Part::Cur };
        let file = if part == Part::New { unique.clone() } else { format!("{unique}:2,{letters}") };
        match fs::rename(from, target.dir.join(part.folder()).join(file)) {
            Ok(()) => Ok(Some(unique)),
            // Gone or renamed by another program: the next look tells.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

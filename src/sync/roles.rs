//! What folders are for, guessed from their names where nobody says it.

use crate::sync::source::{FolderEntry, Role};

/// Names that mail programs and servers give to special folders, in small letters.
const NAMES: [(&str, Role); 19] = [
    ("sent", Role::Sent),
    ("sent items", Role::Sent),
    ("sent messages", Role::Sent),
    ("sent mail", Role::Sent),
    ("archive", Role::Archive),
    ("archives", Role::Archive),
    ("junk", Role::Junk),
    ("junk e-mail", Role::Junk),
    ("junk email", Role::Junk),
    ("spam", Role::Junk),
    ("bulk mail", Role::Junk),
    ("trash", Role::Trash),
    ("deleted items", Role::Trash),
    ("deleted messages", Role::Trash),
    ("bin", Role::Trash),
    ("drafts", Role::Drafts),
    ("draft", Role::Drafts),
    ("all mail", Role::All),
    ("allmail", Role::All),
];

/// Gives a role by name to folders where no folder has that role yet; the first in order wins.
pub fn guess(folders: &mut [FolderEntry]) {
    for role in [Role::Sent, Role::Archive, Role::Junk, Role::Trash, Role::Drafts, Role::All] {
        if folders.iter().any(|folder| folder.role == Some(role)) {
            continue;
        }
        if let Some(folder) = folders.iter_mut().find(|folder| folder.selectable && folder.role.is_none() && by_name(&folder.name) == Some(role)) {
            folder.role = Some(role);
        }
    }
}

fn by_name(name: &str) -> Option<Role> {
    let leaf = name.rsplit(['/', '.']).next().unwrap_or(name).to_lowercase();
    NAMES.iter().find(|(known, _)| *known == leaf).map(|(_, role)| *role)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str, role: Option<Role>) -> FolderEntry {
        FolderEntry { name: name.into(), role, selectable: true }
    }

    #[test]
    fn names_count_only_where_the_server_says_nothing() {
        let mut folders = [folder("INBOX.Sent Items", None), folder("Spam", None), folder("Trash", None), folder("Müll", Some(Role::Trash))];
        guess(&mut folders);
        let roles: Vec<_> = folders.iter().map(|folder| folder.role).collect();
        assert_eq!(roles, [Some(Role::Sent), Some(Role::Junk), None, Some(Role::Trash)]);
    }
}

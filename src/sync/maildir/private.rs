//! New files and directories: for the owner, and for the group where the Maildir is the group's.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file that must not exist yet; the group may do with it what it may do with its directory.
pub fn new_file(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().write(true).create_new(true))
}

/// Makes a file or empties the one that is there.
pub fn fresh_file(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().write(true).create(true).truncate(true))
}

#[cfg(unix)]
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let file = options.mode(0o600).open(path)?;
    let shared = group_bits(path) & 0o060;
    if shared > 0 {
        file.set_permissions(fs::Permissions::from_mode(0o600 | shared))?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    options.open(path)
}

/// Makes a directory and those above it.
#[cfg(unix)]
pub fn new_directory(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let shared = group_bits(path) & 0o2070;
    if shared > 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o700 | shared))?;
    }
    Ok(())
}

#[cfg(not(unix))]
pub fn new_directory(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Mode of the directory above; of a group that may only look nothing is inherited.
#[cfg(unix)]
fn group_bits(path: &Path) -> u32 {
    use std::os::unix::fs::MetadataExt;
    let mode = path.parent().and_then(|parent| fs::metadata(parent).ok()).map_or(0, |data| data.mode());
    if mode & 0o020 > 0 { mode } else { 0 }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    #[test]
    fn files_are_ones_own_unless_the_group_owns_the_maildir() {
        for (above, file, directory) in [(0o755, 0o600, 0o700), (0o770, 0o660, 0o770), (0o777, 0o660, 0o770)] {
            let dir = tempfile::tempdir().unwrap();
            fs::set_permissions(dir.path(), fs::Permissions::from_mode(above)).unwrap();
            let made = new_file(&dir.path().join("mail")).unwrap();
            new_directory(&dir.path().join("cur")).unwrap();
            assert_eq!(made.metadata().unwrap().mode() & 0o777, file, "{above:o}");
            assert_eq!(fs::metadata(dir.path().join("cur")).unwrap().mode() & 0o777, directory, "{above:o}");
        }
    }
}

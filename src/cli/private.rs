//! Files and folders that are their owner's alone: 0600 and 0700.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder, and those above it that are missing.
pub fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file to append to it; its folder is made if it is missing.
pub fn append(file: &Path) -> io::Result<File> {
    open(file, OpenOptions::new().append(true))
}

/// Writes a file anew; its folder is made if it is missing.
pub fn write(file: &Path, text: &str) -> io::Result<()> {
    open(file, OpenOptions::new().write(true).truncate(true))?.write_all(text.as_bytes())
}

fn open(file: &Path, options: &mut OpenOptions) -> io::Result<File> {
    if let Some(folder) = file.parent() {
        create_folder(folder)?;
    }
    options.create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options.open(file)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_and_the_folders_made_for_them_are_their_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (log, mark) = (folder.path().join("a/b/log"), folder.path().join("c/mark"));

        append(&log).unwrap();
        write(&mark, "x").unwrap();

        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode(&log), mode(&mark)], [0o600, 0o600]);
        assert_eq!([mode(&folder.path().join("a")), mode(log.parent().unwrap())], [0o700, 0o700]);
    }
}

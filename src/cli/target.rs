//! What `--output` names: a file that is there once it is complete, or something that takes what comes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Octets that are put together before they are written.
const BUFFER: usize = 256 << 10;
/// So many symbolic links in a row are a circle, as for Linux.
const LINKS: usize = 40;

/// Where an export goes.
pub enum Target {
    /// A regular file, which appears under its name, or replaces the one there, when it is complete.
    Whole { file: BufWriter<NamedTempFile>, path: PathBuf },
    /// A pipe, a socket or a device: it stays what it is, and gets the bytes as they come.
    Through(BufWriter<File>),
}

impl Target {
    /// Opens it; a symbolic link stands for what it leads to, whether that exists or not.
    ///
    /// A named pipe is open once somebody reads it.
    ///
    /// # Errors
    /// It is a folder, is not there to be written, or its folder takes no file.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = behind_links(path)?;
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            let file = OpenOptions::new().write(true).open(&path)?;
            return Ok(Self::Through(BufWriter::with_capacity(BUFFER, file)));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let file = BufWriter::with_capacity(BUFFER, NamedTempFile::new_in(folder)?);
        Ok(Self::Whole { file, path })
    }

    /// Says that everything has been written.
    ///
    /// # Errors
    /// The disk is full, or nobody reads any more.
    pub fn complete(self) -> io::Result<()> {
        match self {
            Self::Through(mut file) => file.flush(),
            Self::Whole { file, path } => {
                let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
                file.as_file().sync_all()?;
                file.persist(path).map(drop).map_err(|error| error.error)
            }
        }
    }
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Whole { file, .. } => file.write(bytes),
            Self::Through(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Whole { file, .. } => file.flush(),
            Self::Through(file) => file.flush(),
        }
    }
}

/// The name a chain of links ends at; a relative link starts from its own folder.
fn behind_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        let Ok(link) = fs::read_link(&path) else { return Ok(path) };
        // `/proc/self/fd/1` and its like read as links to names that cannot be opened.
        if fs::metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Ok(path);
        }
        path = path.parent().unwrap_or(Path::new("")).join(link);
    }
    Err(io::Error::other("its symbolic links lead in a circle"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::{FileTypeExt, symlink};
    use std::process::Command;

    use super::*;

    fn write(path: &Path, text: &str) -> io::Result<()> {
        let mut target = Target::open(path)?;
        target.write_all(text.as_bytes())?;
        target.complete()
    }

    #[test]
    fn a_pipe_gets_the_bytes_and_stays_a_pipe() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, link) = (folder.path().join("pipe"), folder.path().join("link"));
        assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        symlink("pipe", &link).unwrap();
        for name in [&pipe, &link] {
            // Open at both ends, so that nothing here waits for anybody.
            let mut reader = OpenOptions::new().read(true).write(true).open(&pipe).unwrap();

            write(name, "ticket\n").unwrap();

            assert!(fs::symlink_metadata(&pipe).unwrap().file_type().is_fifo(), "{}", name.display());
            let mut got = [0; 7];
            reader.read_exact(&mut got).unwrap();
            assert_eq!(&got, b"ticket\n");
        }
    }

    #[test]
    fn a_link_is_followed_to_a_file_that_is_there_or_is_not_yet() {
        let folder = tempfile::tempdir().unwrap();
        let (link, chain, file) = (folder.path().join("sub/link"), folder.path().join("chain"), folder.path().join("file"));
        fs::create_dir(folder.path().join("sub")).unwrap();
        symlink("../file", &link).unwrap();
        symlink("sub/link", &chain).unwrap();

        for text in ["new", "replaced"] {
            write(&chain, text).unwrap();

            assert!(link.is_symlink() && chain.is_symlink());
            assert_eq!(fs::read_to_string(&file).unwrap(), text);
        }
    }

    #[test]
    fn a_circle_of_links_and_a_folder_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        symlink("b", folder.path().join("a")).unwrap();
        symlink("a", folder.path().join("b")).unwrap();

        assert!(Target::open(&folder.path().join("a")).is_err());
        assert!(Target::open(folder.path()).is_err());
    }

    #[test]
    fn what_was_not_completed_leaves_the_old_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();

        let mut target = Target::open(&file).unwrap();
        target.write_all(b"half").unwrap();
        drop(target);

        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}

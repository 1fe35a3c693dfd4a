//! Files out of mails: saved where the agent wants them, or put aside to be opened.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Desk, DeskError, DeskResult};
use crate::domain::{MessageId, sanitise};
use crate::mail;

/// How long a file that was put aside is kept for the program that shows it.
const ASIDE: Duration = Duration::from_hours(24);
/// How many files of the same name a folder may hold.
const SAME_NAME: u32 = 1_000;

impl Desk {
    /// Saves attachments of a mail, numbered as they are shown, into a folder that is made
    /// if it is not there. An existing file is never touched: the new one gets a number.
    ///
    /// # Errors
    /// The mail or an attachment is not here, or a file cannot be written.
    pub fn save_attachments(&mut self, message: &MessageId, which: &[usize], folder: &Path) -> DeskResult<Vec<PathBuf>> {
        let bytes = self.whole_mail(message)?;
        let files = which.iter().map(|index| attachment(&bytes, *index)).collect::<DeskResult<Vec<_>>>()?;
        private_folder(folder).map_err(|error| cannot("make the folder", folder, &error))?;
        files.iter().map(|(name, content)| write_new(folder, name, content).map_err(|error| cannot("save into", folder, &error))).collect()
    }

    /// Puts an attachment into a private folder, for another program to show.
    ///
    /// # Errors
    /// The mail or the attachment is not here, or the file cannot be written.
    pub fn attachment_aside(&mut self, message: &MessageId, index: usize) -> DeskResult<PathBuf> {
        let (name, content) = attachment(&self.whole_mail(message)?, index)?;
        self.aside(&name, &content)
    }

    /// Puts the HTML of a mail into a private folder, without anything that runs or loads.
    ///
    /// # Errors
    /// The mail is not here or has no HTML, or the file cannot be written.
    pub fn html_aside(&mut self, message: &MessageId) -> DeskResult<PathBuf> {
        let page = mail::browser_page(&self.whole_mail(message)?).ok_or_else(|| DeskError::NotFound {
            what: "this mail has no HTML".into(),
            remedy: "Its text is all there is; V shows the source.".into(),
        })?;
        self.aside("message.html", page.as_bytes())
    }

    fn whole_mail(&mut self, message: &MessageId) -> DeskResult<Vec<u8>> {
        let (stored, bytes) = self.mail(message)?;
        if stored.is_incomplete {
            let what = "only the beginning of this mail is here".to_owned();
            return Err(DeskError::Failed { what, remedy: "The whole of it has been asked for; sync, then try again.".into() });
        }
        Ok(bytes)
    }

    fn aside(&self, name: &str, content: &[u8]) -> DeskResult<PathBuf> {
        let folder = self.setup.places.cache.join("opened");
        private_folder(&folder).map_err(|error| cannot("make the folder", &folder, &error))?;
        forget_old(&folder);
        write_new(&folder, name, content).map_err(|error| cannot("save into", &folder, &error))
    }
}

fn attachment(bytes: &[u8], index: usize) -> DeskResult<(String, Vec<u8>)> {
    mail::attachment(bytes, index).ok_or_else(|| DeskError::NotFound {
        what: "this mail has no such attachment".into(),
        remedy: "The mail may have come in whole meanwhile: look at it again.".into(),
    })
}

fn cannot(what: &str, folder: &Path, error: &io::Error) -> DeskError {
    let remedy = "Check space and rights, or name another folder with `downloads` under [outside] in the configuration.";
    DeskError::Failed { what: format!("cannot {what} {}: {error}", folder.display()), remedy: remedy.into() }
}

fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a new file that only the agent can read, under the name or, where that is taken, the name with a number.
fn write_new(folder: &Path, name: &str, content: &[u8]) -> io::Result<PathBuf> {
    let name = sanitise::file_name(name);
    for number in 1..SAME_NAME {
        let path = folder.join(numbered(&name, number));
        // Also a link that leads nowhere counts as taken: nothing is followed, nothing replaced.
        let mut file = match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        };
        if let Err(error) = file.write_all(content).and_then(|()| file.sync_all()) {
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        return Ok(path);
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("there are too many files called {name}")))
}

fn numbered(name: &str, number: u32) -> String {
    match (number, name.rsplit_once('.')) {
        (1, _) => name.to_owned(),
        (_, Some((stem, extension))) if !stem.is_empty() => format!("{stem}-{number}.{extension}"),
        _ => format!("{name}-{number}"),
    }
}

/// Removes what was put aside long ago. What cannot be removed stays for the next time.
fn forget_old(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let old = |entry: &fs::DirEntry| {
        let age = entry.metadata().and_then(|data| data.modified()).map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
        age.is_ok_and(|age| age > ASIDE)
    };
    for entry in entries.flatten().filter(old) {
        let _ = fs::remove_file(entry.path());
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn check_63_a_saved_file_stays_in_its_folder_and_replaces_nothing() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("in/files");
        private_folder(&folder).unwrap();

        for (name, expected) in [
            ("../../evil.sh", "evil.sh"),
            ("/etc/passwd", "passwd"),
            ("a\\..\\b.txt", "b.txt"),
            ("..", "attachment"),
            (".bashrc", "bashrc"),
            ("x\u{202e}gpj.exe", "xgpj.exe"),
            ("x\u{202e}gpj.exe", "xgpj-2.exe"),
            ("evil.sh", "evil-2.sh"),
            ("new\nline", "new line"),
        ] {
            let path = write_new(&folder, name, name.as_bytes()).unwrap();
            assert_eq!(path, folder.join(expected), "{name:?}");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(fs::read_to_string(folder.join("evil.sh")).unwrap(), "../../evil.sh");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing was written outside");
    }

    #[test]
    fn a_link_in_the_way_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        symlink(&target, folder.path().join("x.pdf")).unwrap();

        let path = write_new(folder.path(), "x.pdf", b"new").unwrap();

        assert_eq!(path, folder.path().join("x-2.pdf"));
        assert!(!target.exists());
    }

    #[test]
    fn what_was_put_aside_is_forgotten_after_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let (old, new) = (folder.path().join("old"), folder.path().join("new"));
        for path in [&old, &new] {
            fs::write(path, b"x").unwrap();
        }
        fs::File::options().write(true).open(&old).unwrap().set_modified(SystemTime::now() - ASIDE * 2).unwrap();

        forget_old(folder.path());

        assert!(!old.exists() && new.exists());
    }
}

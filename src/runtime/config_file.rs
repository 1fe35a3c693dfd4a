//! The configuration file while the screen is open: read again when somebody writes it.
//!
//! The kernel tells of changes, so nothing is looked at in between. The folder is
//! watched rather than the file, because editors write another file and rename it.

use std::path::{Path, PathBuf};
use std::thread;

use crossbeam_channel::Sender;

use super::{Happening, tell};
use crate::config::{self, Config, ConfigError};

/// The file as it was read again.
#[derive(Debug)]
pub(super) struct ReadAgain {
    pub outcome: Result<Box<Config>, ConfigError>,
    /// Whether the agent asked for it.
    pub asked: bool,
}

/// Reads the file in a thread and tells what came of it.
pub(super) fn read(path: PathBuf, to: Sender<Happening>) {
    thread::spawn(move || tell_of(&path, true, &to));
}

fn tell_of(path: &Path, asked: bool, to: &Sender<Happening>) {
    let outcome = config::load(path).map(Box::new);
    tell(to, Happening::Config(ReadAgain { outcome, asked }));
}

/// Tells of the file whenever it is written or another one takes its place.
///
/// # Errors
/// The kernel has no watches left, or a thread cannot be started.
#[cfg(target_os = "linux")]
pub(super) fn watch(path: PathBuf, to: Sender<Happening>) -> std::io::Result<()> {
    let kernel = linux::watch(&path)?;
    thread::Builder::new().name("config".into()).spawn(move || {
        while linux::wait(&kernel, &path) {
            tell_of(&path, false, &to);
        }
    })?;
    Ok(())
}

/// Elsewhere the agent says when to read it: `:reload`.
#[cfg(not(target_os = "linux"))]
pub(super) fn watch(_: PathBuf, _: Sender<Happening>) -> std::io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStrExt as _;
    use std::path::{Path, PathBuf};

    use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
    use rustix::io::Errno;

    /// The folder of the file and, if it is a link, that of the file it leads to.
    pub fn watch(path: &Path) -> std::io::Result<OwnedFd> {
        let kernel = inotify::init(CreateFlags::CLOEXEC)?;
        let what = WatchFlags::CLOSE_WRITE | WatchFlags::MOVED_TO | WatchFlags::CREATE;
        for file in places(path) {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            inotify::add_watch(&kernel, folder, what)?;
        }
        Ok(kernel)
    }

    fn places(path: &Path) -> Vec<PathBuf> {
        let mut places = vec![path.to_owned()];
        places.extend(path.canonicalize().ok().filter(|real| real != path));
        places
    }

    /// Blocks until the file has been written; `false` when there is nothing to wait for any more.
    pub fn wait(kernel: &OwnedFd, path: &Path) -> bool {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = Reader::new(kernel, &mut buffer);
        let mut is_written = false;
        loop {
            match reader.next() {
                Ok(event) => is_written |= is_it(&event, path),
                Err(Errno::INTR) => {}
                Err(_) => return false,
            }
            // Several changes at once, as editors make them, are one.
            if is_written && reader.is_buffer_empty() {
                return true;
            }
        }
    }

    /// A new file is complete only when it is closed; a new link is there at once.
    fn is_it(event: &inotify::Event<'_>, path: &Path) -> bool {
        let named = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
        let is_named = named.is_some_and(|name| places(path).iter().any(|place| place.file_name() == Some(name)));
        let is_complete = event.events().intersects(ReadFlags::CLOSE_WRITE | ReadFlags::MOVED_TO) || path.is_symlink();
        is_named && is_complete
    }

    #[cfg(test)]
    mod tests {
        use std::fs;

        use super::*;

        fn told_after(write: impl FnOnce(&Path)) -> bool {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("config.toml");
            fs::write(&path, "old").unwrap();
            let kernel = watch(&path).unwrap();
            write(&path);
            // What is written last must be told, so waiting ends in any case.
            let (done, ended) = crossbeam_channel::bounded(1);
            std::thread::spawn(move || done.send(wait(&kernel, &path)));
            ended.recv_timeout(std::time::Duration::from_secs(20)).unwrap_or(false)
        }

        #[test]
        fn a_file_written_in_place_renamed_over_or_linked_anew_is_told() {
            assert!(told_after(|path| fs::write(path, "new").unwrap()));
            assert!(told_after(|path| {
                fs::write(path.with_extension("new"), "new").unwrap();
                fs::rename(path.with_extension("new"), path).unwrap();
            }));
            assert!(told_after(|path| {
                fs::remove_file(path).unwrap();
                fs::write(path.with_extension("real"), "new").unwrap();
                std::os::unix::fs::symlink(path.with_extension("real"), path).unwrap();
            }));
        }

        #[test]
        fn the_file_a_link_leads_to_is_watched_too() {
            let folder = tempfile::tempdir().unwrap();
            let (path, real) = (folder.path().join("a/config.toml"), folder.path().join("b/postdesk.toml"));
            for file in [&path, &real] {
                fs::create_dir_all(file.parent().unwrap()).unwrap();
            }
            fs::write(&real, "old").unwrap();
            std::os::unix::fs::symlink(&real, &path).unwrap();
            let kernel = watch(&path).unwrap();

            fs::write(&real, "new").unwrap();

            assert!(wait(&kernel, &path));
        }
    }
}

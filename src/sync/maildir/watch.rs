//! Hearing that something changed in a folder.

use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;

/// Between two looks at a folder that tells nothing by itself.
const LOOK: Duration = Duration::from_millis(250);
/// Between two looks at a folder that does: a network file system may not tell what others do.
const LOOK_ALL_THE_SAME: Duration = Duration::from_mins(1);

/// The kernel's word (inotify(7)) that files came, went or were renamed in `new` and `cur` of some folders.
#[derive(Debug)]
pub struct Watch {
    events: Option<OwnedFd>,
}

impl Watch {
    /// Listens from now on; where the kernel cannot be asked, there is nothing to hear.
    pub fn of(folders: &[PathBuf]) -> Self {
        Self { events: listen(folders) }
    }

    /// What becomes readable when something changed.
    pub fn events(&self) -> Option<BorrowedFd<'_>> {
        self.events.as_ref().map(|fd| fd.as_fd())
    }

    /// How long nobody needs to look at a folder of which nothing was heard.
    pub fn look_every(&self) -> Duration {
        if self.events.is_some() { LOOK_ALL_THE_SAME } else { LOOK }
    }

    /// How soon to look again at a folder that has changed within the last tick of its clock.
    pub fn look_soon() -> Duration {
        LOOK
    }

    /// Forgets what was heard so far.
    pub fn silence(&self) {
        let mut buffer = [0; 4096];
        while self.events.as_ref().is_some_and(|fd| rustix::io::read(fd, &mut buffer).is_ok_and(|count| count > 0)) {}
    }
}

#[cfg(target_os = "linux")]
fn listen(folders: &[PathBuf]) -> Option<OwnedFd> {
    use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

    let events = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let changes = WatchFlags::CREATE | WatchFlags::DELETE | WatchFlags::MOVE | WatchFlags::DELETE_SELF | WatchFlags::MOVE_SELF;
    for folder in folders {
        for part in super::names::Part::ALL {
            add_watch(&events, folder.join(part.folder()), changes | WatchFlags::ONLYDIR).ok()?;
        }
    }
    Some(events)
}

#[cfg(not(target_os = "linux"))]
fn listen(_folders: &[PathBuf]) -> Option<OwnedFd> {
    None
}

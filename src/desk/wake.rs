//! Waking the process that holds the network role: a datagram socket beside the data.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use sha2::{Digest as _, Sha256};

use crate::domain::id::hex;
use crate::sync::source::Waker;

/// A socket's path may have 108 octets at most, its final NUL included (unix(7)).
const PATH_OCTETS: usize = 100;

const RING: &[u8] = b"wake";
const END: &[u8] = b"end";

/// Turns datagrams into wake-ups until dropped.
#[derive(Debug)]
pub struct WakeListener {
    path: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl WakeListener {
    /// Listens for this data folder. Only the holder of the network role may, so that
    /// what is left of an earlier one can be removed. `None` when sockets cannot be had.
    pub fn start(data: &Path, waker: Waker) -> Option<Self> {
        let path = socket_path(data);
        let _ = std::fs::remove_file(&path);
        let socket = UnixDatagram::bind(&path).ok()?;
        // Where the path is too long it lies beside other people's files.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).ok()?;
        let spawned = std::thread::Builder::new().name("wake".into()).spawn(move || listen(&socket, &waker));
        Some(Self { path, thread: Some(spawned.ok()?) })
    }
}

fn listen(socket: &UnixDatagram, waker: &Waker) {
    let mut buffer = [0_u8; 8];
    loop {
        match socket.recv(&mut buffer) {
            Ok(octets) if buffer.get(..octets) == Some(END) => return,
            Ok(_) => waker.wake(),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

impl Drop for WakeListener {
    fn drop(&mut self) {
        let ended = UnixDatagram::unbound().and_then(|socket| socket.send_to(END, &self.path)).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| ended) {
            let _ = thread.join();
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Wakes whoever listens for this data folder; it is no error when nobody does.
pub fn ring(data: &Path) {
    let _ = UnixDatagram::unbound().and_then(|socket| {
        socket.set_nonblocking(true)?;
        socket.send_to(RING, socket_path(data))
    });
}

fn socket_path(data: &Path) -> PathBuf {
    let beside = data.join("wake.sock");
    if beside.as_os_str().len() <= PATH_OCTETS {
        return beside;
    }
    let mut name = hex(&Sha256::digest(data.as_os_str().as_encoded_bytes()));
    name.truncate(24);
    std::env::temp_dir().join(format!("postdesk-{name}.sock"))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_ring_wakes_the_listener_and_nobody_listening_is_no_error() {
        let folder = tempfile::tempdir().unwrap();
        ring(folder.path());
        let waker = Waker::default();
        let listener = WakeListener::start(folder.path(), waker.clone()).unwrap();

        ring(folder.path());

        let deadline = Instant::now() + Duration::from_secs(5);
        while !waker.is_woken() {
            assert!(Instant::now() < deadline, "nobody woke");
            std::thread::yield_now();
        }
        drop(listener);
        assert!(!folder.path().join("wake.sock").exists());
    }
}

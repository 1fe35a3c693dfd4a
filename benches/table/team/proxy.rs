//! A line to the server that counts what passes through it.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

/// Octets both ways on all connections; the proxy lives as long as the process.
#[derive(Clone)]
pub struct Counted {
    pub port: u16,
    octets: Arc<AtomicU64>,
    connections: Arc<AtomicU64>,
}

impl Counted {
    pub fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let counted = Self { port: listener.local_addr().unwrap().port(), octets: Arc::default(), connections: Arc::default() };
        let shared = counted.clone();
        thread::spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                let Ok(far) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                shared.connections.fetch_add(1, Ordering::Relaxed);
                for (from, to) in [(near.try_clone(), far.try_clone()), (far.try_clone(), near.try_clone())] {
                    let octets = Arc::clone(&shared.octets);
                    thread::spawn(move || pass(&from.unwrap(), &to.unwrap(), &octets));
                }
            }
        });
        counted
    }

    pub fn octets(&self) -> u64 {
        self.octets.load(Ordering::Relaxed)
    }

    pub fn connections(&self) -> u64 {
        self.connections.load(Ordering::Relaxed)
    }
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, octets: &AtomicU64) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read) = from.read(&mut buffer) {
        octets.fetch_add(read as u64, Ordering::Relaxed);
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

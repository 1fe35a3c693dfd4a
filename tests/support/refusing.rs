//! A proxy in front of a mail server that answers some APPENDs itself, with a refusal.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

/// What is answered to an APPEND of these messages, without its tag; `None`: the server answers.
type Plan = Box<dyn FnMut(&[String]) -> Option<String> + Send>;

/// A running proxy; it lasts as long as the test.
pub struct Refusing {
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    plan: Mutex<Plan>,
    /// When messages were handed over, refused or not.
    tries: Mutex<Vec<Instant>>,
}

impl Refusing {
    /// Stands before a port of this machine and lets everything pass.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared { plan: Mutex::new(Box::new(|_| None)), tries: Mutex::default() });
        let of_thread = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else { continue };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let (mut from, mut to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(Shutdown::Both);
                });
                let shared = Arc::clone(&of_thread);
                thread::spawn(move || shared.carry(&client, server));
            }
        });
        Self { port, shared }
    }

    /// Every message is refused with this answer.
    pub fn refuse(&self, answer: &str) {
        let answer = answer.to_owned();
        self.refuse_as(move |_| Some(answer.clone()));
    }

    pub fn refuse_as(&self, plan: impl FnMut(&[String]) -> Option<String> + Send + 'static) {
        *self.shared.plan.lock().unwrap() = Box::new(plan);
    }

    pub fn let_pass(&self) {
        self.refuse_as(|_| None);
    }

    /// When messages were handed over since the start.
    pub fn tries(&self) -> Vec<Instant> {
        self.shared.tries.lock().unwrap().clone()
    }
}

impl Shared {
    fn carry(&self, client: &TcpStream, mut server: TcpStream) {
        let mut lines = BufReader::new(client);
        let mut line = Vec::new();
        loop {
            line.clear();
            if lines.read_until(b'\n', &mut line).unwrap_or(0) == 0 {
                break;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            let is_append = text.split(' ').nth(1) == Some("APPEND");
            if !is_append {
                if server.write_all(&line).is_err() {
                    break;
                }
                continue;
            }
            let (whole, messages) = take_literals(&mut lines, line.clone());
            self.tries.lock().unwrap().push(Instant::now());
            let answer = (self.plan.lock().unwrap())(&messages);
            let tag = text.split(' ').next().unwrap_or_default();
            let passed = match answer {
                Some(answer) => (&*client).write_all(format!("{tag} {answer}\r\n").as_bytes()),
                None => server.write_all(&whole),
            };
            if passed.is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
    }
}

/// The rest of a command that holds literals, and what they are. Only servers with LITERAL+ stand behind this.
fn take_literals(lines: &mut BufReader<&TcpStream>, mut whole: Vec<u8>) -> (Vec<u8>, Vec<String>) {
    let mut messages = Vec::new();
    let mut line = whole.clone();
    loop {
        let text = String::from_utf8_lossy(&line).into_owned();
        let Some((_, size)) = text.trim_end().strip_suffix("+}").and_then(|text| text.rsplit_once('{')) else {
            return (whole, messages);
        };
        let mut literal = vec![0; size.parse().unwrap()];
        lines.read_exact(&mut literal).unwrap();
        messages.push(String::from_utf8_lossy(&literal).into_owned());
        whole.extend_from_slice(&literal);
        line.clear();
        lines.read_until(b'\n', &mut line).unwrap();
        whole.extend_from_slice(&line);
    }
}

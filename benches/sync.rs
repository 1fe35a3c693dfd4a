//! First sync against a raw drain of the same mailbox on the same server, in one run; then the commands on that desk.
//!
//! `make bench`, or `cargo bench --bench sync`. `POSTDESK_BENCH_MESSAGES` says how many mails (20,000);
//! `POSTDESK_BENCH_MAILDIR` names a Maildir to take them from instead of the generated demo.
//! Prints medians and ratios; a machine that does something else meanwhile makes both worthless.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice, clippy::print_stdout)]
#![allow(clippy::print_stderr, missing_debug_implementations)]

#[path = "../tests/support/home.rs"]
mod home;
#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use home::Home;
use postdesk::demo::{self, DemoOptions};
use postdesk::domain::Timestamp;
use postdesk::sync::endpoint::Timeouts;
use postdesk::sync::imap::ImapSource;
use postdesk::sync::source::{Flags, MailSource as _};
use support::testbed::{Setup, Storage, Testbed};

const USER: &str = "support@example.test";
const RUNS: usize = 5;

fn main() {
    // `cargo test --all-targets` runs benches too, with this flag missing.
    if !std::env::args().any(|arg| arg == "--bench") {
        return;
    }
    let Some(bed) = Testbed::start_with(Setup { storage: Storage::Maildir, ..Setup::default() }) else { return };
    let count = fill(&bed);
    println!("{count} messages on a private Dovecot, IMAP over TLS; {RUNS} runs each, medians");
    drain(&bed);
    let mut raw = Vec::new();
    let mut first = Vec::new();
    let mut peak = 0;
    let mut desk = None;
    for _ in 0..RUNS {
        raw.push(timed(|| {
            drain(&bed);
        }));
        let home = configured(&bed);
        let begun = Instant::now();
        peak = peak.max(run_watching_memory(&home, &["sync"]));
        first.push(begun.elapsed());
        desk = Some(home);
    }
    let home = desk.unwrap();
    let (raw, first) = (median(raw), median(first));
    println!("{:<28}{:>10.2} s", "raw drain", raw.as_secs_f64());
    println!("{:<28}{:>10.2} s   {:.2} x raw drain (at most 2.5)", "first sync", first.as_secs_f64(), first.as_secs_f64() / raw.as_secs_f64());
    println!("{:<28}{:>10} MB  (below 150)", "peak memory of first sync", peak / 1_024);
    for (name, args, most) in [
        ("sync, nothing new", &["sync"][..], "100"),
        ("list", &["list"], "30"),
        ("list QUERY (a common word)", &["list", "the"], "30"),
        ("list QUERY (fields)", &["list", "status:open", "is:unread", "from:vance"], "30"),
        ("assign", &["assign", "5", "ana"], "30"),
    ] {
        let times = (0..RUNS * 2).map(|run| timed(|| quiet(&home, args, run))).collect();
        println!("{name:<28}{:>10.1} ms  (below {most})", median(times).as_secs_f64() * 1_000.0);
    }
}

/// Puts the mails into the shared mailbox and says how many.
fn fill(bed: &Testbed) -> usize {
    let scratch = tempfile::tempdir().unwrap();
    let folder = std::env::var_os("POSTDESK_BENCH_MAILDIR").map_or_else(|| generated(scratch.path()), PathBuf::from);
    let mut source = ImapSource::connect(&bed.plain_endpoint(USER), Timeouts::default()).unwrap();
    let mut files: Vec<PathBuf> =
        ["cur", "new"].iter().flat_map(|part| fs::read_dir(folder.join(part)).unwrap()).map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in &files {
        source.append("INBOX", &Flags::default(), &crlf(&fs::read(file).unwrap())).unwrap();
    }
    source.close();
    files.len()
}

fn generated(scratch: &Path) -> PathBuf {
    let messages = std::env::var("POSTDESK_BENCH_MESSAGES").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000);
    demo::generate(&DemoOptions { messages, seed: 1, now: Timestamp::from_second(1_795_000_000).unwrap(), dir: scratch.to_owned() }).unwrap();
    scratch.join("mail")
}

fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(bytes.len() + bytes.len() / 30);
    for (index, &byte) in bytes.iter().enumerate() {
        if byte == b'\n' && (index == 0 || bytes[index - 1] != b'\r') {
            wire.push(b'\r');
        }
        wire.push(byte);
    }
    wire
}

/// Fetches every body over TLS and throws it away: what server and wire can do.
fn drain(bed: &Testbed) -> usize {
    let pem = fs::read(bed.ca_file()).unwrap();
    let connector = native_tls::TlsConnector::builder().add_root_certificate(native_tls::Certificate::from_pem(&pem).unwrap()).build().unwrap();
    let mut stream = connector.connect("localhost", TcpStream::connect(("127.0.0.1", bed.ports().imaps)).unwrap()).unwrap();
    let mut octets = 0;
    for (tag, command) in
        [("d1", format!("LOGIN {USER} secret")), ("d2", "SELECT INBOX".into()), ("d3", "UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])".into())]
    {
        stream.write_all(format!("{tag} {command}\r\n").as_bytes()).unwrap();
        octets += until_tagged(&mut stream, tag);
    }
    octets
}

fn until_tagged(stream: &mut native_tls::TlsStream<TcpStream>, tag: &str) -> usize {
    let end = format!("\r\n{tag} OK");
    let (mut buffer, mut tail, mut octets) = (vec![0; 1 << 20], Vec::new(), 0);
    loop {
        let read = stream.read(&mut buffer).unwrap();
        assert!(read > 0, "the server closed");
        octets += read;
        tail.extend_from_slice(&buffer[read.saturating_sub(512)..read]);
        let text = String::from_utf8_lossy(&tail).into_owned();
        if text.ends_with("\r\n") && (text.contains(&end) || text.starts_with(&end[2..])) {
            return octets;
        }
        let keep = tail.len().saturating_sub(512);
        tail.drain(..keep);
    }
}

fn configured(bed: &Testbed) -> Home {
    let home = Home::new();
    home.config(&format!(
        "agent = {{ name = \"ana\" }}\n[desk.bench]\nsource = \"imap\"\nimap = {{ host = \"localhost\", port = {}, user = \"{USER}\", password_command = \"echo secret\", ca_file = \"{}\" }}\n",
        bed.ports().imaps,
        bed.ca_file().display()
    ));
    home
}

fn command(home: &Home, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_postdesk"));
    command.args(args).env_clear().envs(home.environment()).stdout(Stdio::null()).stderr(Stdio::inherit());
    command
}

fn quiet(home: &Home, args: &[&str], run: usize) {
    // Assigning to the same person twice would write nothing.
    let agents = ["ana", "ben"];
    let args: Vec<&str> = args.iter().map(|arg| if *arg == "ana" { agents[run % 2] } else { *arg }).collect();
    assert!(command(home, &args).status().unwrap().success(), "{args:?}");
}

/// Runs to the end; the peak of its resident memory in KiB.
fn run_watching_memory(home: &Home, args: &[&str]) -> u64 {
    let mut child = command(home, args).spawn().unwrap();
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        peak = peak.max(line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return peak;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

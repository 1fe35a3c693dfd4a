//! A private Dovecot (IMAP, LMTP) and Exim (SMTP) in a temporary directory, one per test.
//!
//! Every address exists and has the password `secret`. Works as root and as an
//! ordinary user. Where the servers are not installed a test fails with the one
//! line that installs them, or, with `POSTDESK_SKIP_SERVERS` set, says so loudly
//! and passes.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postdesk::sync::endpoint::{Credential, Endpoint, Security};
use sha2::{Digest, Sha256};

use super::dovecot::{self, Accounts, Ports};
use super::rawimap::{Mail, RawImap};

/// Signs the tokens that Dovecot takes.
pub const JWT_KEY: &[u8] = b"secret-jwt-key";
const INSTALL: &str = "apt-get install --no-install-recommends dovecot-imapd dovecot-lmtpd exim4-daemon-light openssl";
const READY: Duration = Duration::from_secs(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    Maildir,
    Sdbox,
    Mdbox,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Certificate {
    Good,
    WrongHost,
    Expired,
}

/// How a test-bed is built.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub storage: Storage,
    pub certificate: Certificate,
    /// Between the levels of a folder's name.
    pub separator: char,
    /// More lines for the configuration of the IMAP server.
    pub more: &'static str,
}

impl Default for Setup {
    fn default() -> Self {
        Self { storage: Storage::Sdbox, certificate: Certificate::Good, separator: '/', more: "" }
    }
}

/// A token for `user`, good for an hour from now, signed with `key` ([`JWT_KEY`] is the right one).
pub fn token(user: &str, key: &[u8]) -> String {
    jwt(user, key, 3600)
}

pub fn expired_token(user: &str) -> String {
    jwt(user, JWT_KEY, -3600)
}

/// Two running servers; dropped, they are killed and their directory is removed.
pub struct Testbed {
    dir: tempfile::TempDir,
    ports: Ports,
    servers: Vec<Child>,
}

impl Testbed {
    /// Starts both servers, or `None` when tests with servers are skipped.
    #[track_caller]
    pub fn start() -> Option<Self> {
        Self::start_with(Setup::default())
    }

    #[track_caller]
    pub fn start_with(setup: Setup) -> Option<Self> {
        if let Some(missing) = missing_program() {
            assert!(
                std::env::var_os("POSTDESK_SKIP_SERVERS").is_some(),
                "{missing} is not installed; run: {INSTALL}\n(or set POSTDESK_SKIP_SERVERS=1)"
            );
            eprintln!("\n*** SKIPPED: {missing} is not installed, nothing was tested against a real server ***\n");
            return None;
        }
        for _ in 0..4 {
            if let Some(bed) = Self::try_start(setup) {
                return Some(bed);
            }
        }
        panic!("no test-bed after four attempts (ports taken?)");
    }

    fn try_start(setup: Setup) -> Option<Self> {
        let dir = tempfile::Builder::new().prefix("pd").tempdir().expect("a temporary directory");
        let ports = free_ports();
        let accounts = accounts();
        lay_out(dir.path(), &accounts, setup.certificate);
        let storage = match setup.storage {
            Storage::Maildir => "maildir",
            Storage::Sdbox => "sdbox",
            Storage::Mdbox => "mdbox",
        };
        let imap = dovecot::dovecot(dir.path(), ports, &accounts, storage, setup.separator);
        fs::write(dir.path().join("dovecot.conf"), imap + setup.more).unwrap();
        fs::write(dir.path().join("exim.conf"), dovecot::exim(dir.path(), ports, &accounts)).unwrap();
        let servers =
            vec![spawn(dir.path(), "dovecot", &["-F", "-c"], "dovecot.conf", &[]), spawn(dir.path(), "exim4", &["-C"], "exim.conf", &["-bdf"])];
        let mut bed = Self { dir, ports, servers };
        bed.wait_ready().then_some(bed)
    }

    /// `false`: a port was taken by somebody else meanwhile.
    fn wait_ready(&mut self) -> bool {
        let end = Instant::now() + READY;
        loop {
            if RawImap::login(self.ports.imap, "probe@example.test").is_some() && Smtp::connect(self.ports.smtp).is_some() {
                return true;
            }
            if self.logs().contains("ddress already in use") {
                return false;
            }
            let ended = self.servers.iter_mut().any(|server| server.try_wait().ok().flatten().is_some());
            assert!(!ended && Instant::now() < end, "the servers did not come up:\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the IMAP server with every connection it has.
    pub fn stop_imap(&mut self) {
        end(&mut self.servers[0]);
    }

    /// Starts it again, in the same place and on the same ports.
    #[track_caller]
    pub fn start_imap(&mut self) {
        let deadline = Instant::now() + READY;
        while RawImap::login(self.ports.imap, "probe@example.test").is_none() {
            assert!(Instant::now() < deadline, "the IMAP server did not come up again:\n{}", self.logs());
            // Its ports are free when the last of its children has ended.
            if self.servers[0].try_wait().ok().flatten().is_some() {
                let _ = fs::remove_file(self.dir.path().join("run/master.pid"));
                self.servers[0] = spawn(self.dir.path(), "dovecot", &["-F", "-c"], "dovecot.conf", &[]);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills the processes that serve the sessions there are, as a crash would; how many they were.
    pub fn kill_sessions(&self) -> usize {
        let master = self.servers[0].id();
        self.break_nameless_locks();
        let sessions: Vec<u32> = children(master).into_iter().filter(|(_, name)| name == "imap").map(|(id, _)| id).collect();
        sessions
            .iter()
            .filter(|id| Command::new("kill").arg("-KILL").arg(id.to_string()).stderr(Stdio::null()).status().is_ok_and(|s| s.success()))
            .count()
    }

    /// A session killed between making a lock and putting its name into it leaves one that the server
    /// breaks after two minutes. Here they are over at once.
    fn break_nameless_locks(&self) {
        let is_nameless = |path: &PathBuf| {
            let is_lock = path.extension().is_some_and(|end| end == "lock");
            let metadata = path.metadata().ok().filter(|metadata| is_lock && metadata.len() == 0);
            metadata.and_then(|metadata| metadata.modified().ok()?.elapsed().ok()).is_some_and(|age| age > Duration::from_secs(1))
        };
        for lock in files_below(&self.dir.path().join("home")).into_iter().filter(is_nameless) {
            let _ = fs::remove_file(lock);
        }
    }

    /// Where the mail of a user lies.
    pub fn mail_dir(&self, user: &str) -> PathBuf {
        self.dir.path().join("home").join(user.split('@').next().unwrap_or(user)).join("mail")
    }

    /// Deletes everything but the mail itself: indexes, maps and lists of UIDs, of all folders of a user.
    /// Nobody may be logged in.
    pub fn lose_indexes(&self, user: &str) -> usize {
        self.lose(user, &["dovecot.index", "dovecot.list.index", "dovecot.map.index", "dovecot-uidlist", "dovecot-uidvalidity"])
    }

    /// Deletes the files of a user whose names begin like this; how many there were.
    pub fn lose(&self, user: &str, names: &[&str]) -> usize {
        let is_lost =
            |path: &PathBuf| path.file_name().and_then(|name| name.to_str()).is_some_and(|name| names.iter().any(|lost| name.starts_with(lost)));
        let lost: Vec<PathBuf> = files_below(&self.mail_dir(user)).into_iter().filter(is_lost).collect();
        for path in &lost {
            fs::remove_file(path).unwrap();
        }
        lost.len()
    }

    /// Runs `doveadm` on this server.
    pub fn doveadm(&self, args: &[&str]) {
        let output = Command::new("doveadm").arg("-c").arg(self.dir.path().join("dovecot.conf")).args(args).output().unwrap();
        assert!(output.status.success(), "doveadm {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    }

    /// Stops (`STOP`) or continues (`CONT`) the processes of the IMAP server: a line that says nothing any more.
    pub fn signal_imap(&self, name: &str) {
        let group = format!("-{}", self.servers[0].id());
        assert!(Command::new("kill").args(["-s", name, "--", &group]).status().unwrap().success());
    }

    /// What the servers wrote, for a failing test.
    pub fn logs(&self) -> String {
        let names = ["log.dovecot", "out.dovecot", "out.exim4", "log/mainlog", "log/paniclog"];
        names.iter().fold(String::new(), |mut all, name| {
            let _ = writeln!(all, "--- {name}\n{}", fs::read_to_string(self.dir.path().join(name)).unwrap_or_default());
            all
        })
    }

    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn ports(&self) -> Ports {
        self.ports
    }

    /// The certificate all servers show; being self-signed it is its own authority.
    pub fn ca_file(&self) -> PathBuf {
        self.dir.path().join("cert.pem")
    }

    /// Where `user` reads and sends, as the settings of a desk. `secret` is how the password is come by, such as
    /// `password_file = "password"`; more settings of the mailbox may follow it, each behind a comma.
    pub fn servers(&self, user: &str, secret: &str) -> String {
        let (imaps, smtp, ca) = (self.ports.imaps, self.ports.smtp, self.ca_file());
        format!(
            "imap = {{ host = \"localhost\", port = {imaps}, user = \"{user}\", {secret}, ca_file = \"{}\" }}\n\
             smtp = {{ host = \"localhost\", port = {smtp}, tls = \"starttls\" }}",
            ca.display()
        )
    }

    /// Where `user` logs in over implicit TLS.
    pub fn endpoint(&self, user: &str) -> Endpoint {
        Endpoint {
            host: "localhost".into(),
            port: self.ports.imaps,
            tls: Security::Implicit,
            user: user.into(),
            secret: Credential::password("secret"),
            ca_file: Some(self.ca_file()),
        }
    }

    /// The same over STARTTLS.
    pub fn starttls_endpoint(&self, user: &str) -> Endpoint {
        Endpoint { port: self.ports.imap, tls: Security::StartTls, ..self.endpoint(user) }
    }

    /// The same in the clear, on loopback.
    pub fn plain_endpoint(&self, user: &str) -> Endpoint {
        Endpoint { host: "127.0.0.1".into(), port: self.ports.imap, tls: Security::None, ..self.endpoint(user) }
    }

    /// Hands a mail to the SMTP server; it is in the folder a moment later.
    #[track_caller]
    pub fn deliver(&self, from: &str, to: &str, message: &str) {
        let mut smtp = Smtp::connect(self.ports.smtp).expect("the SMTP server answers");
        smtp.deliver(from, to, message);
    }

    /// Logs a plain client in.
    #[track_caller]
    pub fn imap(&self, user: &str) -> RawImap {
        RawImap::login(self.ports.imap, user).unwrap_or_else(|| panic!("no login as {user}:\n{}", self.logs()))
    }

    /// Everything in a folder of any user.
    #[track_caller]
    pub fn mails(&self, user: &str, folder: &str) -> Vec<Mail> {
        self.imap(user).mails(folder)
    }

    /// Waits until a folder holds at least `count` mails and returns them.
    #[track_caller]
    pub fn wait_for_mails(&self, user: &str, folder: &str, count: usize) -> Vec<Mail> {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            let mails = self.mails(user, folder);
            if mails.len() >= count {
                return mails;
            }
            assert!(Instant::now() < end, "{} of {count} mails in {folder} of {user}:\n{}", mails.len(), self.logs());
            std::thread::sleep(Duration::from_millis(30));
        }
    }

    /// The UIDVALIDITY of a folder.
    #[track_caller]
    pub fn validity(&self, user: &str, folder: &str) -> String {
        let answer = self.imap(user).command(&format!("STATUS \"{folder}\" (UIDVALIDITY)"));
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Deletes one mail for good, as another client would.
    #[track_caller]
    pub fn expunge(&self, user: &str, folder: &str, uid: u32) {
        let mut client = self.imap(user);
        client.command(&format!("SELECT \"{folder}\""));
        client.command(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
        client.command(&format!("UID EXPUNGE {uid}"));
    }
}

impl Drop for Testbed {
    fn drop(&mut self) {
        self.servers.iter_mut().for_each(end);
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    // A server at work takes folders and files away while they are looked for.
    let entries = fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path()));
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}

/// Processes that this one has started: their ids and names.
fn children(parent: u32) -> Vec<(u32, String)> {
    let of = |entry: fs::DirEntry| -> Option<(u32, String)> {
        let id = entry.file_name().to_str()?.parse().ok()?;
        // `id (name) state parent …`; the name may hold anything, so it is looked for from both ends.
        let text = fs::read_to_string(entry.path().join("stat")).ok()?;
        let (name, rest) = text.split_once('(')?.1.rsplit_once(')')?;
        (rest.split_whitespace().nth(1)?.parse() == Ok(parent)).then(|| (id, name.to_owned()))
    };
    fs::read_dir("/proc").unwrap().filter_map(|entry| of(entry.ok()?)).collect()
}

/// Each server leads a process group of its own; its children go with it.
fn end(server: &mut Child) {
    let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", server.id())]).stderr(Stdio::null()).status();
    let _ = server.wait();
}

/// Just enough SMTP to hand in a mail.
struct Smtp(BufReader<TcpStream>);

impl Smtp {
    fn connect(port: u16) -> Option<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(20))).ok()?;
        let mut smtp = Self(BufReader::new(stream));
        smtp.answer()?.starts_with("220").then_some(smtp)
    }

    fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.as_bytes().get(3) != Some(&b'-') {
                return Some(line);
            }
        }
    }

    #[track_caller]
    fn say(&mut self, line: &str, expected: &str) {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        let answer = self.answer().unwrap_or_default();
        assert!(answer.starts_with(expected), "{line}: {answer}");
    }

    #[track_caller]
    fn deliver(&mut self, from: &str, to: &str, message: &str) {
        self.say("EHLO localhost", "250");
        self.say(&format!("MAIL FROM:<{from}>"), "250");
        self.say(&format!("RCPT TO:<{to}>"), "250");
        self.say("DATA", "354");
        let stuffed: String =
            message.lines().map(|line| if line.starts_with('.') { format!(".{line}\r\n") } else { format!("{line}\r\n") }).collect();
        self.say(&format!("{stuffed}."), "250");
        self.say("QUIT", "221");
    }
}

fn missing_program() -> Option<&'static str> {
    ["dovecot", "exim4", "openssl"].into_iter().find(|name| program(name).is_none())
}

fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    path.split(':').chain(["/usr/sbin", "/sbin", "/usr/bin"]).map(|dir| Path::new(dir).join(name)).find(|file| file.is_file())
}

fn spawn(dir: &Path, name: &str, before: &[&str], config: &str, after: &[&str]) -> Child {
    let output = fs::File::create(dir.join(format!("out.{name}"))).unwrap();
    let mut command = Command::new(program(name).expect("checked before"));
    command.args(before).arg(dir.join(config)).args(after).stdin(Stdio::null());
    command.stdout(output.try_clone().unwrap()).stderr(output).process_group(0);
    command.spawn().unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn free_ports() -> Ports {
    let sockets: Vec<TcpListener> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let port = |index: usize| sockets[index].local_addr().unwrap().port();
    Ports { imap: port(0), imaps: port(1), lmtp: port(2), smtp: port(3), smtps: port(4) }
}

fn accounts() -> Accounts {
    let id = |flag: &str| String::from_utf8(Command::new("id").arg(flag).output().unwrap().stdout).unwrap().trim().to_owned();
    let pair = |user: &str, group: &str| (user.to_owned(), group.to_owned());
    let (user, group) = (id("-un"), id("-gn"));
    if user == "root" {
        Accounts {
            login: "dovenull".into(),
            internal: pair("dovecot", "dovecot"),
            mail: pair("nobody", "nogroup"),
            exim: pair("Debian-exim", "Debian-exim"),
        }
    } else {
        let own = (user.clone(), group);
        Accounts { login: user, internal: own.clone(), mail: own.clone(), exim: own }
    }
}

fn lay_out(dir: &Path, accounts: &Accounts, certificate: Certificate) {
    for name in ["run", "state", "home", "keys/default/HS256", "spool", "log"] {
        fs::create_dir_all(dir.join(name)).unwrap();
    }
    make_certificate(dir, certificate);
    fs::write(dir.join("keys/default/HS256/default"), base64(JWT_KEY, BASE64)).unwrap();
    fs::write(dir.join("oauth2.conf"), dovecot::oauth2(dir)).unwrap();
    if accounts.login == "dovenull" {
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
        own(&accounts.mail, &[], &dir.join("home"));
        own(&accounts.exim, &["-R"], &dir.join("spool"));
        own(&accounts.exim, &["-R"], &dir.join("log"));
        own(&("root".into(), accounts.exim.1.clone()), &[], &dir.join("key.pem"));
        fs::set_permissions(dir.join("key.pem"), fs::Permissions::from_mode(0o640)).unwrap();
    }
}

fn own((user, group): &(String, String), flags: &[&str], path: &Path) {
    let status = Command::new("chown").args(flags).arg(format!("{user}:{group}")).arg(path).status().unwrap();
    assert!(status.success(), "chown {user}:{group} {}", path.display());
}

fn make_certificate(dir: &Path, certificate: Certificate) {
    let (days, name) = match certificate {
        Certificate::Good => ("30", "DNS:localhost,IP:127.0.0.1"),
        Certificate::WrongHost => ("30", "DNS:mail.example.test"),
        Certificate::Expired => ("-1", "DNS:localhost,IP:127.0.0.1"),
    };
    let (key, request, cert) = (dir.join("key.pem"), dir.join("request.pem"), dir.join("cert.pem"));
    let subject = format!("subjectAltName={name}");
    let asked = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=localhost", "-addext", &subject];
    openssl(Command::new("openssl").args(asked).arg("-keyout").arg(&key).arg("-out").arg(&request));
    let signed = ["x509", "-req", "-copy_extensions", "copy", "-days", days];
    openssl(Command::new("openssl").args(signed).arg("-in").arg(&request).arg("-signkey").arg(&key).arg("-out").arg(&cert));
}

fn openssl(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const BASE64_URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Padded where the alphabet is the usual one.
fn base64(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |bits, byte| (bits << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            text.push(char::from(alphabet[(bits >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    while alphabet == BASE64 && !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// HMAC-SHA-256 (RFC 2104) for keys up to one block.
fn hmac(key: &[u8], message: &[u8]) -> Vec<u8> {
    let pad = |byte: u8| -> Vec<u8> { (0..64).map(|index| key.get(index).copied().unwrap_or(0) ^ byte).collect() };
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

fn jwt(user: &str, key: &[u8], lives_secs: i64) -> String {
    let now = jiff::Timestamp::now().as_second();
    let head = base64(br#"{"alg":"HS256","typ":"JWT"}"#, BASE64_URL);
    let (issued, expires) = (now - 7200, now + lives_secs);
    let body = base64(format!(r#"{{"sub":"{user}","iat":{issued},"exp":{expires}}}"#).as_bytes(), BASE64_URL);
    let signature = base64(&hmac(key, format!("{head}.{body}").as_bytes()), BASE64_URL);
    format!("{head}.{body}.{signature}")
}

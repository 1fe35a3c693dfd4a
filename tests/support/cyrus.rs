//! A private Cyrus (3.x) in a temporary directory. Any user exists, with any password; folders are made at the first login.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::rawimap::RawImap;
use super::servers::Unpacked;

pub const USER: &str = "support";
const READY: Duration = Duration::from_secs(30);

/// A running server; dropped, it is killed with all its processes.
pub struct Cyrus {
    pub port: u16,
    master: Child,
    dir: tempfile::TempDir,
}

impl Cyrus {
    /// `None` where it is not to be had, which is said.
    pub fn start() -> Option<Self> {
        let server = Unpacked::find("cyrus", "usr/lib/cyrus/bin/master")?;
        let dir = tempfile::Builder::new().prefix("pd").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let own = lay_out(dir.path());
        let bin = server.path("usr/lib/cyrus/bin").display().to_string();
        fs::write(dir.path().join("imapd.conf"), settings(dir.path(), &own)).unwrap();
        fs::write(dir.path().join("cyrus.conf"), services(dir.path(), &bin, port)).unwrap();
        let output = fs::File::create(dir.path().join("out")).unwrap();
        let mut command = server.command("usr/lib/cyrus/bin/master");
        let file = |name: &str| dir.path().join(name);
        command.arg("-C").arg(file("imapd.conf")).arg("-M").arg(file("cyrus.conf")).arg("-p").arg(file("master.pid"));
        command.stdin(Stdio::null()).stdout(output.try_clone().unwrap()).stderr(output).process_group(0);
        let mut cyrus = Self { port, master: command.spawn().unwrap(), dir };
        cyrus.wait_ready();
        Some(cyrus)
    }

    fn wait_ready(&mut self) {
        let end = Instant::now() + READY;
        while RawImap::login(self.port, USER).is_none() {
            let has_ended = self.master.try_wait().ok().flatten().is_some();
            assert!(
                !has_ended && Instant::now() < end,
                "Cyrus did not come up: {}",
                fs::read_to_string(self.dir.path().join("out")).unwrap_or_default()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    pub fn imap(&self) -> RawImap {
        RawImap::login(self.port, USER).expect("a login")
    }
}

impl Drop for Cyrus {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.master.id())]).stderr(Stdio::null()).status();
        let _ = self.master.wait();
    }
}

/// Makes the folders; whom they belong to. Cyrus never works as root.
fn lay_out(dir: &Path) -> String {
    for name in ["conf", "spool", "run"] {
        fs::create_dir(dir.join(name)).unwrap();
    }
    let own = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap().trim().to_owned();
    if own != "root" {
        return own;
    }
    fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
    assert!(Command::new("chown").args(["-R", "nobody"]).arg(dir).status().unwrap().success());
    "nobody".to_owned()
}

fn settings(dir: &Path, own: &str) -> String {
    let dir = dir.display();
    format!(
        "configdirectory: {dir}/conf
partition-default: {dir}/spool
defaultpartition: default
cyrus_user: {own}
sasl_pwcheck_method: alwaystrue
sasl_mech_list: PLAIN
allowplaintext: yes
unixhierarchysep: yes
virtdomains: off
autocreate_quota: 0
autocreate_post: yes
autocreate_inbox_folders: Sent|Archive|Junk
xlist-sent: Sent
xlist-archive: Archive
xlist-junk: Junk
lmtpsocket: {dir}/run/lmtp
idlesocket: {dir}/run/idle
notifysocket: {dir}/run/notify
proc_path: {dir}/run/proc
mboxname_lockpath: {dir}/run/lock
"
    )
}

fn services(dir: &Path, bin: &str, port: u16) -> String {
    let with = format!("-C {}/imapd.conf", dir.display());
    format!(
        "START {{
  recover cmd=\"{bin}/ctl_cyrusdb {with} -r\"
}}
SERVICES {{
  imap cmd=\"{bin}/imapd {with} -U 30\" listen=\"127.0.0.1:{port}\" prefork=1 maxchild=100
}}
EVENTS {{
  checkpoint cmd=\"{bin}/ctl_cyrusdb {with} -c\" period=180
}}
DAEMON {{
  idled cmd=\"{bin}/idled {with}\"
}}
"
    )
}

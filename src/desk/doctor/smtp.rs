//! Whether mail would leave; none is sent.

use std::path::Path;
use std::time::Duration;

use super::{offline, places};
use crate::config::{Server, Smtp, TlsMode};
use crate::desk::DeskSetup;
use crate::desk::outgoing::{server_access, with_causes};
use crate::protocol::doctor::Check;
use crate::send::{self, SendError, Stage};

const SECTION: &str = "Write a [desk.NAME.smtp] section with host, or command, to be able to send.";
const TIMEOUT: Duration = Duration::from_secs(10);

/// The way out, as far as it is configured.
pub fn checks(setup: &DeskSetup) -> Vec<Check> {
    match &setup.desk.smtp {
        None => vec![Check::degraded("smtp", "no [smtp] section: nothing can be sent", SECTION)],
        Some(Smtp::Command(command)) => vec![program(command)],
        Some(Smtp::Folders(folder)) => vec![target(folder)],
        Some(Smtp::Server(_)) if setup.offline => offline(&["smtp"]),
        Some(Smtp::Server(server)) => probed(server),
    }
}

fn program(command: &[String]) -> Check {
    let name = command.first().map(String::as_str).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = if name.contains('/') {
        Path::new(name).is_file().then(|| name.to_owned())
    } else {
        std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file()).map(|file| file.display().to_string())
    };
    match found {
        Some(path) => Check::ok("smtp", format!("mail leaves through {path}; not started")),
        None => Check::failed("smtp", format!("`{name}` is no program here"), "Check `command` in the desk's [smtp] section."),
    }
}

fn target(folder: &Path) -> Check {
    let existing = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(folder);
    match places::writable(existing) {
        Ok(()) => Check::ok("smtp", format!("mail is put into folders below {} and leaves for nowhere", folder.display())),
        Err(error) => Check::failed("smtp", format!("{}: cannot be written: {error}", existing.display()), "Make the folder writable for you."),
    }
}

const STEPS: [&str; 3] = ["smtp connection", "smtp tls", "smtp login"];

fn probed(server: &Server) -> Vec<Check> {
    let address = format!("{}:{}", server.host, server.port);
    let access = match server_access(server, TIMEOUT) {
        Ok(access) => access,
        Err(error) => return vec![Check::failed("smtp password", error.to_string(), error.remedy())],
    };
    match send::probe(&access) {
        Ok(offers) => passed(server, &address).into_iter().chain([offered(&offers)]).collect(),
        Err(error) => stopped(server, &address, &error),
    }
}

fn passed(server: &Server, address: &str) -> Vec<Check> {
    let tls = match server.tls {
        TlsMode::Implicit => "protected from the first byte, certificate accepted",
        TlsMode::StartTls => "STARTTLS, certificate accepted",
        TlsMode::None => "switched off: this machine only",
    };
    let login = if server.user.is_empty() { "none wanted".to_owned() } else { format!("{} is let in", server.user) };
    let [connection, tls_step, login_step] = STEPS;
    vec![Check::ok(connection, format!("{address} answers and takes EHLO")), Check::ok(tls_step, tls), Check::ok(login_step, login)]
}

fn offered(offers: &[String]) -> Check {
    let size = offers.iter().find_map(|offer| offer.strip_prefix("SIZE ")?.trim().parse::<u64>().ok()).filter(|size| *size > 0);
    let size = size.map_or_else(|| "no limit on the size of a mail is named".to_owned(), |size| format!("mails up to {} MB", size / 1_000_000));
    let words: Vec<&str> = offers.iter().filter_map(|offer| offer.split(' ').next()).collect();
    Check::ok("smtp offers", format!("{size}; {}", words.join(" ")))
}

/// The step at which it ended has failed; those before it are well, those behind it were not reached.
fn stopped(server: &Server, address: &str, error: &SendError) -> Vec<Check> {
    let at = match error.stage() {
        Stage::Tls => 1,
        Stage::Login => 2,
        _ => 0,
    };
    let well = passed(server, address).into_iter().take(at);
    let failed = STEPS.iter().skip(at).take(1).map(|name| Check::failed(name, format!("{address}: {}", with_causes(error)), capital(error.remedy())));
    let rest = STEPS.iter().skip(at + 1).map(|name| Check::skipped(name, "not reached"));
    well.chain(failed).chain(rest).collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).chain(['.']).collect()).unwrap_or_default()
}

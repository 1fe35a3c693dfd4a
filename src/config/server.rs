//! Reads `[desk.*.imap]` and `[desk.*.smtp]`: host, port, TLS, user and where the password comes from.

use super::section::Section;
use super::value::{is_host, is_loopback};
use super::{SecretSource, Server, Smtp, TlsMode};

const TLS: [(&str, TlsMode); 3] = [("implicit", TlsMode::Implicit), ("starttls", TlsMode::StartTls), ("none", TlsMode::None)];

/// Keys that name a place for the password; one of them, never two.
const SECRETS: [&str; 5] = ["password_command", "password_file", "token_command", "keyring", "oauth"];

/// Reads the keys of a server that both sections share, `None` after an error.
pub(super) fn imap(section: &mut Section<'_>) -> Option<Server> {
    let host = host(section);
    let port = section.port("port");
    let tls = section.word("tls", &TLS).unwrap_or(if port == Some(143) { TlsMode::StartTls } else { TlsMode::Implicit });
    let user = section.filled("user");
    if user.is_none() && !section.has("user") {
        section.report().error(section.line, format!("[{}] has no `user`; write the name you log in with, often the address", section.path()));
    }
    let secret = secret(section);
    if secret.is_none() && !has_secret(section) {
        let what = format!("[{}] says nothing about the password; write password_command = \"pass show …\" or password_file = \"…\"", section.path());
        section.report().error(section.line, what);
    }
    let ca_file = section.path_value("ca_file");
    let host = host?;
    refuse_plain(section, &host, tls);
    let port = port.unwrap_or(if tls == TlsMode::Implicit { 993 } else { 143 });
    Some(Server { host, port, tls, user: user?.value, secret: secret?, ca_file })
}

/// Reads `[desk.*.smtp]`; user, secret and CA are the IMAP server's where it does not say.
pub(super) fn smtp(section: &mut Section<'_>, imap: Option<&Server>) -> Option<Smtp> {
    let command = section.strings("command").map(|found| found.value.into_iter().map(|word| word.value).collect::<Vec<_>>());
    let folders = section.path_value("folders");
    let server = section.has("host") || (command.is_none() && folders.is_none());
    if usize::from(command.is_some()) + usize::from(folders.is_some()) + usize::from(server) > 1 {
        section.report().error(section.line, format!("[{}] names two ways to send; keep one of `host`, `command`, `folders`", section.path()));
    }
    if let Some(command) = command {
        smtp_keys(section);
        return checked_command(section, command);
    }
    if let Some(folders) = folders {
        smtp_keys(section);
        return Some(Smtp::Folders(folders));
    }
    smtp_server(section, imap).map(Smtp::Server)
}

fn smtp_server(section: &mut Section<'_>, imap: Option<&Server>) -> Option<Server> {
    let host = host(section);
    let port = section.port("port");
    let default_tls = if port == Some(465) { TlsMode::Implicit } else { TlsMode::StartTls };
    let tls = section.word("tls", &TLS).unwrap_or(default_tls);
    let user = section.string("user").map(|found| found.value);
    let own_secret = secret(section);
    let anonymous = user.as_deref() == Some("");
    let inherited = imap.map_or(SecretSource::None, |imap| imap.secret.clone());
    let ca_file = section.path_value("ca_file").or_else(|| imap.and_then(|imap| imap.ca_file.clone()));
    let host = host?;
    refuse_plain(section, &host, tls);
    let port = port.unwrap_or(match tls {
        TlsMode::Implicit => 465,
        TlsMode::StartTls => 587,
        TlsMode::None => 25,
    });
    let user = user.or_else(|| imap.map(|imap| imap.user.clone())).unwrap_or_default();
    let secret = if anonymous { SecretSource::None } else { own_secret.unwrap_or(inherited) };
    Some(Server { host, port, tls, user, secret, ca_file })
}

/// Keys of a server that mean nothing beside `command`, so that they are not called unknown.
fn smtp_keys(section: &mut Section<'_>) {
    section.tolerate(&["host", "port", "tls", "user", "ca_file"]);
    section.tolerate(&SECRETS);
}

fn checked_command(section: &Section<'_>, command: Vec<String>) -> Option<Smtp> {
    if command.first().is_some_and(|program| !program.trim().is_empty()) {
        return Some(Smtp::Command(command));
    }
    let what = format!("`command` in [{}] is empty; write for example [\"sendmail\", \"-t\", \"-i\"]", section.path());
    section.report().error(section.line_of("command"), what);
    None
}

fn host(section: &mut Section<'_>) -> Option<String> {
    if !section.has("host") {
        section
            .report()
            .error(section.line, format!("[{}] has no `host`; write the server's name, e.g. host = \"mail.example.com\"", section.path()));
    }
    let found = section.filled("host")?;
    if !is_host(&found.value) {
        let what = format!("`host` in [{}] is \"{}\"; write the name alone, the port goes into `port`", section.path(), found.value);
        section.report().error(found.line, what);
        return None;
    }
    Some(found.value)
}

fn refuse_plain(section: &Section<'_>, host: &str, tls: TlsMode) {
    if tls == TlsMode::None && !is_loopback(host) {
        let what = format!(
            "tls = \"none\" in [{}] would send the password to {host} unprotected; it is allowed only for localhost; write \"implicit\" or \"starttls\"",
            section.path()
        );
        section.report().error(section.line_of("tls"), what);
    }
}

fn has_secret(section: &Section<'_>) -> bool {
    section.has("password") || SECRETS.iter().any(|key| section.has(key))
}

/// Where the password comes from; `None` when nothing valid is said.
fn secret(section: &mut Section<'_>) -> Option<SecretSource> {
    refuse_literal(section);
    let named: Vec<&str> = SECRETS.into_iter().filter(|key| section.has(key)).collect();
    if let [first, second, ..] = named.as_slice() {
        let what = format!("[{}] has both `{first}` and `{second}`; keep one", section.path());
        section.report().error(section.line_of(second), what);
    }
    let command = section.filled("password_command").map(|found| SecretSource::Command(found.value));
    let file = section.path_value("password_file").map(SecretSource::File);
    let token = section.filled("token_command").map(|found| SecretSource::TokenCommand(found.value));
    refuse_unavailable(section);
    command.or(file).or(token)
}

/// `password = "…"` is no key: the file is copied, shown and backed up.
fn refuse_literal(section: &mut Section<'_>) {
    if section.named("password").is_some() {
        let what = format!(
            "[{}] holds a password; passwords do not belong in this file, which gets copied and shown; write password_command = \"pass show …\", or put it into a file of its own (chmod 600) and write password_file = \"…\"",
            section.path()
        );
        section.report().error(section.line_of("password"), what);
    }
}

fn refuse_unavailable(section: &mut Section<'_>) {
    section.tolerate(&["keyring", "oauth"]);
    for key in ["keyring", "oauth"] {
        if section.has(key) {
            let what = format!("`{key}` in [{}] is not available in this version; write password_command or token_command instead", section.path());
            section.report().error(section.line_of(key), what);
        }
    }
}

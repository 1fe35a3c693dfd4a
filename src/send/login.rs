//! Logging in: PLAIN or LOGIN for passwords, XOAUTH2 for tokens.

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::commands::Auth;

use super::connect::{network_trouble, reply};
use super::{Credential, SendError, SmtpServer, Stage};

type SmtpError = lettre::transport::smtp::Error;

/// A word of a server's answer this long and made of base64's letters may be a secret sent back.
const LONG_WORD: usize = 16;

/// Logs in, unless no user is set.
pub(super) fn log_in(server: &SmtpServer, connection: &mut SmtpConnection) -> Result<(), SendError> {
    if server.user.is_empty() {
        return Ok(());
    }
    match &server.credential {
        Credential::Password(secret) => by_password(server, connection, secret),
        Credential::Token(secret) => by_token(server, connection, secret),
    }
}

fn by_password(server: &SmtpServer, connection: &mut SmtpConnection, secret: &str) -> Result<(), SendError> {
    let mechanisms = [Mechanism::Plain, Mechanism::Login];
    if connection.server_info().get_auth_mechanism(&mechanisms).is_none() {
        return Err(refused(server, "it offers no login by password (PLAIN or LOGIN)", false));
    }
    let credentials = Credentials::new(server.user.clone(), secret.to_owned());
    connection.auth(&mechanisms, &credentials).map(|_| ()).map_err(|error| failed(server, &error))
}

/// A refused token is answered by a challenge that holds JSON; an empty line asks for the
/// final refusal. One command at a time, because the library treats the challenge as its own fault.
fn by_token(server: &SmtpServer, connection: &mut SmtpConnection, secret: &str) -> Result<(), SendError> {
    if !connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2) {
        return Err(refused(server, "it offers no login by token (XOAUTH2)", false));
    }
    let credentials = Credentials::new(server.user.clone(), secret.to_owned());
    let command = Auth::new(Mechanism::Xoauth2, credentials, None).map_err(|error| failed(server, &error))?;
    let answer = connection.command(command).map_err(|error| failed(server, &error))?;
    if !answer.has_code(334) {
        return Ok(());
    }
    let why = match connection.command("\r\n") {
        Err(error) => reply(&error).map_or_else(String::new, |reply| format!(": {reply}")),
        Ok(_) => String::new(),
    };
    Err(refused(server, &format!("it does not accept the token{why}"), false))
}

fn failed(server: &SmtpServer, error: &SmtpError) -> SendError {
    match reply(error) {
        Some(reply) => refused(server, &reply.to_string(), (400..500).contains(&reply.code)),
        None if error.is_client() => refused(server, "it asks for something other than a name and a password", false),
        None => SendError::Lost { server: server.address(), stage: Stage::LoggingIn, why: network_trouble(error, server.timeout) },
    }
}

/// Refusals never repeat what may be the secret, plain or encoded.
fn refused(server: &SmtpServer, why: &str, is_transient: bool) -> SendError {
    let (Credential::Password(secret) | Credential::Token(secret)) = &server.credential;
    let spoken = why.split(' ').map(|word| if may_be_secret(word, secret) { "…" } else { word });
    SendError::Login { server: server.address(), user: super::error::clean(&server.user), why: spoken.collect::<Vec<_>>().join(" "), is_transient }
}

fn may_be_secret(word: &str, secret: &str) -> bool {
    let is_encoded = word.len() >= LONG_WORD && word.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
    is_encoded || (!secret.is_empty() && word.contains(secret))
}

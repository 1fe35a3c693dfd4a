//! One mail over SMTP, one command at a time, so that the stage of a failure is known.

use lettre::transport::smtp::client::SmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};

use super::connect::{connect, network_trouble, reply};
use super::error::clean;
use super::login::log_in;
use super::wire::Parcel;
use super::{Accepted, Reply, SendError, SmtpServer, Stage};

type SmtpError = lettre::transport::smtp::Error;

/// The answer to the content may take this many times longer than any other: servers
/// scan mail before they accept it, and giving up early leaves the outcome open (RFC 5321 §4.5.3.2.6).
const PATIENCE: u32 = 5;

pub(super) fn deliver(server: &SmtpServer, parcel: &Parcel, before_handover: &mut dyn FnMut() -> Result<(), String>) -> Result<Accepted, SendError> {
    let mut connection = connect(server)?;
    let agreed = log_in(server, &mut connection).and_then(|()| announce(server, &mut connection, parcel));
    if let Err(error) = agreed {
        part(connection, &error);
        return Err(error);
    }
    // Dropping the connection now, without the final dot, leaves the server with nothing.
    before_handover().map_err(|why| SendError::NotBegun(clean(&why)))?;
    let accepted = hand_over(server, &mut connection, parcel)?;
    let _ = connection.quit();
    Ok(accepted)
}

/// Sender, recipients and DATA, up to the server's word that it waits for the content.
fn announce(server: &SmtpServer, connection: &mut SmtpConnection, parcel: &Parcel) -> Result<(), SendError> {
    let parameters = parameters(connection, parcel)?;
    let sender = Mail::new(Some(parcel.from.clone()), parameters);
    connection.command(sender).map_err(|error| failed(server, Stage::Sender, &error))?;
    name_recipients(server, connection, parcel)?;
    let answer = connection.command(Data).map_err(|error| failed(server, Stage::Announcing, &error))?;
    if answer.has_code(354) {
        return Ok(());
    }
    Err(SendError::Lost { server: server.address(), stage: Stage::Announcing, why: format!("it answered DATA with {}", answer.code()) })
}

fn parameters(connection: &SmtpConnection, parcel: &Parcel) -> Result<Vec<MailParameter>, SendError> {
    let offers = |extension| connection.server_info().supports_feature(extension);
    let mut parameters = Vec::new();
    if parcel.has_international_address() {
        if !offers(Extension::SmtpUtfEight) {
            return Err(SendError::Unfit("an address has letters beyond ASCII and the server has no SMTPUTF8".into()));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !parcel.is_ascii() {
        if !offers(Extension::EightBitMime) {
            return Err(SendError::Unfit("it has 8-bit content and the server has no 8BITMIME".into()));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    Ok(parameters)
}

/// Asks for every recipient even after a refusal, so that all refusals can be named.
fn name_recipients(server: &SmtpServer, connection: &mut SmtpConnection, parcel: &Parcel) -> Result<(), SendError> {
    let mut refused: Vec<(String, Reply)> = Vec::new();
    for recipient in &parcel.to {
        match connection.command(Rcpt::new(recipient.clone(), Vec::new())) {
            Ok(_) => {}
            Err(error) => match reply(&error) {
                // 421 closes the connection; there is nobody left to ask.
                Some(reply) if reply.code != 421 => refused.push((clean(recipient.as_ref()), reply)),
                _ => return Err(failed(server, Stage::Recipients, &error)),
            },
        }
    }
    if refused.is_empty() { Ok(()) } else { Err(SendError::Recipients { server: server.address(), refused }) }
}

/// From the first octet on only an answer with a code tells what became of the mail.
fn hand_over(server: &SmtpServer, connection: &mut SmtpConnection, parcel: &Parcel) -> Result<Accepted, SendError> {
    let patience = server.timeout * PATIENCE;
    let uncertain = |why: String| SendError::Uncertain { server: server.address(), why };
    let _ = connection.set_timeout(Some(patience));
    match connection.message(&parcel.with_crlf()) {
        Ok(answer) if (200..300).contains(&u16::from(answer.code())) => {
            let _ = connection.set_timeout(Some(server.timeout));
            let text = answer.message().collect::<Vec<_>>().join(" ");
            Ok(Accepted { server_text: clean(&text) })
        }
        Ok(answer) => Err(uncertain(format!("it answered {}", answer.code()))),
        Err(error) => Err(match reply(&error) {
            Some(reply) => SendError::Refused { server: server.address(), stage: Stage::Content, reply },
            None => uncertain(network_trouble(&error, patience)),
        }),
    }
}

fn failed(server: &SmtpServer, stage: Stage, error: &SmtpError) -> SendError {
    match reply(error) {
        Some(reply) => SendError::Refused { server: server.address(), stage, reply },
        None => SendError::Lost { server: server.address(), stage, why: network_trouble(error, server.timeout) },
    }
}

/// Says goodbye where the server still listens.
fn part(mut connection: SmtpConnection, error: &SendError) {
    let listens = matches!(error, SendError::Refused { .. } | SendError::Recipients { .. } | SendError::Login { .. } | SendError::Unfit(_));
    if listens && !connection.has_broken() {
        let _ = connection.quit();
    }
}

//! The SMTP dialogue (RFC 5321), with lettre's words for logging in.
//!
//! lettre's own connection reads ahead, so that plain text sent along with the
//! answer to STARTTLS would be taken for answers inside TLS; and it does not say
//! at which octet a transfer broke. Both matter here.

use std::io::Write;
use std::time::Duration;

use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::commands::Auth;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use native_tls::TlsConnector;
use zeroize::Zeroizing;

use super::error::{Cause, RecipientResult, SendError, Stage};
use super::reply::{self, Reply, fit};
use super::tls::{self, Stream};
use super::wire::stuffed;
use super::{Accepted, Credential, CredentialKind, Envelope, HandoverError, Security, ServerAccess};

/// An open session.
pub(super) struct Dialogue {
    stream: Stream,
    timeout: Duration,
    /// Upper-case EHLO lines, e.g. `AUTH PLAIN LOGIN`.
    offers: Vec<String>,
}

pub(super) fn send(
    access: &ServerAccess,
    envelope: &Envelope,
    lines: &[u8],
    before_handover: &mut dyn FnMut() -> Result<(), HandoverError>,
) -> Result<Accepted, SendError> {
    let mut dialogue = log_in(access)?;
    dialogue.name_sender(envelope, lines)?;
    dialogue.name_recipients(&envelope.to)?;
    let accepted = dialogue.transfer(lines, before_handover)?;
    dialogue.quit();
    Ok(accepted)
}

/// Connects, protects the connection and logs in.
pub(super) fn log_in(access: &ServerAccess) -> Result<Dialogue, SendError> {
    let mut dialogue = match access.security {
        Security::Implicit => Dialogue::open(access)?.protected(&tls::connector(access)?, access)?,
        Security::StartTls | Security::None => Dialogue::open(access)?,
    };
    dialogue.expect(Stage::Greeting)?;
    dialogue.hello()?;
    if access.security == Security::StartTls {
        dialogue = dialogue.start_tls(&tls::connector(access)?, access)?;
    }
    if let Some(credential) = &access.credential {
        dialogue.authenticate(credential)?;
    }
    Ok(dialogue)
}

impl Dialogue {
    fn open(access: &ServerAccess) -> Result<Self, SendError> {
        let stream = Stream::Plain(tls::connect(&access.host, access.port, access.timeout)?);
        if access.security == Security::None && !stream.is_local() {
            return Err(SendError::new(Stage::Tls, Cause::Unprotected));
        }
        Ok(Self { stream, timeout: access.timeout, offers: Vec::new() })
    }

    fn protected(self, connector: &TlsConnector, access: &ServerAccess) -> Result<Self, SendError> {
        Ok(Self { stream: self.stream.protect(connector, &access.host)?, ..self })
    }

    fn start_tls(mut self, connector: &TlsConnector, access: &ServerAccess) -> Result<Self, SendError> {
        if !self.offers("STARTTLS") {
            return Err(SendError::new(Stage::Tls, Cause::NoStartTls));
        }
        self.command(Stage::Tls, "STARTTLS")?;
        let mut protected = self.protected(connector, access)?;
        // What was said before TLS may have been forged.
        protected.offers.clear();
        protected.hello()?;
        Ok(protected)
    }

    fn hello(&mut self) -> Result<(), SendError> {
        let reply = self.command(Stage::Hello, &format!("EHLO {}", ClientId::default()))?;
        self.offers = reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()).collect();
        Ok(())
    }

    /// What the server offers, in capitals.
    pub fn offered(&self) -> Vec<String> {
        self.offers.iter().map(|offer| fit(offer)).collect()
    }

    fn offers(&self, keyword: &str) -> bool {
        self.offers.iter().any(|offer| offer.split([' ', '=']).next() == Some(keyword))
    }

    fn offers_mechanism(&self, mechanism: Mechanism) -> bool {
        let name = mechanism.to_string();
        self.offers.iter().any(|offer| {
            let mut words = offer.split([' ', '=']);
            words.next() == Some("AUTH") && words.any(|word| word == name)
        })
    }

    fn authenticate(&mut self, credential: &Credential) -> Result<(), SendError> {
        let candidates: &[Mechanism] = match credential.kind {
            CredentialKind::Password => &[Mechanism::Plain, Mechanism::Login],
            CredentialKind::Token => &[Mechanism::Xoauth2],
        };
        let mechanism = candidates.iter().copied().find(|mechanism| self.offers_mechanism(*mechanism));
        let mechanism = mechanism.ok_or_else(|| SendError::new(Stage::Login, Cause::NoMechanism))?;
        let login = Credentials::new(credential.user.clone(), credential.secret.to_string());
        let first = Auth::new(mechanism, login.clone(), None).map_err(|_| SendError::new(Stage::Login, Cause::NoMechanism))?;
        let mut reply = self.say(Stage::Login, &Zeroizing::new(first.to_string()))?;
        // LOGIN asks twice; the others never ask, except to explain a refusal (XOAUTH2).
        let questions = if mechanism == Mechanism::Login { 2 } else { 0 };
        for _ in 0..questions {
            let Some(answer) = answer(mechanism, &login, &reply) else { break };
            reply = self.say(Stage::Login, &answer)?;
        }
        if reply.code == 334 {
            reply = self.say(Stage::Login, "*\r\n")?;
        }
        if reply.code == 235 {
            return Ok(());
        }
        let code = if reply.is_positive() { 535 } else { reply.code };
        Err(SendError::new(Stage::Login, Cause::LoginRefused { code, text: reply.text() }))
    }

    fn name_sender(&mut self, envelope: &Envelope, lines: &[u8]) -> Result<(), SendError> {
        let mut parameters = String::new();
        let has_local_letters = !envelope.from.is_ascii() || envelope.to.iter().any(|address| !address.is_ascii());
        for (needed, keyword, parameter) in [(has_local_letters, "SMTPUTF8", " SMTPUTF8"), (!lines.is_ascii(), "8BITMIME", " BODY=8BITMIME")] {
            if needed && !self.offers(keyword) {
                return Err(SendError::new(Stage::Sender, Cause::NotAscii));
            }
            if needed {
                parameters.push_str(parameter);
            }
        }
        self.command(Stage::Sender, &format!("MAIL FROM:<{}>{parameters}", envelope.from)).map(drop)
    }

    /// Names them all, and goes on only if all were accepted.
    fn name_recipients(&mut self, recipients: &[String]) -> Result<(), SendError> {
        let mut results = Vec::new();
        for address in recipients {
            let reply = self.say(Stage::Recipients, &format!("RCPT TO:<{address}>\r\n"))?;
            let result = RecipientResult { address: address.clone(), accepted: reply.is_positive(), code: reply.code, server_text: reply.text() };
            results.push(result);
            // 421 closes the channel, and 452 means: no more recipients.
            if reply.code == 421 {
                break;
            }
        }
        if results.iter().all(|result| result.accepted) {
            return Ok(());
        }
        let _ = self.say(Stage::Recipients, "RSET\r\n");
        let _ = self.say(Stage::Recipients, "QUIT\r\n");
        Err(SendError::new(Stage::Recipients, Cause::RecipientsRefused { results }))
    }

    fn transfer(&mut self, lines: &[u8], before_handover: &mut dyn FnMut() -> Result<(), HandoverError>) -> Result<Accepted, SendError> {
        let reply = self.command(Stage::Data, "DATA")?;
        if reply.code != 354 {
            return Err(SendError::new(Stage::Data, Cause::NotSmtp { text: fit(&format!("{} {}", reply.code, reply.text())) }));
        }
        before_handover().map_err(|source| SendError::new(Stage::Data, Cause::Handover { source }))?;
        // Without the final dot the server must throw away what it got.
        self.write(Stage::Data, &stuffed(lines))?;
        let patient = self.timeout.saturating_mul(5);
        let _ = self.stream.set_read_timeout(patient);
        self.write(Stage::Accept, b".\r\n")?;
        let reply = reply::read(&mut self.stream, Stage::Accept, patient)?;
        let _ = self.stream.set_read_timeout(self.timeout);
        match reply.code {
            200..300 => Ok(Accepted { server_text: format!("{} {}", reply.code, reply.text()) }),
            300..400 => Err(SendError::new(Stage::Accept, Cause::NotSmtp { text: reply.text() })),
            code => Err(SendError::new(Stage::Accept, Cause::Refused { code, text: reply.text() })),
        }
    }

    /// Says goodbye; what the server thinks of it does not matter any more.
    pub fn quit(mut self) {
        let _ = self.stream.set_read_timeout(self.timeout.min(Duration::from_secs(2)));
        let _ = self.say(Stage::Accept, "QUIT\r\n");
    }

    fn expect(&mut self, stage: Stage) -> Result<Reply, SendError> {
        let reply = reply::read(&mut self.stream, stage, self.timeout)?;
        if reply.is_positive() { Ok(reply) } else { Err(SendError::new(stage, Cause::Refused { code: reply.code, text: reply.text() })) }
    }

    fn command(&mut self, stage: Stage, command: &str) -> Result<Reply, SendError> {
        self.write(stage, format!("{command}\r\n").as_bytes())?;
        self.expect(stage)
    }

    /// As `command`, but any reply is an answer.
    fn say(&mut self, stage: Stage, line: &str) -> Result<Reply, SendError> {
        self.write(stage, line.as_bytes())?;
        reply::read(&mut self.stream, stage, self.timeout)
    }

    fn write(&mut self, stage: Stage, octets: &[u8]) -> Result<(), SendError> {
        self.stream.write_all(octets).and_then(|()| self.stream.flush()).map_err(|error| SendError::io(stage, error))
    }
}

/// The answer to a question of the mechanism; `None` when there is none.
fn answer(mechanism: Mechanism, login: &Credentials, reply: &Reply) -> Option<Zeroizing<String>> {
    let question: Response = format!("{} {}\r\n", reply.code, reply.lines.first()?).parse().ok()?;
    if reply.code != 334 {
        return None;
    }
    let auth = Auth::new_from_response(mechanism, login.clone(), &question).ok()?;
    Some(Zeroizing::new(auth.to_string()))
}

//! Reads `[desk.*]`.

use super::section::Section;
use super::{DeskConfig, Folders, Server, Source, server};
use crate::domain::address::is_addr_spec;

/// Reads one desk without its projects; `None` after an error that leaves nothing to go on with.
pub(super) fn read(name: &str, mut section: Section<'_>) -> Option<DeskConfig> {
    let address = address(&mut section);
    // A Maildir has a delivering server and folders, too, and no section of its own.
    let (archives, junks) = (section.boolean("archive_on_solve"), section.boolean("junk_on_spam"));
    let authserv_id = section.filled("authserv_id").map(|found| found.value);
    let imap = imap_section(&mut section);
    let imap_server = imap.as_ref().and_then(|imap| imap.server.clone());
    let source = source(&mut section, imap_server.clone());
    let smtp = section.section("smtp").and_then(|mut smtp| {
        let read = server::smtp(&mut smtp, imap_server.as_ref());
        smtp.finish();
        read
    });
    if !section.has("smtp") {
        section.report().warn(section.line, format!("[{}] has no [{}.smtp]: nothing can be sent", section.path(), section.path()), None);
    }
    section.finish();
    let user = imap_server.map(|server| server.user).filter(|user| is_addr_spec(user));
    let imap = imap.unwrap_or_default();
    Some(DeskConfig {
        name: name.to_owned(),
        source: source?,
        smtp,
        mailbox: address.or(user).unwrap_or_default(),
        folders: imap.folders.unwrap_or_default(),
        authserv_id: authserv_id.or(imap.authserv_id),
        archive_on_solve: archives.unwrap_or(imap.archive_on_solve),
        junk_on_spam: junks.unwrap_or(imap.junk_on_spam),
        projects: Vec::new(),
    })
}

#[derive(Default)]
struct ImapSection {
    server: Option<Server>,
    folders: Option<Folders>,
    authserv_id: Option<String>,
    archive_on_solve: bool,
    junk_on_spam: bool,
}

fn imap_section(section: &mut Section<'_>) -> Option<ImapSection> {
    let mut imap = section.section("imap")?;
    let read = ImapSection {
        server: server::imap(&mut imap),
        folders: imap.section("folders").map(folders),
        authserv_id: imap.filled("authserv_id").map(|found| found.value),
        archive_on_solve: imap.boolean("archive_on_solve").unwrap_or(false),
        junk_on_spam: imap.boolean("junk_on_spam").unwrap_or(false),
    };
    imap.finish();
    Some(read)
}

fn source(section: &mut Section<'_>, imap: Option<Server>) -> Option<Source> {
    let path = section.path_value("path");
    let kind = section.word("source", &[("imap", true), ("maildir", false)]);
    if kind.is_none() && section.has("source") {
        return None;
    }
    let is_imap = kind.unwrap_or(section.has("imap") || !section.has("path"));
    if is_imap && !section.has("imap") {
        section.report().error(section.line, format!("[{0}] has no [{0}.imap]; write one with host, user and password_command", section.path()));
    }
    if !is_imap && !section.has("path") {
        section.report().error(section.line, format!("[{}] is a maildir without a `path`; write the folder that holds the mail", section.path()));
    }
    if is_imap { imap.map(Source::Imap) } else { path.map(Source::Maildir) }
}

/// The address of the mailbox itself, where the login name is none.
fn address(section: &mut Section<'_>) -> Option<String> {
    let found = section.filled("address")?;
    if is_addr_spec(&found.value) {
        return Some(found.value);
    }
    section.report().error(found.line, format!("`address` in [{}] is \"{}\", which is not a mail address", section.path(), found.value));
    None
}

fn folders(mut section: Section<'_>) -> Folders {
    let standard = Folders::default();
    let inbox = section.strings("inbox").map(|found| found.value.into_iter().map(|name| name.value).collect::<Vec<_>>());
    let read = Folders {
        inbox: inbox.filter(|names| !names.is_empty()).unwrap_or(standard.inbox),
        sent: special(&mut section, "sent"),
        archive: special(&mut section, "archive"),
        junk: special(&mut section, "junk"),
        team: team(&mut section, standard.team),
    };
    section.finish();
    read
}

fn special(section: &mut Section<'_>, key: &'static str) -> Option<String> {
    section.filled(key).map(|found| found.value).filter(|name| name != "auto")
}

/// `team = false` switches the shared log off.
fn team(section: &mut Section<'_>, standard: Option<String>) -> Option<String> {
    if section.named("team").is_some_and(|found| found.value.is_bool()) {
        return if section.boolean("team") == Some(false) { None } else { standard };
    }
    section.filled("team").map(|found| found.value).or(standard)
}

impl Default for Folders {
    fn default() -> Self {
        Self { inbox: vec!["INBOX".to_owned()], sent: None, archive: None, junk: None, team: Some("Postdesk".to_owned()) }
    }
}

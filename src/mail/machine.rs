//! Addresses of programs of the mail system.

/// Whether a mail system sends its reports from this address.
pub fn is_daemon(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase().replace('_', "");
    ["mailer-daemon", "mailerdaemon", "postmaster", "mailer", "mdaemon", "mail-daemon", "maildaemon", "bounce"].iter().any(|name| local == *name)
        || local.starts_with("mailer-daemon")
        || local.starts_with("postmaster")
}

/// Senders that are programs of the mail system (RFC 2142, RFC 3834 §2).
pub fn is_machine(address: &str) -> bool {
    let local = address.split('@').next().unwrap_or_default().to_lowercase();
    is_daemon(address)
        || matches!(local.as_str(), "root" | "daemon" | "abuse" | "listserv" | "majordomo" | "mailman" | "uucp")
        || local.starts_with("owner-")
        || local.ends_with("-request")
}

//! The layers of the program, checked by reading what its source refers to.
//!
//! A layer is a folder of `src`. This test reads every path in the code (in
//! `use` lines and elsewhere, comments, strings and tests left out) and checks
//! which layer may refer to which, and which layer is the only user of a package.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Layer → the layers it may refer to. Layers that are not named may refer to all.
const LAYERS: [(&str, &[&str]); 11] = [
    ("domain", &[]),
    ("action", &["domain"]),
    ("protocol", &["domain"]),
    ("config", &["domain"]),
    ("templates", &["domain"]),
    ("mail", &["domain"]),
    ("store", &["domain"]),
    ("sync", &["domain", "mail", "store"]),
    ("send", &["domain", "mail", "store"]),
    ("demo", &["domain", "config"]),
    ("tui", &["domain", "action", "protocol"]),
];

/// What the desk may refer to: all below it, nothing that draws or parses a command line.
const DESK: [&str; 9] = ["domain", "action", "protocol", "config", "templates", "mail", "store", "sync", "send"];

/// Package, a part of it (empty: all of it) → the only places under `src` that may refer to it.
/// The first line that fits decides.
const OWNERS: [(&str, &str, &[&str]); 19] = [
    ("rusqlite", "", &["store"]),
    ("mail_parser", "", &["mail"]),
    ("html2text", "", &["mail"]),
    ("lettre", "message", &["mail"]),
    ("lettre", "Message", &["mail"]),
    ("lettre", "transport", &["send"]),
    ("lettre", "Transport", &["send"]),
    ("lettre", "SmtpTransport", &["send"]),
    ("lettre", "", &["mail", "send"]),
    ("imap", "", &["sync/imap"]),
    ("imap_proto", "", &["sync/imap"]),
    ("native_tls", "", &["sync/imap", "send"]),
    ("crossterm", "", &["runtime"]),
    ("ratatui", "crossterm", &["runtime"]),
    ("ratatui", "", &["tui", "runtime"]),
    ("ratatui_textarea", "", &["tui", "runtime"]),
    ("clap", "", &["cli"]),
    ("clap_complete", "", &["cli"]),
    ("clap_mangen", "", &["cli"]),
];

/// The packages `domain` may use.
const VALUE_PACKAGES: [&str; 7] = ["serde", "serde_json", "jiff", "sha2", "thiserror", "unicode_width", "unicode_segmentation"];

/// Layers that compute and leave the outside world alone, and the parts of `std` that touch it.
const PURE: [&str; 4] = ["domain", "action", "protocol", "tui"];
const OUTSIDE: [&str; 5] = ["fs", "net", "process", "thread", "env"];

#[test]
fn every_layer_refers_only_to_what_lies_below_it() {
    let packages = packages(&fs::read_to_string("Cargo.toml").unwrap());
    let mut files = Vec::new();
    collect(Path::new("src"), &mut files);
    assert!(files.len() > 20, "the source was not found");

    let mut breaches = Vec::new();
    for file in files {
        breaches.extend(check(&file, &fs::read_to_string(&file).unwrap(), &packages));
    }

    assert!(breaches.is_empty(), "the layers are described in src/lib.rs:\n{}", breaches.join("\n"));
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// The names of the dependencies as they are written in code.
fn packages(manifest: &str) -> BTreeSet<String> {
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default();
    let section = section.split("\n[").next().unwrap_or_default();
    section.lines().filter_map(|line| line.split_once(" = ")).map(|(name, _)| name.trim().replace('-', "_")).collect()
}

/// Says, with file and line, what in this file breaks a rule.
fn check(file: &Path, source: &str, packages: &BTreeSet<String>) -> Vec<String> {
    let module = module_of(file);
    if module.last().is_some_and(|name| name == "tests" || name.ends_with("_tests")) {
        return Vec::new();
    }
    let tokens = tokens(source);
    let local = local_names(&tokens);
    references(&tokens)
        .into_iter()
        .filter(|reference| reference.path.len() > 1 || !local.contains(&reference.path[0]))
        .filter_map(|reference| {
            let breach = breach(&module, &absolute(&module, &reference.path, &local)?, packages)?;
            Some(format!("{}:{}: {breach}", file.display(), reference.line))
        })
        .collect()
}

/// `src/sync/imap/mod.rs` → `sync`, `imap`.
fn module_of(file: &Path) -> Vec<String> {
    let below = file.strip_prefix("src").unwrap_or(file).with_extension("");
    let mut parts: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if parts.last().is_some_and(|part| matches!(part.as_str(), "mod" | "lib" | "main")) {
        parts.pop();
    }
    parts
}

/// The path from the root: `crate` and a layer, or a package. `None` for names of the file itself.
fn absolute(module: &[String], path: &[String], local: &BTreeSet<String>) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    if ups > 0 || path[0] == "self" {
        let base = module.len().saturating_sub(ups);
        let rest = path.iter().skip(ups.max(1)).cloned();
        return Some(std::iter::once("crate".to_owned()).chain(module[..base].iter().cloned()).chain(rest).collect());
    }
    (path[0] == "crate" || !local.contains(&path[0])).then(|| path.to_vec())
}

fn breach(module: &[String], path: &[String], packages: &BTreeSet<String>) -> Option<String> {
    let layer = module.first().map(String::as_str)?;
    let root = path[0].as_str();
    let part = path.get(1).map_or("", String::as_str);
    match root {
        "crate" => layer_breach(layer, part),
        "std" => (PURE.contains(&layer) && OUTSIDE.contains(&part)).then(|| format!("`{layer}` does no I/O and must not use `std::{part}`")),
        _ if layer == "domain" && packages.contains(root) && !VALUE_PACKAGES.contains(&root) => {
            Some(format!("`domain` must not use the package `{root}`; it may use {}", VALUE_PACKAGES.join(", ")))
        }
        _ => owner_breach(&module.join("/"), root, part),
    }
}

fn layer_breach(layer: &str, used: &str) -> Option<String> {
    let allowed = if layer == "desk" { &DESK[..] } else { LAYERS.iter().find(|(name, _)| *name == layer)?.1 };
    let is_layer = used == "desk" || matches!(used, "cli" | "runtime") || LAYERS.iter().any(|(name, _)| *name == used);
    let fine = !is_layer || used == layer || allowed.contains(&used);
    (!fine).then(|| {
        format!("`{layer}` must not refer to `{used}`; below it lie: {}", if allowed.is_empty() { "nothing".to_owned() } else { allowed.join(", ") })
    })
}

fn owner_breach(module: &str, package: &str, part: &str) -> Option<String> {
    let (_, what, places) = OWNERS.iter().find(|(name, what, _)| *name == package && (what.is_empty() || *what == part))?;
    let at_home = places.iter().any(|place| module == *place || module.strip_prefix(place).is_some_and(|rest| rest.starts_with('/')));
    let name = if what.is_empty() { package.to_owned() } else { format!("{package}::{what}") };
    (!at_home).then(|| format!("only `{}` may use `{name}`", places.join("` and `")))
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Token {
    line: usize,
    text: String,
}

/// Names, `::` and single signs, without comments, strings and everything from `#[cfg(test)]` in front of a module on.
fn tokens(source: &str) -> Vec<Token> {
    let end = ["#[cfg(test)]\nmod ", "#[cfg(test)]\npub mod ", "#[cfg(test)]\npub(crate) mod "]
        .iter()
        .filter_map(|start| {
            source.match_indices(start).map(|(at, _)| at).find(|at| source[*at..].lines().nth(1).is_some_and(|line| line.ends_with('{')))
        })
        .min()
        .unwrap_or(source.len());
    let chars: Vec<char> = source[..end].chars().collect();
    let (mut tokens, mut line, mut at) = (Vec::new(), 1, 0);
    while at < chars.len() {
        let next = skipped(&chars, at);
        if next > at {
            line += chars[at..next].iter().filter(|c| **c == '\n').count();
            at = next;
            continue;
        }
        let end = token_end(&chars, at);
        tokens.push(Token { line, text: chars[at..end].iter().collect() });
        at = end;
    }
    tokens
}

/// Where what begins here and is not code ends; `at` itself when it is code.
fn skipped(chars: &[char], at: usize) -> usize {
    let rest = &chars[at..];
    let until = |stop: &[char], from: usize| {
        (from..rest.len()).find(|place| rest[*place..].starts_with(stop)).map_or(chars.len(), |place| at + place + stop.len())
    };
    match rest {
        [c, ..] if c.is_whitespace() => at + 1,
        ['/', '/', ..] => until(&['\n'], 2),
        ['/', '*', ..] => until(&['*', '/'], 2),
        ['"', ..] => at + quoted(rest),
        ['\'', '\\', ..] => until(&['\''], 3),
        ['\'', _, '\'', ..] => at + 3,
        ['r', '"', ..] => until(&['"'], 2),
        ['r', '#', '"', ..] | ['b', 'r', '#', ..] => until(&['"', '#'], 4),
        _ => at,
    }
}

/// The length of a string in quotes.
fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != '"' {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

fn token_end(chars: &[char], at: usize) -> usize {
    let is_name = |c: &char| c.is_alphanumeric() || *c == '_';
    if is_name(&chars[at]) {
        return at + chars[at..].iter().take_while(|c| is_name(c)).count();
    }
    if chars[at..].starts_with(&[':', ':']) { at + 2 } else { at + 1 }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Reference {
    line: usize,
    path: Vec<String>,
}

/// Every path in the code; groups in braces are taken apart.
fn references(tokens: &[Token]) -> Vec<Reference> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let before = at.checked_sub(1).map_or("", |before| tokens[before].text.as_str());
        let in_use = before == "use";
        let is_start = is_name(&tokens[at].text) && !matches!(before, "::" | "." | "mod") || (in_use && tokens[at].text == "{");
        if is_start && (in_use || tokens.get(at + 1).is_some_and(|next| next.text == "::")) {
            at = tree(tokens, at, &[], &mut found);
        } else {
            at += 1;
        }
    }
    found
}

/// Reads one path, or a group of them, and returns the place behind it.
fn tree(tokens: &[Token], mut at: usize, base: &[String], found: &mut Vec<Reference>) -> usize {
    let line = tokens.get(at).map_or(0, |token| token.line);
    let mut path = base.to_vec();
    while let Some(token) = tokens.get(at) {
        if token.text == "{" {
            return group(tokens, at + 1, &path, found);
        }
        if !is_name(&token.text) {
            break;
        }
        path.push(token.text.clone());
        at += 1;
        if tokens.get(at).is_none_or(|token| token.text != "::") {
            break;
        }
        at += 1;
    }
    if path.len() > base.len() || !base.is_empty() {
        found.push(Reference { line, path });
    }
    at.max(1)
}

fn group(tokens: &[Token], mut at: usize, base: &[String], found: &mut Vec<Reference>) -> usize {
    while let Some(token) = tokens.get(at) {
        at = match token.text.as_str() {
            "}" => return at + 1,
            text if is_name(text) && text != "as" => tree(tokens, at, base, found),
            "as" => at + 2,
            _ => at + 1,
        };
    }
    at
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Names that stand for a module of ours in this file: declared here, or imported from the crate.
fn local_names(tokens: &[Token]) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = tokens.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text.clone()).collect();
    let imported = references(tokens).into_iter().filter(|reference| matches!(reference.path[0].as_str(), "crate" | "super" | "self"));
    names.extend(imported.filter(|reference| reference.path.len() > 1).filter_map(|reference| reference.path.last().cloned()));
    names
}

/// What the checker says about a file with this content.
fn verdict(file: &str, source: &str) -> Vec<String> {
    let packages = packages("\n[dependencies]\nrusqlite = \"1\"\nmail-parser = { version = \"1\" }\nserde = \"1\"\n[dev-dependencies]\nx = \"1\"\n");
    check(Path::new(file), source, &packages)
}

#[test]
fn a_breach_names_file_line_and_rule() {
    assert_eq!(
        verdict("src/tui/view.rs", "use std::fmt;\n\nuse crate::store::Store;\n"),
        ["src/tui/view.rs:3: `tui` must not refer to `store`; below it lie: domain, action, protocol"]
    );
    assert_eq!(verdict("src/desk/mod.rs", "fn f() { rusqlite::Connection::open(p) }"), ["src/desk/mod.rs:1: only `store` may use `rusqlite`"]);
}

#[test]
fn every_rule_can_be_broken() {
    for (file, source) in [
        ("src/domain/x.rs", "use crate::config::Agent;"),
        ("src/domain/x.rs", "use mail_parser::Message;"),
        ("src/domain/x.rs", "let t = std::fs::read(p);"),
        ("src/tui/update.rs", "use std::{fmt, thread};"),
        ("src/mail/x.rs", "use super::super::templates::render;"),
        ("src/mail/x.rs", "use crate::{domain::Address, templates::render};"),
        ("src/protocol/x.rs", "use crate::config::Config;"),
        ("src/sync/plan.rs", "use crate::desk::Desk;"),
        ("src/sync/maildir.rs", "use imap::Session;"),
        ("src/sync/maildir.rs", "use native_tls::TlsConnector;"),
        ("src/sync/imap/x.rs", "use lettre::transport::smtp;"),
        ("src/send/x.rs", "use lettre::message::header;"),
        ("src/mail/x.rs", "use lettre::{Message, transport::smtp};"),
        ("src/desk/x.rs", "use lettre::Address;"),
        ("src/desk/x.rs", "use crate::cli::run;"),
        ("src/demo/x.rs", "use crate::mail::parse;"),
        ("src/tui/x.rs", "use ratatui::crossterm::event;"),
        ("src/cli/x.rs", "use crossterm::terminal;"),
        ("src/cli/x.rs", "use ratatui::Frame;"),
        ("src/runtime/x.rs", "fn f(c: clap::Command) {}"),
        ("src/desk/x.rs", "use html2text as h;"),
    ] {
        assert_eq!(verdict(file, source).len(), 1, "{file}: {source}");
    }
}

#[test]
fn what_the_layers_allow_passes() {
    for (file, source) in [
        ("src/domain/x.rs", "use std::fmt;\nuse serde::Serialize;\nuse super::address::Address;"),
        ("src/sync/imap/session.rs", "use imap::Session;\nuse native_tls::TlsStream;"),
        ("src/sync/maildir/name.rs", "use crate::sync::imap::mutf7;\nuse super::super::imap::mutf;\nfn f() { mutf7::decode(x) }"),
        ("src/sync/mod.rs", "pub mod imap;\npub use imap::open;"),
        ("src/desk/network.rs", "use crate::sync::{imap, plan};\nfn f() { imap::open() }"),
        ("src/desk/x.rs", "use crate::{store::Store, sync::source::Waker};"),
        ("src/send/x.rs", "use lettre::transport::smtp::client::SmtpConnection;\nuse lettre::Address;"),
        ("src/tui/x.rs", "use std::fmt::Write as _;\nuse ratatui::layout::Rect;\nfn f(store: u8) { store.imap() }"),
        ("src/cli/x.rs", "use crate::store::Store;\nuse clap::Command;"),
        ("src/main.rs", "use anyhow::Result;"),
    ] {
        assert_eq!(verdict(file, source), [] as [String; 0], "{file}: {source}");
    }
}

#[test]
fn words_in_comments_strings_and_tests_do_not_count() {
    let source = r##"
//! Unlike crate::store::Store and rusqlite::Connection.
/* use crate::store::Store; */
const TEXT: &str = "use crate::store::Store; \" rusqlite::x";
const RAW: &str = r#"crate::store::x"#;
const MARK: char = '"';
#[cfg(test)]
mod tests {
    use crate::store::Store;
}
"##;

    assert_eq!(verdict("src/domain/x.rs", source), [] as [String; 0]);
    assert_eq!(verdict("src/domain/x.rs", &source.replace("#[cfg(test)]\n", "")).len(), 1);
}

//! How well mail is read, measured on a corpus of real mail with expected results that others wrote.
//!
//! `make corpus`, or `cargo test --test corpus -- --nocapture`. The folder is named by
//! `POSTDESK_CORPUS`, else `../shared/corpus` is taken where it lies; without one the
//! measurement is skipped and says so. `POSTDESK_CORPUS_MISSES` names a check whose misses are
//! listed. Each check compares one field of one case and passes or misses. A case without an
//! answer fails the test, and so do figures below [`LEAST`] on the side they were set for.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may panic and print"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What must hold on the side of the collection that is called `shared`, in per cent. Where a figure is lower than
/// one would wish, the rest are cases in which upstream projects contradict each other or the rules of mail.
const LEAST: [(&str, f64); 21] = [
    ("answer_goes_to", 100.0),
    ("attachment_names", 86.0),
    ("attachment_names~", 87.0),
    ("body_text", 88.5),
    ("bounce_permanent", 100.0),
    ("bounced_recipients", 100.0),
    ("from", 96.0),
    ("from~", 99.5),
    ("is_auto_generated", 90.0),
    ("is_auto_reply", 98.0),
    ("is_bounce", 98.0),
    ("may_acknowledge", 100.0),
    ("message_id~", 99.0),
    ("reply_contains", 91.0),
    ("reply_not_contains", 97.0),
    ("reply_text", 91.5),
    ("subject", 100.0),
    ("subject~", 99.4),
    ("text_contains", 100.0),
    ("text~", 100.0),
    ("to~", 99.4),
];

/// Sets whose files are bare bodies: they get a small header in front.
const BARE: [&str; 5] = ["crisp-reply-parser", "email-reply-trimmer", "fiedl-reply-parser", "github-reply-parser", "zapier-reply-parser"];

/// Stands for `{{fqdn}}` in a file: the host in the Message-IDs of our own mail.
const OUR_HOST: &str = "desk.example.test";

#[test]
fn mail_of_the_corpus_is_read_as_well_as_it_should_be() {
    let folder = match corpus() {
        Ok(folder) => folder,
        Err(why) => return println!("corpus: SKIPPED, {why}"),
    };
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let cases: Vec<&Value> =
        manifest["cases"].as_array().unwrap().iter().filter(|case| !matches!(word(&case["kind"]), "archive" | "thread")).collect();
    let mut tally = Tally::default();
    for case in &cases {
        tally.case(case, &parsed(&folder, case));
    }
    tally.print(cases.len());
    let least: &[(&str, f64)] = if word(&manifest["side"]) == "shared" { &LEAST } else { &[] };
    let low: Vec<String> = least.iter().filter_map(|(check, least)| tally.below(check, *least)).collect();
    assert!(low.is_empty() && tally.slow.is_empty(), "below what must hold: {low:?}; slower than ten seconds: {:?}", tally.slow);
}

/// The folder, or why there is none.
fn corpus() -> Result<PathBuf, String> {
    let named = std::env::var_os("POSTDESK_CORPUS").filter(|named| !named.is_empty()).map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let folder = named.unwrap_or(beside);
    if folder.join("manifest.json").is_file() {
        return Ok(folder);
    }
    Err(format!("there is none at {} (POSTDESK_CORPUS names its folder)", folder.display()))
}

/// How the program reads the mail of a case, as `parse --json` says it.
fn parsed(folder: &Path, case: &Value) -> Value {
    let bytes = mail_of(folder, case);
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("case.eml");
    std::fs::write(&file, bytes).unwrap();
    let output = assert_cmd::Command::cargo_bin("postdesk")
        .unwrap()
        .arg("parse")
        .arg("--json")
        .arg(&file)
        .timeout(std::time::Duration::from_secs(10))
        .output();
    output.ok().filter(|output| output.status.success()).and_then(|output| serde_json::from_slice(&output.stdout).ok()).unwrap_or_default()
}

fn mail_of(folder: &Path, case: &Value) -> Vec<u8> {
    let path = folder.join(word(&case["file"]));
    let raw = std::fs::read(&path).unwrap();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let set = word(&case["set"]);
    if BARE.contains(&set) || set == "talon" && ending != "eml" {
        let kind = if matches!(ending, "html" | "htm") { "html" } else { "plain" };
        let head = format!(
            "From: Requester <requester@example.test>\r\nTo: support@example.test\r\nSubject: Re: a question\r\nDate: Mon, 2 Nov 2026 10:00:00 +0000\r\n\
             Message-ID: <case@example.test>\r\nIn-Reply-To: <earlier@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: text/{kind}; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n"
        );
        return [head.as_bytes(), raw.as_slice()].concat();
    }
    match memchr::memmem::find(&raw, b"{{fqdn}}") {
        Some(at) => [&raw[..at], OUR_HOST.as_bytes(), &raw[at + 8..]].concat(),
        None => raw,
    }
}

#[derive(Default)]
struct Tally {
    /// Check → passes and misses.
    counts: BTreeMap<String, (usize, usize)>,
    slow: Vec<String>,
    unanswered: usize,
}

impl Tally {
    fn case(&mut self, case: &Value, mail: &Value) {
        let answered = mail.is_object();
        if !answered {
            self.unanswered += 1;
            self.slow.push(word(&case["id"]).to_owned());
        }
        let shown = std::env::var("POSTDESK_CORPUS_MISSES").unwrap_or_default();
        for (check, passed) in checks(case, mail) {
            let count = self.counts.entry(check.to_owned()).or_default();
            if passed && answered {
                count.0 += 1;
            } else {
                count.1 += 1;
                if shown == check {
                    println!("miss {check} {}", word(&case["id"]));
                }
            }
        }
    }

    fn share(&self, check: &str) -> Option<f64> {
        self.counts.get(check).map(|(passes, misses)| 100.0 * *passes as f64 / (passes + misses) as f64)
    }

    fn below(&self, check: &str, least: f64) -> Option<String> {
        self.share(check).filter(|share| *share < least).map(|share| format!("{check} {share:.1} % of {least} %"))
    }

    fn print(&self, cases: usize) {
        for (check, (passes, misses)) in &self.counts {
            println!("{check:24} {passes:5} of {:5}  {:5.1} %", passes + misses, self.share(check).unwrap_or_default());
        }
        println!("{cases} cases, {} without an answer", self.unanswered);
    }
}

/// The checks of one case: name, and whether the mail was read as expected.
fn checks(case: &Value, mail: &Value) -> Vec<(&'static str, bool)> {
    let mut found = Vec::new();
    replies(&case["expected"], mail, &mut found);
    headers(case, mail, &mut found);
    texts(case, mail, &mut found);
    attachments(case, mail, &mut found);
    classes(case, mail, &mut found);
    found
}

type Checks = Vec<(&'static str, bool)>;

fn replies(expected: &Value, mail: &Value, found: &mut Checks) {
    let new = word(&mail["new_text"]);
    let marks = |text: &str| folded(&text.replace(['*', '_', '>', '#', '`'], "").replace("![", "").replace('[', ""));
    if let Some(reply) = expected["reply_text"].as_str() {
        found.push(("reply_text", folded(new) == folded(reply)));
    } else if let Some(reply) = expected["reply_text_markdown"].as_str() {
        found.push(("reply_text", marks(new) == marks(reply)));
    } else if let Some(reply) = expected["reply_text_no_whitespace"].as_str() {
        found.push(("reply_text", squeezed(new) == squeezed(reply)));
    } else if let Some(reply) = expected["first_fragment"].as_str() {
        found.push(("reply_text", folded(new) == folded(reply)));
    }
    for text in list(&expected["reply_contains"]) {
        found.push(("reply_contains", folded(new).contains(&folded(text))));
    }
    for text in list(&expected["reply_not_contains"]) {
        found.push(("reply_not_contains", !folded(new).contains(&folded(text))));
    }
}

fn headers(case: &Value, mail: &Value, found: &mut Checks) {
    let (expected, consensus) = (&case["expected"], &case["consensus"]);
    let from = address(word(&mail["from"]["address"]));
    if let Some(goes_to) = expected["answer_goes_to"].as_str() {
        let answer = mail["reply_to"]["address"].as_str().map_or_else(|| from.clone(), address);
        found.push(("answer_goes_to", answer == address(goes_to)));
    }
    let subject = folded(word(&mail["subject"]));
    if let Some(wanted) = expected["subject"].as_str().filter(|_| case["disputed"]["subject"].is_null()) {
        found.push(("subject", subject == folded(wanted)));
    } else if let Some(wanted) = consensus["subject"].as_str() {
        found.push(("subject~", subject == folded(wanted)));
    }
    if let Some(wanted) = expected["from_email"].as_str().or_else(|| expected["from_address"].as_str()) {
        found.push(("from", from == address(wanted)));
    } else if let Some(wanted) = list(&consensus["from_addresses"]).first() {
        found.push(("from~", from == address(wanted)));
    }
    let sorted = |mut addresses: Vec<String>| {
        addresses.sort();
        addresses
    };
    let to = list(&consensus["to_addresses"]);
    if !to.is_empty() {
        let got = mail["to"].as_array().into_iter().flatten().map(|to| address(word(&to["address"]))).collect();
        found.push(("to~", sorted(got) == sorted(to.into_iter().map(address).collect())));
    }
    if let Some(id) = consensus["message_id"].as_str().filter(|id| !id.is_empty()) {
        let bare = |id: &str| id.trim_matches(['<', '>', ' ']).to_owned();
        found.push(("message_id~", bare(word(&mail["message_id"])) == bare(id)));
    }
}

fn texts(case: &Value, mail: &Value, found: &mut Checks) {
    let (expected, text) = (&case["expected"], word(&mail["text"]));
    for wanted in list(&expected["text_contains"]) {
        found.push(("text_contains", folded(text).contains(&folded(wanted))));
    }
    if let Some(wanted) = case["consensus"]["text_normalised"].as_str().filter(|text| !text.is_empty()) {
        if matches!(word(&case["kind"]), "parse" | "malformed") {
            found.push(("text~", squeezed(text).starts_with(&squeezed(wanted))));
        }
    }
    if let Some(wanted) = expected["body_text_normalised"].as_str().filter(|_| word(&expected["body_kind"]) != "text/html") {
        let plain = |text: &str| {
            squeezed(&text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
        };
        found.push(("body_text", plain(text) == plain(wanted)));
    }
}

fn attachments(case: &Value, mail: &Value, found: &mut Checks) {
    let have: Vec<&str> = mail["attachments"].as_array().into_iter().flatten().map(|file| word(&file["name"])).collect();
    let expected = case["expected"]["attachments"].as_array().filter(|list| !list.is_empty());
    if let Some(expected) = expected {
        let names = expected.iter().map(|file| word(&file["filename"]));
        let wanted: Vec<&str> = names.filter(|name| !matches!(*name, "" | "message.html" | "undelivered-message")).collect();
        if !wanted.is_empty() {
            found.push(("attachment_names", wanted.iter().all(|name| have.contains(name))));
        }
    } else {
        let wanted = list(&case["consensus"]["attachment_names"]);
        if !wanted.is_empty() {
            found.push(("attachment_names~", wanted.iter().all(|name| have.contains(name))));
        }
    }
}

fn classes(case: &Value, mail: &Value, found: &mut Checks) {
    let (expected, class) = (&case["expected"], word(&mail["class"]));
    let says = |name: &str| expected[name].as_bool().unwrap_or_default();
    if let Some(is_bounce) = expected["is_bounce"].as_bool() {
        if !(says("is_delay_warning") || says("temporary") || says("is_feedback_report")) {
            found.push(("is_bounce", (class == "bounce") == is_bounce));
        }
    }
    let lost = list(&expected["bounced_recipients"]);
    if !lost.is_empty() {
        let have: Vec<String> = list(&mail["bounce"]["recipients"]).into_iter().map(address).collect();
        found.push(("bounced_recipients", lost.into_iter().all(|wanted| have.contains(&address(wanted)))));
    }
    let failures = expected["failures"].as_array().filter(|failures| failures.iter().all(|failure| failure["hard"].is_boolean()));
    if failures.and_then(|failures| failures.first()).is_some_and(|first| word(&first["status"]).starts_with("5.1.1")) {
        found.push(("bounce_permanent", mail["bounce"]["permanent"].as_bool() == Some(true)));
    }
    let automatic: Vec<bool> = ["is_auto_reply", "is_out_of_office"].iter().filter_map(|name| expected[*name].as_bool()).collect();
    if !automatic.is_empty() {
        found.push(("is_auto_reply", (class == "auto_reply") == automatic.contains(&true)));
    }
    if says("is_auto_generated") {
        found.push(("is_auto_generated", matches!(class, "auto_reply" | "bounce" | "list" | "own")));
    }
    // One case needs to know our own host.
    if let Some(allowed) = expected["send_auto_reply_allowed"].as_bool().filter(|_| !word(&case["id"]).contains("own-message-id")) {
        found.push(("may_acknowledge", mail["may_acknowledge"].as_bool().unwrap_or_default() == allowed));
    }
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The texts of a list, or the one text that stands for a list.
fn list(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// White space folded.
fn folded(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// White space gone.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The address in `Name <address>`, in lower case.
fn address(text: &str) -> String {
    let inside = text.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or(text, |(inside, _)| inside);
    inside.trim().to_lowercase()
}

//! How mail programs write: ids, headers, quotes and the shape of the body.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::calendar::{header_date, written};
use super::encode::{header_text, html, mailbox};
use super::files;
use super::mime::{Charset, Header, Part, Transfer, flowed, multipart, text, wrapped};
use super::rng::Rng;
use super::scenario::Client;

/// A name and an address.
#[derive(Clone, Debug, Default)]
pub(super) struct Who {
    pub(super) name: String,
    pub(super) address: String,
}

impl Who {
    pub(super) fn new(name: impl Into<String>, address: impl Into<String>) -> Self {
        Self { name: name.into(), address: address.into() }
    }

    pub(super) fn header(&self) -> String {
        mailbox(&self.name, &self.address)
    }
}

/// A mail that has been written, as far as its answer needs it.
#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    pub(super) id: String,
    pub(super) references: Vec<String>,
    pub(super) from: Who,
    pub(super) to: Who,
    pub(super) at: Timestamp,
    pub(super) subject: String,
    /// With what it quoted itself, cut to a sensible length.
    pub(super) text: String,
}

/// A mail about to be written.
#[derive(Debug)]
pub(super) struct Writing<'a> {
    pub(super) client: Client,
    pub(super) lang: &'a str,
    pub(super) zone: i32,
    pub(super) from: Who,
    pub(super) to: Who,
    pub(super) cc: Option<Who>,
    pub(super) subject: String,
    pub(super) at: Timestamp,
    pub(super) text: String,
    pub(super) signature: String,
    pub(super) answers: Option<&'a Past>,
    pub(super) file: Option<&'a str>,
    /// Header lines the client or the server adds, in order.
    pub(super) extra: Vec<(&'static str, String)>,
}

/// Writes the mail: its bytes, and what an answer to it has to know.
pub(super) fn write(writing: &Writing<'_>, rng: &mut Rng) -> (Vec<u8>, Past) {
    let id = message_id(writing.client, &writing.from.address, rng);
    let mut header = Header::default();
    for (name, value) in &writing.extra {
        header.add(name, value);
    }
    header.add("Date", &header_date(writing.at, writing.zone));
    header.add("From", &writing.from.header());
    header.add("To", &writing.to.header());
    header.add("Cc", &writing.cc.as_ref().map(Who::header).unwrap_or_default());
    header.add("Subject", &header_text(&writing.subject));
    header.add("Message-ID", &format!("<{id}>"));
    let references = thread_headers(&mut header, writing.answers, rng);
    header.add(program(writing.client).0, program(writing.client).1);
    if writing.client == Client::Outlook {
        header.add("Thread-Topic", &header_text(bare(&writing.subject)));
        header.add("Accept-Language", writing.lang);
    }
    let (body, text) = body(writing, rng);
    let past = Past {
        id,
        references,
        from: writing.from.clone(),
        to: writing.to.clone(),
        at: writing.at,
        subject: writing.subject.clone(),
        text: quotable(&text),
    };
    (header.with(&body), past)
}

/// What an answer repeats of a mail: no more than 48 lines and three levels.
fn quotable(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with(">>>")).take(48).collect::<Vec<_>>().join("\n")
}

/// The subject without `Re:` and its relatives.
pub(super) fn bare(subject: &str) -> &str {
    ["Re: ", "RE: ", "AW: ", "Aw: "].iter().find_map(|prefix| subject.strip_prefix(prefix)).unwrap_or(subject)
}

/// The subject of an answer as this client writes it in this language.
pub(super) fn answer_subject(client: Client, lang: &str, subject: &str) -> String {
    let prefix = match (client, lang) {
        (Client::Outlook, "de") => "AW: ",
        (Client::Outlook, _) => "RE: ",
        _ => "Re: ",
    };
    format!("{prefix}{}", bare(subject))
}

/// In-Reply-To and References (RFC 5322 §3.6.4), with the habits of real clients: a few
/// send only the one or only the other. Returns the chain the next answer builds on.
fn thread_headers(header: &mut Header, answers: Option<&Past>, rng: &mut Rng) -> Vec<String> {
    let Some(past) = answers else { return Vec::new() };
    let mut chain = past.references.clone();
    chain.push(past.id.clone());
    if chain.len() > 20 {
        chain.drain(1..chain.len() - 19);
    }
    let habit = rng.below(100);
    if habit >= 5 {
        header.add("In-Reply-To", &format!("<{}>", past.id));
    }
    if habit < 96 {
        header.add("References", &chain.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join("\n "));
    }
    chain
}

fn message_id(client: Client, address: &str, rng: &mut Rng) -> String {
    let host = address.rsplit_once('@').map_or("unknown.example", |(_, host)| host);
    match client {
        Client::Gmail => format!("CA{}@mail.{host}", rng.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+=", 48)),
        Client::Outlook => format!("DB{}PR03MB{}@DB{}.EURP193.PROD.{host}", rng.below(10), rng.hex(24).to_uppercase(), rng.below(10)),
        Client::Apple | Client::Iphone => uuid(rng).to_uppercase() + "@" + host,
        Client::Thunderbird => uuid(rng) + "@" + host,
        Client::Mutt => format!("Z{}@{}.{host}", rng.letters("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", 15), rng.hex(5)),
        Client::Web => format!("{}.{}@{host}", rng.hex(12), rng.hex(8)),
    }
}

fn uuid(rng: &mut Rng) -> String {
    [8, 4, 4, 4, 12].map(|count| rng.hex(count)).join("-")
}

fn program(client: Client) -> (&'static str, &'static str) {
    match client {
        Client::Gmail => ("X-Google-Smtp-Source", ""),
        Client::Outlook => ("X-Mailer", "Microsoft Outlook 16.0"),
        Client::Apple => ("X-Mailer", "Apple Mail (2.3826.300.87)"),
        Client::Iphone => ("X-Mailer", "iPhone Mail (23C55)"),
        Client::Thunderbird => ("User-Agent", "Mozilla Thunderbird"),
        Client::Mutt => ("User-Agent", "Mutt/2.2.14"),
        Client::Web => ("X-Mailer", "Contact form"),
    }
}

/// The body, and the same as text for those who quote it.
fn body(writing: &Writing<'_>, rng: &mut Rng) -> (Part, String) {
    let signed = format!("{}{}", writing.text, writing.signature);
    let quote = writing.answers.map(|past| quote(writing, past)).unwrap_or_default();
    let bottom = matches!(writing.client, Client::Thunderbird | Client::Mutt);
    let all = match (quote.is_empty(), bottom) {
        (true, _) => signed.clone(),
        (false, true) => format!("{quote}\n\n{signed}"),
        (false, false) => format!("{signed}\n\n{quote}"),
    };
    let (charset, transfer) = encoding(writing);
    // Who answers below a quote quotes no quotes, as netiquette has it.
    let repeated = if bottom { signed.clone() } else { all.clone() };
    let part = match writing.client {
        Client::Thunderbird => text("text/plain", &flowed(&all, 72), charset, transfer, "; format=flowed"),
        Client::Gmail | Client::Outlook => return (rich(writing, &signed, &quote, &all, rng), repeated),
        Client::Mutt | Client::Web => text("text/plain", &wrapped(&all, 72), charset, transfer, ""),
        Client::Apple | Client::Iphone => text("text/plain", &all, charset, transfer, ""),
    };
    let part = match writing.file {
        Some(name) => multipart("mixed", &format!("Apart-{}", rng.hex(20)), &[part, files::attachment(name, rng)]),
        None => part,
    };
    (part, repeated)
}

fn encoding(writing: &Writing<'_>) -> (Charset, Transfer) {
    match (writing.client, writing.lang) {
        (Client::Apple | Client::Iphone, "ja") => (Charset::Iso2022Jp, Transfer::EightBit),
        (Client::Outlook, "de" | "fr" | "es") => (Charset::Latin1, Transfer::QuotedPrintable),
        (_, "ja") | (Client::Web, _) => (Charset::Utf8, Transfer::Base64),
        (Client::Thunderbird | Client::Mutt, _) => (Charset::Utf8, Transfer::EightBit),
        _ => (Charset::Utf8, Transfer::QuotedPrintable),
    }
}

/// Text and HTML side by side; a picture goes into the text where the client does that.
fn rich(writing: &Writing<'_>, signed: &str, quote: &str, all: &str, rng: &mut Rng) -> Part {
    let (charset, transfer) = encoding(writing);
    let is_outlook = writing.client == Client::Outlook;
    let boundary = if is_outlook { format!("_000_{}_", rng.hex(32).to_uppercase()) } else { format!("000000000000{}", rng.hex(16)) };
    let picture = writing.file.filter(|name| is_outlook && files::is_picture(name));
    let content_id = format!("image001.png@01DC{}.{}", rng.hex(4).to_uppercase(), rng.hex(8).to_uppercase());
    let page = if is_outlook { outlook_html(signed, quote, picture.map(|_| content_id.as_str())) } else { gmail_html(signed, quote) };
    let plain = text("text/plain", &wrapped(all, 76), charset, transfer, "");
    let both = multipart("alternative", &boundary, &[plain, text("text/html", &page, charset, transfer, "")]);
    match (writing.file, picture) {
        (_, Some(name)) => multipart(
            "related; type=\"multipart/alternative\"",
            &format!("_004_{}_", rng.hex(20)),
            &[both, files::inline_picture(name, &content_id, rng)],
        ),
        (Some(name), None) => multipart("mixed", &format!("mixed{}", rng.hex(20)), &[both, files::attachment(name, rng)]),
        (None, None) => both,
    }
}

fn gmail_html(signed: &str, quote: &str) -> String {
    let mut page = format!("<div dir=\"ltr\">{}</div>", html(signed).replace('\n', "<br>\n"));
    if let Some((intro, quoted)) = quote.split_once('\n') {
        let quoted = quoted.lines().map(|line| html(line.trim_start_matches("> ").trim_start_matches('>'))).collect::<Vec<_>>().join("<br>\n");
        let _ = write!(
            page,
            "<br><div class=\"gmail_quote\"><div dir=\"ltr\" class=\"gmail_attr\">{}<br></div>\n<blockquote class=\"gmail_quote\" style=\"margin:0px 0px 0px 0.8ex;border-left:1px solid rgb(204,204,204);padding-left:1ex\">{quoted}</blockquote></div>\n",
            html(intro)
        );
    }
    page
}

fn outlook_html(signed: &str, quote: &str, picture: Option<&str>) -> String {
    let paragraph = |line: &str| {
        let content = if line.is_empty() { "&nbsp;".to_owned() } else { html(line) };
        format!("<p class=\"MsoNormal\">{content}<o:p></o:p></p>")
    };
    let paragraphs = |text: &str| text.lines().map(paragraph).collect::<Vec<_>>().join("\n") + "\n";
    let picture = picture
        .map(|id| format!("<p class=\"MsoNormal\"><img width=\"96\" height=\"54\" src=\"cid:{id}\" alt=\"Screenshot\"></p>\n"))
        .unwrap_or_default();
    let quote = if quote.is_empty() {
        String::new()
    } else {
        format!("<div style=\"border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm\">\n{}</div>\n", paragraphs(quote))
    };
    format!(
        "<html xmlns:o=\"urn:schemas-microsoft-com:office:office\"><head><style><!-- p.MsoNormal {{margin:0cm; font-size:11.0pt; font-family:\"Calibri\",sans-serif;}} --></style></head>\n<body lang=\"EN-GB\" link=\"#0563C1\"><div class=\"WordSection1\">\n{}{picture}{quote}</div></body></html>\n",
        paragraphs(signed)
    )
}

/// The mail being answered, as this client repeats it.
fn quote(writing: &Writing<'_>, past: &Past) -> String {
    if writing.client == Client::Outlook {
        return outlook_quote(writing, past);
    }
    let quoted = past.text.lines().map(|line| if line.starts_with('>') { format!(">{line}") } else { format!("> {line}") }.trim_end().to_owned());
    std::iter::once(introduction(writing, past)).chain(quoted).collect::<Vec<_>>().join("\n")
}

fn introduction(writing: &Writing<'_>, past: &Past) -> String {
    let at = |form: &str| written(past.at, writing.zone, form);
    let name = if past.from.name.is_empty() { &past.from.address } else { &past.from.name };
    let address = &past.from.address;
    match (writing.client, writing.lang) {
        (_, "de") => format!("Am {} schrieb {name}:", at("%d.%m.%y um %H:%M")),
        (_, "es") => format!("El {}, {name} <{address}> escribió:", at("%d/%m/%Y a las %H:%M")),
        (_, "fr") => format!("Le {}, {name} a écrit :", at("%d/%m/%Y à %H:%M")),
        (_, "ja") => format!("{} {name} <{address}>:", at("%Y年%-m月%-d日 %H:%M")),
        (Client::Gmail, _) => format!("On {}, {name} <{address}> wrote:", at("%a, %-d %b %Y at %H:%M")),
        (Client::Thunderbird, _) => format!("On {}, {name} wrote:", at("%d/%m/%Y %H:%M")),
        (Client::Mutt, _) => format!("* {name} <{address}> [{}]:", at("%Y-%m-%d %H:%M")),
        _ => format!("On {}, {name} <{address}> wrote:", at("%-d %b %Y, at %H:%M")),
    }
}

fn outlook_quote(writing: &Writing<'_>, past: &Past) -> String {
    let words = match writing.lang {
        "de" => ["Von", "Gesendet", "An", "Betreff"],
        "es" => ["De", "Enviado el", "Para", "Asunto"],
        "fr" => ["De", "Envoyé", "À", "Objet"],
        "ja" => ["差出人", "送信日時", "宛先", "件名"],
        _ => ["From", "Sent", "To", "Subject"],
    };
    let values = [
        format!("{} <{}>", past.from.name, past.from.address),
        written(past.at, writing.zone, "%Y-%m-%d %H:%M"),
        format!("{} <{}>", past.to.name, past.to.address).trim_start().to_owned(),
        past.subject.clone(),
    ];
    let head: Vec<String> = words.iter().zip(values).map(|(word, value)| format!("{word}: {value}")).collect();
    format!("{}\n\n{}", head.join("\n"), past.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_gets_one_prefix_however_often_it_goes_back_and_forth() {
        let first = answer_subject(Client::Outlook, "de", "Rechnung");

        assert_eq!(first, "AW: Rechnung");
        assert_eq!(answer_subject(Client::Gmail, "de", &first), "Re: Rechnung");
    }

    #[test]
    fn a_long_chain_keeps_its_first_and_its_newest_ids() {
        let past = Past { id: "new@x".into(), references: (0..40).map(|index| format!("{index}@x")).collect(), ..Past::default() };

        let chain = thread_headers(&mut Header::default(), Some(&past), &mut Rng::new(1));

        assert_eq!(chain.len(), 20);
        assert_eq!((chain.first().map(String::as_str), chain.last().map(String::as_str)), (Some("0@x"), Some("new@x")));
    }
}

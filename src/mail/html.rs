//! HTML mail as text: laid out when shown, stripped in linear time when only searched or too complex.

use std::collections::HashMap;

use html2text::render::TextDecorator;

use super::limits;
use super::marks::{QUOTE_MARK, REST_MARK, SIGNATURE_MARK};
use super::markup::{self, Piece, Tag};

/// An HTML text as lines, and what a guard did to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rendered {
    pub text: String,
    /// It was too complex to be laid out and was only stripped.
    pub is_stripped: bool,
    /// It had more than [`limits::HTML_LINES`] lines; the rest is missing.
    pub is_shortened: bool,
}

/// Strips HTML to text in linear time: blocks become lines, `blockquote` becomes `> `.
pub fn strip(html: &str) -> Rendered {
    let mut text = Stripped::default();
    for piece in markup::scan(html) {
        match piece {
            Piece::Text(raw) => text.push_text(raw),
            Piece::Tag(tag) => text.push_tag(&tag),
        }
        if text.is_full() {
            break;
        }
    }
    Rendered { is_shortened: text.is_full(), text: text.finish(), is_stripped: false }
}

/// Lays HTML out as text.
///
/// The layout engine needs quadratic time on deeply nested input, so anything
/// beyond [`limits::HTML_BYTES`], [`limits::HTML_OPEN_ELEMENTS`] or
/// [`limits::HTML_TAGS`] goes through [`strip`].
pub fn lay_out(html: &str) -> Rendered {
    let stripped = || Rendered { is_stripped: true, ..strip(html) };
    if is_too_complex(html) {
        return stripped();
    }
    let marked = with_quote_marks(html);
    let config = html2text::config::with_decorator(PlainText).use_doc_css().no_table_borders().allow_width_overflow();
    let config = config.empty_img_mode(html2text::config::ImageRenderMode::IgnoreEmpty);
    match config.string_from_read(marked.as_bytes(), LAYOUT_WIDTH) {
        Ok(text) => Rendered { text: tidy(&text), ..Rendered::default() },
        Err(_) => stripped(),
    }
}

/// Wide enough that paragraphs stay whole; the screen wraps them to what it has.
const LAYOUT_WIDTH: usize = 4_000;
const RULE_WIDTH: usize = 40;

fn tidy(text: &str) -> String {
    let mut tidy = String::with_capacity(text.len());
    let mut blank_lines = 0;
    for line in text.lines() {
        let line = line.trim_end();
        blank_lines = if line.is_empty() { blank_lines + 1 } else { 0 };
        if blank_lines > 1 {
            continue;
        }
        if line.chars().count() > RULE_WIDTH && line.chars().all(|c| c == '─') {
            tidy.extend(std::iter::repeat_n('─', RULE_WIDTH));
        } else {
            tidy.push_str(&line.replace('\u{a0}', " "));
        }
        tidy.push('\n');
    }
    tidy.trim_matches('\n').to_owned()
}

/// What a browser is told before anything else of a mail: load nothing, run nothing, tell nobody.
const HARMLESS: &str = "<!DOCTYPE html>\n<meta charset=\"utf-8\">\n\
    <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n\
    <meta name=\"referrer\" content=\"no-referrer\">\n";

/// Elements that load, run, redirect or send.
const HARMFUL: [&str; 14] =
    ["script", "style", "title", "template", "meta", "base", "link", "iframe", "frame", "object", "embed", "form", "applet", "portal"];

/// Makes a page of a mail's HTML that a browser can show without a request to anybody.
pub fn harmless(html: &str) -> String {
    let mut page = HARMLESS.to_owned();
    for piece in markup::scan(html) {
        match piece {
            Piece::Text(text) => page.push_str(&text.replace('<', "&lt;")),
            Piece::Tag(tag) if HARMFUL.iter().any(|name| tag.is(name)) => {}
            Piece::Tag(tag) => {
                page.push_str(if tag.closes { "</" } else { "<" });
                page.push_str(tag.name);
                page.push_str(tag.inside);
                page.push('>');
            }
        }
    }
    page
}

fn is_too_complex(html: &str) -> bool {
    if html.len() > limits::HTML_BYTES {
        return true;
    }
    let (mut open, mut tags) = (0_usize, 0_usize);
    // Per name, so that closing what was never opened hides no depth.
    let mut names: HashMap<String, usize> = HashMap::new();
    for piece in markup::scan(html) {
        let Piece::Tag(tag) = piece else { continue };
        tags += 1;
        if tags > limits::HTML_TAGS {
            return true;
        }
        if is_void(&tag) {
            continue;
        }
        let of_name = names.entry(tag.name.to_ascii_lowercase()).or_default();
        if !tag.closes {
            (open, *of_name) = (open + 1, *of_name + 1);
        } else if *of_name > 0 {
            (open, *of_name) = (open - 1, *of_name - 1);
        }
        if open > limits::HTML_OPEN_ELEMENTS {
            return true;
        }
    }
    false
}

fn is_void(tag: &Tag<'_>) -> bool {
    const VOID: [&str; 16] =
        ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p", "li"];
    VOID.iter().any(|name| tag.is(name))
}

/// Puts a mark in front of the containers in which mail programs quote, for the quote folder.
fn with_quote_marks(html: &str) -> String {
    let mut marks: Vec<(usize, char)> = Vec::new();
    for piece in markup::scan(html) {
        if let Piece::Tag(tag) = piece {
            marks.extend(quote_mark(&tag).map(|mark| (tag.at, mark)));
        }
    }
    let mut marked = String::with_capacity(html.len() + marks.len() * 24);
    let mut from = 0;
    for (at, mark) in marks {
        marked.push_str(html.get(from..at).unwrap_or_default());
        marked.push_str("<div>");
        marked.push(mark);
        marked.push_str("</div>");
        from = at;
    }
    marked.push_str(html.get(from..).unwrap_or_default());
    marked
}

fn quote_mark(tag: &Tag<'_>) -> Option<char> {
    if tag.closes || !(tag.is("div") || tag.is("blockquote") || tag.is("span") || tag.is("table") || tag.is("hr")) {
        return None;
    }
    let class = tag.attribute("class").unwrap_or_default().to_lowercase();
    let id = tag.attribute("id").unwrap_or_default().to_lowercase();
    if ["gmail_attr", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote", "zmail_extra", "gmail_quote_container"]
        .iter()
        .any(|name| class.contains(name))
    {
        return Some(QUOTE_MARK);
    }
    let outlook = ["divrplyfwdmsg", "x_divrplyfwdmsg", "appendonsend", "olk_src_body_section", "mail-editor-reference-message-container"];
    if outlook.contains(&id.as_str()) || class.contains("outlookmessageheader") || class.contains("wordsection1-reply") {
        return Some(REST_MARK);
    }
    // web.de and GMX.
    if tag.is("div") && tag.attribute("name").is_some_and(|name| name.eq_ignore_ascii_case("quote")) {
        return Some(REST_MARK);
    }
    let signature = ["gmail_signature", "moz-signature", "protonmail_signature_block"].iter().any(|name| class.contains(name));
    (signature || id == "signature" || id == "ms-outlook-mobile-signature").then_some(SIGNATURE_MARK)
}

#[derive(Default)]
struct Stripped {
    text: String,
    /// Lines in `text`.
    lines: usize,
    line: String,
    depth: usize,
    blank: bool,
    preformatted: usize,
    in_head: bool,
}

impl Stripped {
    fn push_text(&mut self, raw: &str) {
        if self.in_head {
            return;
        }
        let text = markup::decode_entities(raw);
        if self.preformatted > 0 {
            for (index, line) in text.split('\n').enumerate() {
                if index > 0 {
                    self.end_line(true);
                }
                self.line.push_str(line);
            }
            return;
        }
        if text.starts_with(char::is_whitespace) {
            self.push_blank();
        }
        for (index, word) in text.split_whitespace().enumerate() {
            if index > 0 {
                self.line.push(' ');
            }
            self.line.push_str(word);
        }
        if text.ends_with(char::is_whitespace) {
            self.push_blank();
        }
    }

    fn push_blank(&mut self) {
        if !self.line.is_empty() && !self.line.ends_with(' ') {
            self.line.push(' ');
        }
    }

    fn push_tag(&mut self, tag: &Tag<'_>) {
        match tag.name.to_ascii_lowercase().as_str() {
            "head" => self.in_head = !tag.closes,
            "body" => self.in_head = false,
            "br" => self.end_line(true),
            "blockquote" => {
                self.end_line(false);
                self.depth = if tag.closes { self.depth.saturating_sub(1) } else { (self.depth + 1).min(limits::DEPTH) };
            }
            "pre" => {
                self.end_line(false);
                self.preformatted = if tag.closes { self.preformatted.saturating_sub(1) } else { self.preformatted + 1 };
            }
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" => {
                self.end_line(false);
                self.blank = true;
            }
            "li" if !tag.closes => {
                self.end_line(false);
                self.line.push_str("* ");
            }
            "td" | "th" => self.push_blank(),
            "div" | "tr" | "ul" | "ol" | "li" | "hr" | "dt" | "dd" | "section" | "article" | "header" | "footer" | "center" | "form" => {
                self.end_line(false);
            }
            _ => {}
        }
    }

    fn end_line(&mut self, keep_empty: bool) {
        let line = self.line.trim_end();
        if !line.is_empty() || keep_empty {
            if self.blank && !self.text.is_empty() && !self.text.ends_with("\n\n") {
                self.push_line("");
            }
            self.blank = false;
            let line = std::mem::take(&mut self.line);
            self.push_line(line.trim_end());
        }
        self.line.clear();
    }

    fn is_full(&self) -> bool {
        self.lines >= limits::HTML_LINES
    }

    fn push_line(&mut self, line: &str) {
        if self.is_full() {
            return;
        }
        self.lines += 1;
        for _ in 0..self.depth {
            self.text.push('>');
        }
        if self.depth > 0 && !line.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(line);
        self.text.push('\n');
    }

    fn finish(mut self) -> String {
        self.end_line(false);
        tidy(&self.text)
    }
}

/// Text without decoration: what matters is what is said; links are listed apart.
#[derive(Clone, Debug)]
struct PlainText;

impl TextDecorator for PlainText {
    type Annotation = ();

    fn decorate_link_start(&mut self, _: &str) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_link_end(&mut self) -> String {
        String::new()
    }

    fn decorate_em_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_em_end(&self) -> String {
        String::new()
    }

    fn decorate_strong_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strong_end(&self) -> String {
        String::new()
    }

    fn decorate_strikeout_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_strikeout_end(&self) -> String {
        String::new()
    }

    fn decorate_code_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_code_end(&self) -> String {
        String::new()
    }

    fn decorate_preformat_first(&self) {}

    fn decorate_preformat_cont(&self) {}

    fn decorate_image(&mut self, _: &str, title: &str) -> (String, ()) {
        (title.to_owned(), ())
    }

    fn header_prefix(&self, _: usize) -> String {
        String::new()
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        "* ".to_owned()
    }

    fn ordered_item_prefix(&self, i: i64) -> String {
        format!("{i}. ")
    }

    fn make_subblock_decorator(&self) -> Self {
        Self
    }

    fn decorate_superscript_start(&self) -> (String, ()) {
        (String::new(), ())
    }

    fn decorate_superscript_end(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_keep_paragraphs_lists_and_quotations() {
        let html = "<html><head><title>t</title><style>p{color:red}</style></head><body><p>Hello &amp; <b>good</b> day</p><ul><li>one<li>two</ul><blockquote>old</blockquote></body></html>";

        assert_eq!(lay_out(html), Rendered { text: "Hello & good day\n* one\n* two\n\n> old".into(), ..Rendered::default() });
        assert_eq!(strip(html).text, "Hello & good day\n\n* one\n* two\n> old");
    }

    #[test]
    fn a_hidden_preheader_is_not_shown() {
        assert_eq!(lay_out("<div style='display:none'>hidden</div><p>shown</p>").text, "shown");
    }

    #[test]
    fn a_page_for_the_browser_loads_and_runs_nothing() {
        let page = harmless(
            "<html><head><meta http-equiv=refresh content='0;url=http://t.example'><base href=http://t.example><script>alert(1)</script></head>\
             <body onload=x()><p class=\"a\">Hello <b>you</b></p><iframe src=http://t.example></iframe><form action=http://t.example>x</form></body>",
        );

        for gone in ["refresh", "<base", "<script", "alert", "<iframe", "<form"] {
            assert!(!page.contains(gone), "{gone}: {page}");
        }
        assert!(page.contains("<p class=\"a\">Hello <b>you</b></p>"), "{page}");
        assert!(page.find("default-src 'none'") < page.find("<body"), "the policy comes first");
    }

    #[test]
    fn two_hundred_thousand_nested_divs_are_stripped_in_time() {
        let bomb = format!("{}text", "<div>".repeat(200_000));
        let start = std::time::Instant::now();

        let found = lay_out(&bomb);

        assert_eq!(found, Rendered { text: "text".into(), is_stripped: true, is_shortened: false });
        assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
    }

    #[test]
    fn more_lines_than_anybody_reads_are_cut_and_said_to_be() {
        for piece in ["a<br>", "<p>a&amp;", "<pre>a\n</pre>", "<blockquote>a<br>", "<div>a</div>"] {
            let found = lay_out(&piece.repeat(limits::HTML_LINES + 10));

            assert!(found.is_stripped && found.is_shortened, "{piece}");
            assert!(found.text.lines().count() <= limits::HTML_LINES, "{piece}: {}", found.text.lines().count());
        }
        assert!(!lay_out(&"a<br>".repeat(limits::HTML_LINES / 2)).is_shortened);
    }

    #[test]
    fn closing_what_was_never_opened_hides_no_depth() {
        assert!(is_too_complex(&"<div></p></x>".repeat(1_000)));
        assert!(!is_too_complex(&"<p>a<br><b>b</b>".repeat(1_000)));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]
        #[test]
        fn no_html_makes_it_panic(html in "(<|>|/|p|div|table|tr|td|li|blockquote|pre|a href=|\"|&lt;|&#x41;|&| |\n|é|<br>|<td>|</table>){0,60}") {
            let _ = (strip(&html), lay_out(&html));
        }
    }
}

//! New text: what the sender wrote now, with quotations, signatures and automatic footers folded.
//!
//! Folding is presentation: the whole text stays available, and a mail in which
//! nothing new is found shows whole. Every step looks at a bounded number of
//! neighbouring lines, so the time is linear in the text.

use std::ops::Range;

use super::attribution::{
    FieldKind, begins_spread_attribution, ends_spread_attribution, ends_with_colon, field_kind, is_attribution, is_loose_attribution, is_rule,
    is_separator, shared_attribution,
};
use super::marks::{QUOTE_MARK, REST_MARK, without_marks};
use super::reply_words::WORDS;
use super::trailer::{is_footer, is_notice, is_signature_mark, is_signed_name};

/// The new words of a mail and how many of its lines were folded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewText {
    pub text: String,
    pub quoted_lines: u64,
}

/// Lines an attribution may be folded over, and characters it may have.
const ATTRIBUTION_LINES: usize = 4;
const ATTRIBUTION_CHARS: usize = 400;

/// Finds the new text. Line ends are line feeds.
pub fn new_text(text: &str) -> NewText {
    let lines = lines_of(text);
    let fields = lines.iter().map(|line| field_kind(line)).collect();
    let mut fold = Fold { folded: vec![false; lines.len()], quotes: Vec::new(), fields, lines };
    fold.quotations();
    fold.signature();
    fold.signed_name();
    fold.footers();
    fold.notices();
    fold.keep_answered_quotations();
    fold.result(text)
}

/// The lines, those apart that an answer shares with the attribution of what it answers.
fn lines_of(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = Vec::new();
    let mut rest = text.lines().peekable();
    while let Some(line) = rest.next() {
        let quote_follows = rest.peek().is_some_and(|next| next.starts_with('>'));
        match Some(line).filter(|_| quote_follows).and_then(shared_attribution).and_then(|at| line.split_at_checked(at)) {
            Some((answer, attribution)) => lines.extend([answer.trim_end_matches([' ', '-']), attribution]),
            None => lines.push(line),
        }
    }
    lines
}

struct Fold<'a> {
    lines: Vec<&'a str>,
    folded: Vec<bool>,
    /// Where quotations that are marked line by line stand, with their attributions.
    quotes: Vec<Range<usize>>,
    /// Which field of a header block each line could be.
    fields: Vec<Option<FieldKind>>,
}

impl<'a> Fold<'a> {
    fn line(&self, index: usize) -> &'a str {
        self.lines.get(index).copied().unwrap_or_default()
    }

    fn fold(&mut self, from: usize, to: usize) {
        for folded in self.folded.iter_mut().take(to).skip(from) {
            *folded = true;
        }
    }

    fn fold_quote(&mut self, from: usize, to: usize) {
        self.fold(from, to);
        match self.quotes.last_mut() {
            Some(last) if self.lines.get(last.end..from).unwrap_or_default().iter().all(|line| line.trim().is_empty()) => last.end = to,
            _ => self.quotes.push(from..to),
        }
    }

    /// Folds, and takes along the rule that many programs draw above.
    fn fold_with_rule(&mut self, from: usize, to: usize) {
        let above = (0..from).rev().take(4).find(|index| !self.line(*index).trim().is_empty());
        let rule = above.filter(|index| is_rule(self.line(*index)) && self.has_text_before(*index));
        self.fold(rule.unwrap_or(from), to);
    }

    fn is_folded(&self, index: usize) -> bool {
        self.folded.get(index).copied().unwrap_or(true)
    }

    /// Folds quoted lines, the attributions above them, and whole earlier mails below a separator.
    fn quotations(&mut self) {
        let count = self.lines.len();
        let mut has_text = false;
        let mut index = 0;
        while index < count {
            let line = self.line(index);
            if is_quoted(line) || self.is_link_leftover(index) {
                self.fold_quote(index, index + 1);
                index += 1;
                continue;
            }
            if line.trim().is_empty() {
                index += 1;
                continue;
            }
            if self.passes_on(index) {
                // What somebody passes on is what he wants to be read.
                return;
            }
            if self.rest_is_an_earlier_mail(index) {
                if has_text {
                    self.fold_with_rule(index, count);
                }
                return;
            }
            match self.attribution(index) {
                Some((end, true)) => {
                    self.fold_quote(index, end);
                    index = end;
                }
                Some((_, false)) if has_text => {
                    self.fold_with_rule(index, count);
                    return;
                }
                _ => {
                    has_text = true;
                    index += 1;
                }
            }
        }
    }

    /// A line that announces a forwarded mail, or the mark of the container that begins with one.
    fn passes_on(&self, index: usize) -> bool {
        let reach = if self.line(index).contains(QUOTE_MARK) { 4 } else { 1 };
        self.lines.iter().skip(index).take(reach).any(|line| is_separator(line.trim_start_matches(QUOTE_MARK), &WORDS.forward))
    }

    /// An attribution that begins at `index`: where it ends, and whether quoted lines follow.
    fn attribution(&self, index: usize) -> Option<(usize, bool)> {
        if self.line(index).contains(QUOTE_MARK) {
            let quote = (index..self.lines.len().min(index + 8)).find(|at| is_quoted(self.line(*at)));
            return Some((quote.unwrap_or(index + 1), quote.is_some()));
        }
        if let Some(end) = self.end_of_spread_attribution(index) {
            return Some((end, self.quote_follows(end)));
        }
        if !(index..index + ATTRIBUTION_LINES).any(|at| may_end_attribution(self.line(at))) {
            return None;
        }
        let mut joined = String::new();
        for (offset, line) in self.lines.iter().skip(index).take(ATTRIBUTION_LINES).enumerate() {
            let line = line.trim();
            if line.is_empty() || is_quoted(line) || joined.len() + line.len() > ATTRIBUTION_CHARS {
                break;
            }
            if offset > 0 {
                joined.push(' ');
            }
            joined.push_str(line);
            let end = index + offset + 1;
            let quoted = self.quote_follows(end);
            let first = (offset > 0).then(|| self.line(index).trim());
            if is_attribution(&joined, first) || quoted && is_loose_attribution(&joined, first) {
                return Some((end, quoted));
            }
            if ends_with_colon(line) {
                break;
            }
        }
        None
    }

    fn end_of_spread_attribution(&self, index: usize) -> Option<usize> {
        const REACH: usize = 6;
        if !begins_spread_attribution(self.line(index)) {
            return None;
        }
        let mut below = (index + 1..self.lines.len().min(index + 1 + REACH)).filter(|at| !self.line(*at).trim().is_empty());
        let address = below.by_ref().map(|at| self.line(at).trim()).find(|line| *line != "<")?;
        let names_address = address.starts_with("mailto:") || address.starts_with("<mailto:");
        below.next().filter(|at| names_address && ends_spread_attribution(self.line(*at))).map(|at| at + 1)
    }

    /// A line that broke off a quoted one because it holds the rest of a link.
    fn is_link_leftover(&self, index: usize) -> bool {
        let (Some(above), Some(line), Some(below)) = (index.checked_sub(1).map(|at| self.line(at)), self.lines.get(index), self.lines.get(index + 1))
        else {
            return false;
        };
        if line.len() > 2_000 || !line.contains(')') || !is_quoted(above) || !is_quoted(below) {
            return false;
        }
        let open = above.rfind("(http").is_some_and(|at| !above.get(at..).unwrap_or_default().contains(')'));
        open && !line.trim().contains(' ') || line.trim_start().starts_with("(http")
    }

    fn quote_follows(&self, index: usize) -> bool {
        self.lines.iter().skip(index).take(3).find(|line| !line.trim().is_empty()).is_some_and(|line| is_quoted(line))
    }

    fn rest_is_an_earlier_mail(&self, index: usize) -> bool {
        let line = self.line(index);
        line.contains(REST_MARK) || is_separator(line, &WORDS.original) || self.is_header_block(index)
    }

    /// Two or more of From, Sent, To and Subject, the first here and the others close below.
    fn is_header_block(&self, index: usize) -> bool {
        let Some(first) = self.fields.get(index).copied().flatten() else { return false };
        if !matches!(first, FieldKind::From | FieldKind::Sent) {
            return false;
        }
        let mut kinds = vec![first];
        for kind in self.fields.iter().skip(index + 1).take(10).flatten() {
            if !kinds.contains(kind) {
                kinds.push(*kind);
            }
        }
        kinds.len() >= 3
    }

    /// Folds from a signature separator to the end, or to the quotation that follows it.
    fn signature(&mut self) {
        let Some(start) = (0..self.lines.len()).find(|index| !self.is_folded(*index) && self.begins_signature(*index)) else { return };
        if !self.has_text_before(start) {
            return;
        }
        let end = (start..self.lines.len()).find(|index| self.is_folded(*index)).unwrap_or(self.lines.len());
        self.fold(start, end);
    }

    /// Folds a last line such as `-Ana Ruiz`.
    fn signed_name(&mut self) {
        let last = (0..self.lines.len()).rev().take(200).find(|index| !self.is_folded(*index) && !self.line(*index).trim().is_empty());
        let Some(last) = last.filter(|index| is_signed_name(self.line(*index)) && self.line(index.wrapping_sub(1)).trim().is_empty()) else { return };
        if self.has_text_before(last) {
            self.fold(last, last + 1);
        }
    }

    fn begins_signature(&self, index: usize) -> bool {
        is_signature_mark(self.line(index)) || self.is_rule_above_footer(index)
    }

    /// A rule of underscores with a few lines below it and then nothing new: a signature, or a list's footer.
    fn is_rule_above_footer(&self, index: usize) -> bool {
        let line = self.line(index).trim();
        if line.len() < 5 || !line.bytes().all(|byte| byte == b'_') {
            return false;
        }
        let below = (index + 1..self.lines.len()).take_while(|at| !self.is_folded(*at)).take(40);
        (1..=8).contains(&below.filter(|at| !self.line(*at).trim().is_empty()).count())
    }

    /// Folds footers that mail programs add, at the end of what is left.
    fn footers(&mut self) {
        let mut at = self.lines.len();
        let mut budget: i32 = 3;
        while let Some(index) = at.checked_sub(1) {
            at = index;
            let line = self.line(index).trim();
            if self.is_folded(index) || line.is_empty() {
                continue;
            }
            budget -= 1;
            if is_footer(line) && self.has_text_before(index) {
                self.fold_with_rule(index, self.lines.len());
            }
            if budget <= 0 {
                return;
            }
        }
    }

    /// Folds the declarations of confidentiality among the last paragraphs.
    fn notices(&mut self) {
        const LAST_PARAGRAPHS: usize = 6;
        let mut end = self.lines.len();
        for _ in 0..LAST_PARAGRAPHS {
            let is_new = |index: &usize| !self.is_folded(*index) && !self.line(*index).trim().is_empty();
            let Some(last) = (0..end).rev().find(is_new) else { return };
            let start = (0..last).rev().find(|index| !is_new(index)).map_or(0, |above| above + 1);
            if is_notice(&self.lines.get(start..=last).unwrap_or_default().join(" ")) && self.has_text_before(start) {
                self.fold_with_rule(start, last + 1);
            }
            end = start;
        }
    }

    /// Shows the quotations of a mail that answers piece by piece again: without them, nobody knows what is answered.
    ///
    /// Such a mail has new words above and below a quotation; one that only precedes or follows the words stays folded.
    fn keep_answered_quotations(&mut self) {
        let is_new = |index: &usize| !self.is_folded(*index) && !self.line(*index).trim().is_empty();
        let Some(first) = (0..self.lines.len()).find(is_new) else { return };
        let last = (0..self.lines.len()).rev().find(is_new).unwrap_or(first);
        let quotes = std::mem::take(&mut self.quotes);
        if !quotes.iter().any(|quote| quote.start > first && quote.end <= last) {
            return;
        }
        for quote in quotes.into_iter().filter(|quote| quote.end <= last) {
            for folded in self.folded.iter_mut().take(quote.end).skip(quote.start) {
                *folded = false;
            }
        }
    }

    fn has_text_before(&self, index: usize) -> bool {
        (0..index).any(|at| !self.is_folded(at) && !self.line(at).trim().is_empty())
    }

    fn result(&self, text: &str) -> NewText {
        let mut kept = String::with_capacity(text.len());
        let mut quoted_lines = 0;
        for (line, folded) in self.lines.iter().zip(&self.folded) {
            if *folded {
                quoted_lines += 1;
            } else {
                kept.push_str(line.trim_end());
                kept.push('\n');
            }
        }
        let kept = without_marks(collapse_blank_lines(&kept).trim_matches('\n')).into_owned();
        if kept.trim().is_empty() {
            NewText { text: without_marks(text.trim_matches('\n')).into_owned(), quoted_lines: 0 }
        } else {
            // A line that was shared counts for both of its halves.
            NewText { text: kept, quoted_lines: quoted_lines.min(text.lines().count() as u64) }
        }
    }
}

fn collapse_blank_lines(text: &str) -> String {
    let mut collapsed = String::with_capacity(text.len());
    let mut blank_lines = 0;
    for line in text.split('\n') {
        blank_lines = if line.trim().is_empty() { blank_lines + 1 } else { 0 };
        if blank_lines <= 1 {
            collapsed.push_str(line);
            collapsed.push('\n');
        }
    }
    collapsed
}

/// What every attribution has on one of its lines: a colon at the end, a frame of dashes, or the digits of a date.
fn may_end_attribution(line: &str) -> bool {
    let is_framed = line.trim_end().ends_with("--") && line.contains(char::is_alphabetic);
    ends_with_colon(line) || is_framed || line.bytes().any(|byte| byte.is_ascii_digit())
}

fn is_quoted(line: &str) -> bool {
    let trimmed = line.trim_start_matches([' ', '\t', '\u{a0}']);
    trimmed.starts_with('>') && !trimmed.starts_with(">From ") && !(trimmed.starts_with(">>") && trimmed.trim_end().ends_with("<<"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(new_text(text).text, expected, "{text}");
    }

    #[test]
    fn an_answer_above_the_quotation_is_what_is_new() {
        check("It works now.\n\nOn Mon, 23 Nov 2026 at 14:05, Ana <ana@x.example> wrote:\n> Does it?\n> Ana\n", "It works now.");
    }

    #[test]
    fn an_attribution_folded_over_two_lines_is_one() {
        check("Yes.\n\nOn Mon, 23 Nov 2026 at 14:05, Ana\n<ana@x.example> wrote:\n\n> Does it?", "Yes.");
    }

    #[test]
    fn a_short_answer_right_above_the_attribution_stays() {
        check("C'est super !\nLe 4 janv. 2026 19:03, \"Ana\"\n<a@x.example>\na écrit :\n\n> ancien", "C'est super !");
    }

    #[test]
    fn attributions_of_other_languages_are_known() {
        for attribution in [
            "Am 23.11.2026 um 14:05 schrieb Ana <ana@x.example>:",
            "Le lun. 23 nov. 2026 à 14:05, Ana <ana@x.example> a écrit :",
            "El lun, 23 nov 2026 a las 14:05, Ana (<ana@x.example>) escribió:",
            "Op ma 23 nov. 2026 om 14:05 schreef Ana <ana@x.example>:",
            "W dniu 23.11.2026 o 14:05, Ana pisze:",
            "23.11.2026, 14:05, \"Ana\" <ana@x.example> пишет:",
            "Ana <ana@x.example> 于2026年11月23日周一 14:05写道：",
            "Dne 23. 11. 2026 v 14:05 Ana napsal(a):",
        ] {
            check(&format!("Ja.\n\n{attribution}\n\n> früher\n"), "Ja.");
            check(&format!("Ja.\n\n{attribution}\nfrüher ohne Zeichen\n"), "Ja.");
        }
    }

    #[test]
    fn answers_between_quotations_keep_their_order() {
        check("> one?\nYes.\n\n> two?\nNo.\n\n> three?\n", "> one?\nYes.\n\n> two?\nNo.");
        check("> one?\n> two?\n\nYes.\n", "Yes.");
    }

    #[test]
    fn an_answer_may_share_the_line_of_the_attribution() {
        check("Yes On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:\n> Hi", "Yes");
        assert_eq!(new_text("Yes On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:\n> Hi").quoted_lines, 2);
        check("Yes -- no--- On Wed, Apr 4, 2012 at 3:59 PM, bob@x.example wrote:\n> Hi", "Yes -- no");
    }

    #[test]
    fn an_address_on_lines_of_its_own_belongs_to_the_attribution() {
        check("Yes\n\nOn Tue, Apr 11, 2017 at 10:07 PM Ana\n\n<\nmailto:Ana <ana@x.example>\n> wrote:\nold", "Yes");
    }

    #[test]
    fn a_link_that_breaks_out_of_a_quotation_is_quoted() {
        check("Yes\n\n> see the page (http://x.example/a\n_b=3)\n>\n> old", "Yes");
    }

    #[test]
    fn a_notice_of_confidentiality_is_folded() {
        check(
            "Hello\n\nAna\n\n____________\nThis e-mail and its attachments are\nconfidential.\n\nPlease consider the environment before printing.",
            "Hello\n\nAna",
        );
        check("This e-mail is confidential.", "This e-mail is confidential.");
    }

    #[test]
    fn an_outlook_block_ends_the_new_text() {
        check("Danke!\n\n________________________________\nVon: Ana\nGesendet: Montag\nAn: Bo\nBetreff: x\n\nalt", "Danke!");
        check("Thanks\n\n-----Original Message-----\nFrom: Ana\nold", "Thanks");
    }

    #[test]
    fn a_forwarded_mail_stays_in_view() {
        let text = "FYI\n\n---------- Forwarded message ----------\nFrom: bo@x.example\nDate: Tue\nSubject: x\n\nText";
        check(text, text);
    }

    #[test]
    fn a_list_footer_below_a_rule_is_folded() {
        check("Hello\n\n_______________________________________________\nusers mailing list\nusers@lists.example", "Hello");
        let text = "one\n_____\n".to_owned() + &"two\n".repeat(12);
        check(&text, text.trim_end());
    }

    #[test]
    fn an_attribution_between_dashes_is_one() {
        check("Yes\n\n---- On Wed, 24 Feb 2021 14:02:50 +0530 bo@x.example wrote ----\n\nold", "Yes");
    }

    #[test]
    fn signatures_and_mobile_footers_are_folded() {
        check("Hello\n\n-- \nAna\nACME", "Hello");
        check("Hello\n\nSent from my iPhone", "Hello");
        check("Hello\n\n-Ana Ruiz", "Hello");
        check("Options:\n\n-verbose", "Options:\n\n-verbose");
        check("Hello\n\nSent from my iPhone\n\nOn 1 Jan 2026, at 10:00, Ana <a@x.example> wrote:\n\n> old", "Hello");
    }

    #[test]
    fn a_mail_of_only_quotes_shows_whole() {
        check("> a\n> b", "> a\n> b");
        assert_eq!(new_text("> a\n> b").quoted_lines, 0);
        check("-----Original Message-----\nFrom: x\n\nold", "-----Original Message-----\nFrom: x\n\nold");
    }

    #[test]
    fn ordinary_sentences_are_not_taken_for_quotations() {
        let text = "I read what you wrote: it is fine.\nFrom: the shop\nOn the other hand, this works.";
        check(text, text);
    }

    #[test]
    fn a_megabyte_of_quotes_is_folded_in_linear_time() {
        for piece in [">", "> a\n", "On a\n", "--\n", "From: a\n"] {
            crate::growth::assert_linear(piece, 3_200, |count| piece.repeat(count), |text| drop(new_text(text)));
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(64))]
        #[test]
        fn no_text_makes_the_folder_panic_and_something_is_always_left(text in "(> |On |wrote:|\n|From: |-- |@| 2026|x|Sent from my |ä){0,60}") {
            let new = new_text(&text);
            proptest::prop_assert!(text.trim().is_empty() || !new.text.trim().is_empty());
        }
    }
}

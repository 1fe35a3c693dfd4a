//! Which parts of a mail are read and which are attachments.

use super::structure::{Part, Structure};

/// The parts that make up the readable text, in reading order, and those a person could save.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    pub texts: Vec<usize>,
    pub attachments: Vec<usize>,
}

impl Body {
    /// Chooses the parts. Of alternatives the plain text counts when it says anything, else the last readable one.
    pub fn of(structure: &Structure<'_>) -> Self {
        choose(structure, 0, true)
    }

    /// Whether everything readable is HTML.
    pub fn is_html(&self, structure: &Structure<'_>) -> bool {
        let mut texts = self.texts.iter().filter_map(|index| structure.parts.get(*index)).peekable();
        texts.peek().is_some() && texts.all(|part| part.kind == "text/html")
    }
}

/// Recursion is bounded by the depth limit of the structure.
fn choose(structure: &Structure<'_>, index: usize, first: bool) -> Body {
    let Some(part) = structure.parts.get(index) else { return Body::default() };
    if !part.is_multipart() {
        return if is_readable(part, first) {
            // A text with a name is read where the mail begins with it, and can be saved all the same.
            let attachments = if part.file_name().is_some() { vec![index] } else { vec![] };
            Body { texts: vec![index], attachments }
        } else {
            Body { texts: vec![], attachments: vec![index] }
        };
    }
    match part.kind.as_str() {
        "multipart/alternative" => alternative(structure, part, first),
        "multipart/related" | "multipart/signed" | "multipart/report" => first_and_rest(structure, part, first),
        _ => in_order(structure, part, first),
    }
}

fn in_order(structure: &Structure<'_>, part: &Part<'_>, first: bool) -> Body {
    let mut body = Body::default();
    for child in &part.children {
        let chosen = choose(structure, *child, first && body.texts.is_empty() && body.attachments.is_empty());
        body.texts.extend(chosen.texts);
        body.attachments.extend(chosen.attachments);
    }
    body
}

/// The first child is the content, the others belong to it: images, a signature, a report.
fn first_and_rest(structure: &Structure<'_>, part: &Part<'_>, first: bool) -> Body {
    let Some((root, rest)) = part.children.split_first() else { return Body::default() };
    let mut body = choose(structure, *root, first);
    for child in rest {
        let chosen = choose(structure, *child, false);
        if body.texts.is_empty() {
            body.texts = chosen.texts;
        } else {
            body.attachments.extend(chosen.texts);
        }
        body.attachments.extend(chosen.attachments);
    }
    body
}

fn alternative(structure: &Structure<'_>, part: &Part<'_>, first: bool) -> Body {
    let mut choices: Vec<Body> = part.children.iter().map(|child| choose(structure, *child, first)).collect();
    let plain = choices.iter().position(|choice| says_something_plain(structure, choice));
    let readable = || choices.iter().rposition(|choice| !choice.texts.is_empty());
    let texts = plain.or_else(readable).and_then(|index| choices.get_mut(index)).map(|choice| std::mem::take(&mut choice.texts));
    Body { texts: texts.unwrap_or_default(), attachments: choices.into_iter().flat_map(|choice| choice.attachments).collect() }
}

fn says_something_plain(structure: &Structure<'_>, body: &Body) -> bool {
    let mut parts = body.texts.iter().filter_map(|index| structure.parts.get(*index));
    parts.any(|part| part.kind != "text/html" && !super::headers::is_blank(structure.raw_body(part)))
}

/// Text shown in place. A named text part is a file, unless it is all the mail begins with.
fn is_readable(part: &Part<'_>, first: bool) -> bool {
    if part.disposition == "attachment" {
        return false;
    }
    if is_broken_multipart(part) {
        return true;
    }
    if !part.is_text() {
        return false;
    }
    match part.kind.as_str() {
        "text/plain" | "text/html" => first || part.file_name().is_none(),
        "text/calendar" | "text/rfc822-headers" | "text/csv" | "text/vcard" | "text/x-vcard" | "text/directory" => false,
        _ => {
            first && part.parent.is_none()
                || part.file_name().is_none() && matches!(part.kind.as_str(), "text/enriched" | "text/richtext" | "text/markdown" | "text/x-markdown")
        }
    }
}

/// A multipart without a boundary, or in which the boundary never came: its text is all there is.
fn is_broken_multipart(part: &Part<'_>) -> bool {
    part.kind.starts_with("multipart/") && part.children.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mail: &str, texts: &[&str], attachments: &[&str]) {
        let structure = Structure::read(mail.as_bytes());
        let body = Body::of(&structure);
        let show = |list: &[usize]| list.iter().map(|index| structure.text(&structure.parts[*index]).0.trim().to_owned()).collect::<Vec<_>>();
        assert_eq!(
            (show(&body.texts), show(&body.attachments)),
            (texts.iter().map(|t| (*t).to_owned()).collect(), attachments.iter().map(|t| (*t).to_owned()).collect()),
            "{mail}"
        );
    }

    #[test]
    fn plain_text_is_preferred_unless_it_says_nothing() {
        let mail =
            |plain: &str| format!("Content-Type: multipart/alternative; boundary=b\n\n--b\n\n{plain}\n--b\nContent-Type: text/html\n\n<p>h\n--b--\n");

        check(&mail("plain"), &["plain"], &[]);
        check(&mail("  "), &["<p>h"], &[]);
    }

    #[test]
    fn several_inline_texts_are_read_in_order() {
        check(
            "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\nContent-Type: image/png\n\nimg\n--b\n\ntwo\n--b\nContent-Type: text/plain; name=log.txt\n\nlog\n--b--\n",
            &["one", "two"],
            &["img", "log"],
        );
    }

    #[test]
    fn a_text_with_a_name_that_is_all_there_is_can_be_read_and_saved() {
        check("Content-Type: text/plain; name=report.txt\n\nall fine\n", &["all fine"], &["all fine"]);
    }

    #[test]
    fn what_an_html_text_refers_to_is_an_attachment() {
        check(
            "Content-Type: multipart/alternative; boundary=a\n\n--a\n\nplain\n--a\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html\n\n<img>\n--b\nContent-Type: image/png\n\nimg\n--b--\n--a--\n",
            &["plain"],
            &["img"],
        );
    }

    #[test]
    fn a_multipart_whose_boundary_never_comes_is_text() {
        check("Content-Type: multipart/mixed; boundary=b\n\nhello\n", &["hello"], &[]);
        check("Content-Type: multipart/mixed\n\nhello\n", &["hello"], &[]);
    }
}

//! The words of `assets/reply-headers.txt`, read once.

use std::sync::LazyLock;

use memchr::memmem::FinderRev;

/// An attribution such as "On … wrote": how it begins and the verb it holds, lower case.
#[derive(Debug)]
pub struct Attribution {
    pub start: String,
    verb: String,
    last_verb: FinderRev<'static>,
}

impl Attribution {
    fn new(start: &str, verb: &str) -> Self {
        Self { start: start.to_owned(), verb: verb.to_owned(), last_verb: FinderRev::new(verb).into_owned() }
    }

    /// Where in a line of lower case the verb stands last, and where it ends.
    pub fn find_verb(&self, line: &str) -> Option<(usize, usize)> {
        self.last_verb.rfind(line).map(|at| (at, at + self.verb.len()))
    }
}

#[derive(Debug, Default)]
pub struct ReplyWords {
    pub attributions: Vec<Attribution>,
    pub from: Vec<String>,
    pub sent: Vec<String>,
    pub to: Vec<String>,
    pub subject: Vec<String>,
    pub original: Vec<String>,
    pub forward: Vec<String>,
    /// How a footer begins, and what it also holds; the second may be empty.
    pub footer: Vec<(String, String)>,
    /// The same of a confidentiality notice.
    pub notice: Vec<(String, String)>,
    /// The languages that have an attribution.
    pub languages: Vec<String>,
}

pub static WORDS: LazyLock<ReplyWords> = LazyLock::new(|| ReplyWords::read(include_str!("../../assets/reply-headers.txt")));

impl ReplyWords {
    fn read(file: &str) -> Self {
        let mut words = Self::default();
        for line in file.lines().filter(|line| !line.starts_with('#')) {
            let mut columns = line.splitn(3, '|').map(str::trim);
            let (Some(kind), Some(language), Some(text)) = (columns.next(), columns.next(), columns.next()) else { continue };
            words.push(kind, language, text.to_lowercase());
        }
        words
    }

    fn push(&mut self, kind: &str, language: &str, text: String) {
        let list = match kind {
            "from" => &mut self.from,
            "sent" => &mut self.sent,
            "to" => &mut self.to,
            "subject" => &mut self.subject,
            "original" => &mut self.original,
            "forward" => &mut self.forward,
            "footer" => return self.footer.push(beginning_and_inside(&text)),
            "notice" => return self.notice.push(beginning_and_inside(&text)),
            _ => {
                let (start, verb) = text.split_once('…').unwrap_or(("", &text));
                self.attributions.push(Attribution::new(start.trim(), verb.trim()));
                if !self.languages.iter().any(|known| known == language) {
                    self.languages.push(language.to_owned());
                }
                return;
            }
        };
        list.push(text);
    }
}

/// The two sides of the `…` in a text.
fn beginning_and_inside(text: &str) -> (String, String) {
    let (start, inside) = text.split_once('…').unwrap_or((text, ""));
    (start.trim().to_owned(), inside.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_25_languages_are_known() {
        assert!(WORDS.languages.len() >= 25, "{:?}", WORDS.languages);
        assert!(WORDS.attributions.iter().all(|attribution| !attribution.verb.is_empty()));
    }
}

//! File names of a Maildir: unique part, flags, keywords; folder names as Maildir++ directories.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use super::private;
use crate::sync::mutf7;
use crate::sync::source::Flags;

/// Splits `unique:2,FS` into the unique part and the letters.
pub fn split(name: &str) -> (&str, &str) {
    match name.split_once(":2,") {
        Some((unique, letters)) => (unique, letters),
        None => (name.split_once(':').map_or(name, |(unique, _)| unique), ""),
    }
}

/// Orders by time of delivery, which begins each unique name as seconds.
pub fn delivery_order(name: &str) -> (u64, &str) {
    let digits = name.split('.').next().unwrap_or_default();
    (digits.parse().unwrap_or(u64::MAX), name)
}

/// A name nobody else makes (<https://cr.yp.to/proto/maildir.html>), with its size as Dovecot writes it.
pub fn unique(size: usize) -> String {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let random = getrandom::u32().unwrap_or(0);
    format!("{}.M{}P{}Q{count}R{random:08x}.postdesk,S={size}", now.as_secs(), now.subsec_micros(), std::process::id())
}

/// The letters for flags, in ASCII order as readers expect them.
pub fn letters(flags: &Flags, keywords: &Keywords) -> String {
    let system = [(flags.draft, 'D'), (flags.flagged, 'F'), (flags.answered, 'R'), (flags.seen, 'S'), (flags.deleted, 'T')];
    let mut letters: Vec<char> = system.into_iter().filter(|(on, _)| *on).map(|(_, letter)| letter).collect();
    letters.extend(flags.keywords.iter().filter_map(|keyword| keywords.letter(keyword)));
    letters.sort_unstable();
    letters.into_iter().collect()
}

pub fn flags(letters: &str, keywords: &Keywords) -> Flags {
    let has = |letter: char| letters.contains(letter);
    Flags {
        draft: has('D'),
        flagged: has('F'),
        answered: has('R'),
        seen: has('S'),
        deleted: has('T'),
        keywords: letters.chars().filter_map(|letter| keywords.name(letter)).map(str::to_owned).collect(),
    }
}

/// The meaning of the letters a-z in one folder, in Dovecot's `dovecot-keywords`, so that both programs agree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keywords(Vec<String>);

impl Keywords {
    const FILE: &'static str = "dovecot-keywords";

    pub fn load(folder: &Path) -> io::Result<Self> {
        let text = match fs::read_to_string(folder.join(Self::FILE)) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for (index, name) in text.lines().filter_map(|line| line.split_once(' ')) {
            let Some(index) = index.parse::<usize>().ok().filter(|index| *index < 26) else { continue };
            if names.len() <= index {
                names.resize(index + 1, String::new());
            }
            if let Some(place) = names.get_mut(index) {
                name.clone_into(place);
            }
        }
        Ok(Self(names))
    }

    /// Gives letters to names that have none; `false` when all 26 are taken. The folder's lock must be held.
    pub fn admit(&mut self, folder: &Path, names: &[String]) -> io::Result<bool> {
        let unknown: Vec<&String> = names.iter().filter(|name| self.letter(name).is_none()).collect();
        if unknown.is_empty() {
            return Ok(true);
        }
        if self.0.len() + unknown.len() > 26 {
            return Ok(false);
        }
        self.0.extend(unknown.into_iter().cloned());
        let mut text = String::new();
        for (index, name) in self.0.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let _ = writeln!(text, "{index} {name}");
        }
        let fresh = folder.join("dovecot-keywords.postdesk");
        private::fresh_file(&fresh)?.write_all(text.as_bytes())?;
        fs::rename(fresh, folder.join(Self::FILE))?;
        Ok(true)
    }

    fn letter(&self, keyword: &str) -> Option<char> {
        let index = self.0.iter().position(|name| name.eq_ignore_ascii_case(keyword))?;
        u8::try_from(index).ok().map(|index| char::from(b'a' + index))
    }

    fn name(&self, letter: char) -> Option<&str> {
        let index = (letter as usize).checked_sub('a' as usize)?;
        self.0.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }
}

/// The directory of a folder: `Clients/Münch` is `.Clients.M&APw-nch`; `None` for names no directory can bear.
pub fn directory(folder: &str) -> Option<String> {
    let sound = |part: &str| !part.is_empty() && !part.contains('.') && !part.chars().any(char::is_control);
    if folder.eq_ignore_ascii_case("INBOX") || !folder.split('/').all(sound) {
        return None;
    }
    let encoded: Vec<String> = folder.split('/').map(mutf7::encode).collect();
    // Modified UTF-7 writes "," where base64 has "/", so no separator can come in.
    Some(format!(".{}", encoded.join(".")))
}

/// The folder in a directory of this name.
pub fn folder(directory: &str) -> Option<String> {
    let parts: Vec<String> = directory.strip_prefix('.')?.split('.').map(|part| mutf7::decode(part).unwrap_or_else(|| part.to_owned())).collect();
    parts.iter().all(|part| !part.is_empty() && !part.contains('/')).then(|| parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_read_from_and_written_to_the_name() {
        let dir = tempfile::tempdir().unwrap();
        let mut keywords = Keywords::default();
        assert!(keywords.admit(dir.path(), &["$Work".into(), "later".into()]).unwrap());
        let flagged = Flags { seen: true, flagged: true, keywords: vec!["later".into()], ..Flags::default() };

        assert_eq!(letters(&flagged, &keywords), "FSb");
        assert_eq!(flags("FSb", &Keywords::load(dir.path()).unwrap()), flagged);
        assert_eq!(split("1.M2.host,S=5:2,FSb"), ("1.M2.host,S=5", "FSb"));
        assert_eq!(split("plain"), ("plain", ""));
    }

    #[test]
    fn a_folder_name_never_leaves_the_maildir() {
        assert_eq!(directory("Clients/Münch").as_deref(), Some(".Clients.M&APw-nch"));
        assert_eq!(folder(".Clients.M&APw-nch").as_deref(), Some("Clients/Münch"));
        for evil in ["..", "../x", "a//b", "", "/", "a.b", "x\n", "INBOX"] {
            assert_eq!(directory(evil), None, "{evil:?}");
        }
        assert_eq!(folder(".."), None);
    }
}

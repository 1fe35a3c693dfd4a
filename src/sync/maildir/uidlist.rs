//! The UIDs of one Maildir folder, kept in a file of ours: `postdesk-uidlist`.
//!
//! A head line holds UIDVALIDITY, a generation and the next UID; each line after
//! it gives a UID to a file name (without its flags) or takes one away (`-7`).
//! Lines are only ever appended, under the folder's lock; the file is replaced
//! as a whole (new generation) when it is made or tidied. A torn last line is
//! cut off by the next writer.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::private;

const NAME: &str = "postdesk-uidlist";
const LOCK_WAIT: Duration = Duration::from_secs(10);
const MAGIC: &str = "postdesk-uidlist 1";

/// Held while UIDs are given out or flags are changed; the kernel lets go of it when the process dies.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "holding the file open is the lock")] File);

/// Waits at most 10 s for other programs that hold the folder's lock.
pub fn lock(folder: &Path) -> io::Result<Lock> {
    let path = folder.join(format!("{NAME}.lock"));
    let file = match OpenOptions::new().write(true).open(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => private::fresh_file(&path)?,
        file => file?,
    };
    let end = Instant::now() + LOCK_WAIT;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock(file)),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < end => std::thread::sleep(Duration::from_millis(5)),
            Err(fs::TryLockError::WouldBlock) => return Err(io::Error::new(io::ErrorKind::TimedOut, "another program holds the folder's lock")),
            Err(fs::TryLockError::Error(error)) => return Err(error),
        }
    }
}

#[derive(Debug, Default)]
pub struct UidList {
    path: PathBuf,
    pub uid_validity: u32,
    generation: u32,
    pub next: u32,
    read_to: u64,
    lines: usize,
    hasher: RandomState,
    by_name: ByHash,
    by_uid: ByUid,
}

/// Names by UID: they stay in the file, whose lines lie in the order of their UIDs, and of each
/// [`Self::APART`] octets one line is known.
///
/// The file is the one that was read last, even if another has taken its place since: in that
/// one the same UID may mean another message.
#[derive(Debug, Default)]
struct ByUid {
    file: Option<File>,
    /// UIDs and where their lines begin.
    marks: Vec<(u32, u64)>,
    /// The lines behind one of the marks: UIDs are mostly asked for one after the other.
    piece: (u64, Vec<u8>),
}

impl ByUid {
    const APART: u64 = 4_096;

    /// Takes note of a line; they come in the order of the file.
    fn mark(&mut self, uid: u32, start: u64) {
        if self.marks.last().is_none_or(|(_, last)| start >= last + Self::APART) {
            self.marks.push((uid, start));
        }
    }

    fn name(&mut self, uid: u32, end_of_file: u64) -> io::Result<Option<String>> {
        use std::os::unix::fs::FileExt as _;
        let behind = self.marks.partition_point(|(first, _)| *first <= uid);
        let Some((_, start)) = behind.checked_sub(1).and_then(|place| self.marks.get(place)).copied() else { return Ok(None) };
        let end = self.marks.get(behind).map_or(end_of_file, |(_, start)| *start);
        let length = usize::try_from(end.saturating_sub(start)).unwrap_or(0);
        if self.piece.0 != start || self.piece.1.len() != length {
            let Some(file) = &self.file else { return Ok(None) };
            let mut bytes = vec![0; length];
            file.read_exact_at(&mut bytes, start)?;
            self.piece = (start, bytes);
        }
        let wanted = uid.to_string();
        let lines = self.piece.1.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()?.split_once(' '));
        Ok(lines.filter(|(uid, _)| *uid == wanted).map(|(_, name)| name.to_owned()).next())
    }
}

/// UIDs by the hash of the name: of a million names two agree once in forty million
/// mailboxes, and each name would take a hundred bytes.
#[derive(Debug, Default)]
struct ByHash {
    /// Sorted; beside each the UID, 0 once it has been taken away.
    hashes: Vec<u64>,
    uids: Vec<u32>,
    taken: usize,
    /// What came since the last [`Self::merge`].
    fresh: HashMap<u64, u32>,
}

impl ByHash {
    /// So many more cost less memory in a table than room in the lists would.
    const FRESH: usize = 1 << 16;

    fn len(&self) -> usize {
        self.hashes.len() - self.taken + self.fresh.len()
    }

    fn get(&self, hash: u64) -> Option<u32> {
        let sorted = || self.hashes.binary_search(&hash).ok().and_then(|place| self.uids.get(place)).copied();
        self.fresh.get(&hash).copied().or_else(sorted).filter(|uid| *uid != 0)
    }

    fn insert(&mut self, hash: u64, uid: u32) {
        self.remove(hash);
        self.fresh.insert(hash, uid);
        if self.fresh.len() >= Self::FRESH {
            self.merge();
        }
    }

    fn remove(&mut self, hash: u64) {
        self.fresh.remove(&hash);
        if let Some(uid) = self.hashes.binary_search(&hash).ok().and_then(|place| self.uids.get_mut(place)) {
            self.taken += usize::from(*uid != 0);
            *uid = 0;
        }
    }

    /// Moves what is fresh into the sorted lists.
    fn merge(&mut self) {
        let mut fresh: Vec<(u64, u32)> = std::mem::take(&mut self.fresh).into_iter().collect();
        fresh.sort_unstable();
        let old = std::mem::take(&mut self.hashes).into_iter().zip(std::mem::take(&mut self.uids)).filter(|(_, uid)| *uid != 0);
        let (hashes, uids) = merged(old, fresh).unzip();
        *self = Self { hashes, uids, ..Self::default() };
        self.hashes.shrink_to_fit();
        self.uids.shrink_to_fit();
    }
}

/// Two sorted rows of pairs as one; no hash is in both.
fn merged(old: impl Iterator<Item = (u64, u32)>, new: Vec<(u64, u32)>) -> impl Iterator<Item = (u64, u32)> {
    let (mut old, mut new) = (old.peekable(), new.into_iter().peekable());
    std::iter::from_fn(move || match (old.peek(), new.peek()) {
        (Some(first), Some(second)) if first < second => old.next(),
        (Some(_), None) => old.next(),
        _ => new.next(),
    })
}

impl UidList {
    pub fn new(folder: &Path) -> Self {
        Self { path: folder.join(NAME), ..Self::default() }
    }

    pub fn uid(&self, name: &str) -> Option<u32> {
        self.by_name.get(self.hasher.hash_one(name))
    }

    /// The name that was given a UID.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn name(&mut self, uid: u32) -> io::Result<Option<String>> {
        self.by_uid.name(uid, self.read_to)
    }

    pub fn len(&self) -> usize {
        self.by_name.len()
    }

    /// Every name that has a UID, read anew from the file.
    pub fn names(&self) -> io::Result<Vec<String>> {
        Ok(self.stored()?.into_iter().map(|(_, name)| name).collect())
    }

    /// UIDs and their names, in the order of the file.
    fn stored(&self) -> io::Result<Vec<(u32, String)>> {
        let text = match fs::read(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            text => text?,
        };
        let lines = text.split(|byte| *byte == b'\n').filter_map(|line| std::str::from_utf8(line).ok()?.split_once(' '));
        let mut known: Vec<(u32, String)> = lines
            .filter_map(|(uid, name)| Some((uid.parse::<u32>().ok()?, name)))
            .filter(|(uid, name)| self.uid(name) == Some(*uid))
            .map(|(uid, name)| (uid, name.to_owned()))
            .collect();
        known.dedup();
        Ok(known)
    }

    /// Takes in what other processes wrote; makes the file if there is none. The lock must be held.
    pub fn refresh(&mut self) -> io::Result<()> {
        let mut file = match File::open(&self.path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return self.start_anew(),
            Err(error) => return Err(error),
        };
        let mut head = [0; 80];
        let count = file.read(&mut head)?;
        let Some((length, uid_validity, generation, next)) = parse_head(head.get(..count).unwrap_or_default()) else {
            return self.start_anew();
        };
        if (uid_validity, generation) != (self.uid_validity, self.generation) || file.metadata()?.len() < self.read_to {
            *self = Self { path: std::mem::take(&mut self.path), uid_validity, generation, next, read_to: length, ..Self::default() };
        }
        file.seek(SeekFrom::Start(self.read_to))?;
        let mut tail = Vec::new();
        file.read_to_end(&mut tail)?;
        self.by_uid.file = Some(file);
        self.take_lines(&tail);
        self.tidy()
    }

    fn take_lines(&mut self, tail: &[u8]) {
        for line in tail.split_inclusive(|byte| *byte == b'\n') {
            let Some(text) = line.strip_suffix(b"\n") else { return };
            let start = self.read_to;
            self.read_to += line.len() as u64;
            self.lines += 1;
            let Some((uid, name)) = std::str::from_utf8(text).ok().and_then(|text| text.split_once(' ')) else { continue };
            match uid.strip_prefix('-') {
                Some(gone) if gone.parse().ok() == self.uid(name) => self.by_name.remove(self.hasher.hash_one(name)),
                Some(_) => {}
                None => {
                    let Ok(uid) = uid.parse::<u32>() else { continue };
                    self.next = self.next.max(uid.saturating_add(1));
                    self.by_uid.mark(uid, start);
                    self.by_name.insert(self.hasher.hash_one(name), uid);
                }
            }
        }
    }

    /// Gives the names UIDs in their order. The lock must be held and the list fresh.
    pub fn add(&mut self, names: &[&str]) -> io::Result<()> {
        let mut text = String::new();
        for (uid, name) in (self.next..).zip(names) {
            let _ = writeln!(text, "{uid} {name}");
        }
        self.append(&text)
    }

    /// Takes the UIDs of these names away for good.
    pub fn remove(&mut self, names: &[String]) -> io::Result<()> {
        let mut text = String::new();
        for name in names {
            if let Some(uid) = self.uid(name) {
                let _ = writeln!(text, "-{uid} {name}");
            }
        }
        self.append(&text)
    }

    fn append(&mut self, text: &str) -> io::Result<()> {
        if text.is_empty() {
            return Ok(());
        }
        let mut file = OpenOptions::new().write(true).open(&self.path)?;
        // Whatever lies behind was torn by a crash.
        file.set_len(self.read_to)?;
        file.seek(SeekFrom::Start(self.read_to))?;
        file.write_all(text.as_bytes())?;
        self.take_lines(text.as_bytes());
        Ok(())
    }

    /// A fresh UIDVALIDITY: nothing that was known by UID is known any more.
    fn start_anew(&mut self) -> io::Result<()> {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.as_secs() as u32);
        let uid_validity = seconds.max(self.uid_validity.saturating_add(1));
        *self = Self { path: std::mem::take(&mut self.path), uid_validity, generation: 0, next: 1, ..Self::default() };
        self.replace()
    }

    fn tidy(&mut self) -> io::Result<()> {
        if self.lines > 1000 && self.lines > self.by_name.len() * 2 { self.replace() } else { Ok(()) }
    }

    fn replace(&mut self) -> io::Result<()> {
        let mut known = if self.by_name.len() == 0 { Vec::new() } else { self.stored()? };
        known.sort_unstable();
        self.generation += 1;
        let mut text = format!("{MAGIC} {} {} {}\n", self.uid_validity, self.generation, self.next);
        let mut by_uid = ByUid::default();
        for (uid, name) in known {
            by_uid.mark(uid, text.len() as u64);
            let _ = writeln!(text, "{uid} {name}");
        }
        let fresh = self.path.with_extension("new");
        let mut file = private::fresh_file(&fresh)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        by_uid.file = Some(File::open(&fresh)?);
        fs::rename(&fresh, &self.path)?;
        self.by_uid = by_uid;
        self.lines = self.by_name.len();
        self.read_to = text.len() as u64;
        Ok(())
    }
}

/// Length of the head line, UIDVALIDITY, generation, next UID.
fn parse_head(bytes: &[u8]) -> Option<(u64, u32, u32, u32)> {
    let end = memchr::memchr(b'\n', bytes)?;
    let line = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut words = line.strip_prefix(MAGIC)?.split_ascii_whitespace();
    let mut number = || words.next()?.parse::<u32>().ok();
    let (uid_validity, generation, next) = (number()?, number()?, number()?);
    (uid_validity > 0 && next > 0).then_some((end as u64 + 1, uid_validity, generation, next))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(dir: &Path) -> UidList {
        let mut list = UidList::new(dir);
        list.refresh().unwrap();
        list
    }

    #[test]
    fn two_processes_see_each_others_uids_and_never_give_one_twice() {
        let dir = tempfile::tempdir().unwrap();
        let (mut one, mut two) = (list(dir.path()), list(dir.path()));
        one.add(&["a", "b"]).unwrap();
        two.refresh().unwrap();
        two.add(&["c"]).unwrap();
        two.remove(&["c".into()]).unwrap();
        one.refresh().unwrap();
        one.add(&["c"]).unwrap();

        assert_eq!((one.uid("a"), one.uid("b"), one.uid("c")), (Some(1), Some(2), Some(4)));
        assert_eq!(list(dir.path()).uid("c"), Some(4));
        assert_eq!(one.uid_validity, two.uid_validity);
    }

    #[test]
    fn the_packed_names_answer_as_a_table_does() {
        let (mut packed, mut table) = (ByHash::default(), HashMap::new());
        for step in 0..4_000_u64 {
            let hash = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) % 700;
            if step % 3 == 0 {
                packed.remove(hash);
                table.remove(&hash);
            } else {
                packed.insert(hash, u32::try_from(step).unwrap());
                table.insert(hash, u32::try_from(step).unwrap());
            }
            if step % 97 == 0 {
                packed.merge();
            }
            assert_eq!(packed.len(), table.len());
        }
        for hash in 0..700 {
            assert_eq!(packed.get(hash), table.get(&hash).copied());
        }
    }

    #[test]
    fn every_name_is_found_by_its_uid_until_the_file_is_read_anew() {
        let dir = tempfile::tempdir().unwrap();
        let (mut one, mut two) = (list(dir.path()), list(dir.path()));
        let names: Vec<String> = (0..3_000).map(|n| format!("{n}.name")).collect();
        let all: Vec<&str> = names.iter().map(String::as_str).collect();
        one.add(&all[..1_000]).unwrap();
        one.remove(&names[200..900]).unwrap();
        one.add(&all[1_000..]).unwrap();
        two.refresh().unwrap();

        // Another process tidies: the same lines lie elsewhere, in another file.
        one.remove(&names[1_000..2_900]).unwrap();
        one.refresh().unwrap();

        for uid in [1, 200, 901, 1_000, 2_901, 3_000] {
            let expected = names.get(uid as usize - 1).cloned();
            assert_eq!((one.name(uid).unwrap(), two.name(uid).unwrap()), (expected.clone(), expected), "{uid}");
        }
        assert_eq!((one.name(1_500).unwrap(), two.name(1_500).unwrap().as_deref()), (None, Some("1499.name")));
        assert_eq!((one.name(0).unwrap(), one.name(3_001).unwrap()), (None, None));
        one.add(&["last"]).unwrap();
        assert_eq!(one.name(3_001).unwrap().as_deref(), Some("last"));
    }

    #[test]
    fn a_torn_line_is_not_believed_and_is_cut_off() {
        let dir = tempfile::tempdir().unwrap();
        list(dir.path()).add(&["a"]).unwrap();
        let path = dir.path().join(NAME);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [whole.as_slice(), b"2 half-a-na"].concat()).unwrap();

        let mut after = list(dir.path());
        after.add(&["b"]).unwrap();

        assert_eq!(after.uid("b"), Some(2));
        assert_eq!(fs::read(&path).unwrap(), [whole.as_slice(), b"2 b\n"].concat());
    }

    #[test]
    fn tidying_keeps_uids_and_never_gives_old_ones_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut list = list(dir.path());
        let names: Vec<String> = (0..1500).map(|n| format!("m{n}")).collect();
        list.add(&names.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
        list.remove(&names[1..]).unwrap();
        list.refresh().unwrap();
        list.add(&["last"]).unwrap();

        assert_eq!((list.uid("m0"), list.uid("last")), (Some(1), Some(1501)));
        assert_eq!(fs::read_to_string(dir.path().join(NAME)).unwrap().lines().count(), 3);
    }

    #[test]
    fn rubbish_in_the_file_means_a_new_validity() {
        let dir = tempfile::tempdir().unwrap();
        let mut list = list(dir.path());
        let before = list.uid_validity;
        fs::write(dir.path().join(NAME), b"\0\0\0").unwrap();
        list.refresh().unwrap();
        assert!(list.uid_validity > before);
    }
}

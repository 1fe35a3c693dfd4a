//! The files of a folder, packed: a mailbox may hold a million, and they stay in memory while it is watched.

use std::collections::BTreeMap;

use super::name;

/// Where a file lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    New,
    Cur,
}

impl Part {
    /// In the order they are read: what is moved meanwhile goes from the first to the second.
    pub const ALL: [Self; 2] = [Self::New, Self::Cur];

    pub fn folder(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Cur => "cur",
        }
    }
}

/// What a look at the directories found, before it is known which message is which: names one behind the other.
#[derive(Debug, Default)]
pub struct Sight {
    text: String,
    seen: Vec<Seen>,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    start: u32,
    length: u16,
    part: Part,
}

impl Sight {
    /// Adds a file. No file system has names that long, nor a folder so many of them.
    pub fn push(&mut self, part: Part, file: &str) {
        let (Ok(start), Ok(length)) = (u32::try_from(self.text.len()), u16::try_from(file.len())) else { return };
        self.text.push_str(file);
        self.seen.push(Seen { start, length, part });
    }

    pub fn files(&self) -> impl Iterator<Item = (Part, &str)> {
        self.seen.iter().map(|seen| {
            let start = seen.start as usize;
            (seen.part, self.text.get(start..start + usize::from(seen.length)).unwrap_or_default())
        })
    }

    /// The parts of the names that stay, whatever the flags.
    pub fn uniques(&self) -> impl Iterator<Item = &str> {
        self.files().map(|(_, file)| name::split(file).0)
    }
}

/// A message; the unique part of its file's name stands in the list of the UIDs.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub uid: u32,
    /// Which of the times of [`Names`] its last change has.
    time: u32,
    /// Which of the tails of [`Names`] its name has.
    tail: u16,
    pub part: Part,
}

/// What is remembered of a folder's files, in the order of their UIDs.
#[derive(Debug, Default)]
pub struct Names {
    rows: Vec<Row>,
    /// Mod-sequences, in the order they were met: most rows share a few.
    times: Vec<u64>,
    /// What stands behind the unique part, `:2,S`, in the order it was met: flags make a few.
    tails: Vec<String>,
}

impl Names {
    /// Keeps what was seen of files with a UID, and the time of their last change, which follows
    /// from UID and letters. Of two with one UID, seen in `new` and again in `cur`, the later counts.
    pub fn of(sight: &Sight, uid: impl Fn(&str) -> Option<u32>, changed: impl Fn(u32, &str) -> u64) -> Self {
        let mut names = Self { rows: Vec::with_capacity(sight.seen.len()), ..Self::default() };
        let mut places = BTreeMap::new();
        for (part, file) in sight.files() {
            let (unique, letters) = name::split(file);
            let Some(uid) = uid(unique) else { continue };
            let time = *places.entry(changed(uid, letters)).or_insert_with_key(|time| names.time(*time));
            let row = names.row(uid, part, file, time);
            names.rows.extend(row);
        }
        names.rows.reverse();
        names.rows.sort_by_key(|row| row.uid);
        names.rows.dedup_by_key(|row| row.uid);
        names.rows.shrink_to_fit();
        names
    }

    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// The mod-sequence of a file's last change.
    pub fn changed(&self, row: &Row) -> u64 {
        self.times.get(row.time as usize).copied().unwrap_or_default()
    }

    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter()
    }

    pub fn uids(&self) -> impl Iterator<Item = u32> {
        self.rows.iter().map(|row| row.uid)
    }

    pub fn get(&self, uid: u32) -> Option<&Row> {
        self.rows.binary_search_by_key(&uid, |row| row.uid).ok().and_then(|place| self.rows.get(place))
    }

    /// What stands behind the unique part of the name.
    pub fn tail(&self, row: &Row) -> &str {
        self.tails.get(usize::from(row.tail)).map_or("", String::as_str)
    }

    pub fn letters(&self, row: &Row) -> &str {
        name::split(self.tail(row)).1
    }

    /// Puts a file in the place of that with the same UID, if there is one.
    pub fn set(&mut self, uid: u32, part: Part, file: &str, changed: u64) {
        let time = self.times.iter().rposition(|known| *known == changed).unwrap_or_else(|| self.time(changed));
        let Some(row) = self.row(uid, part, file, time) else { return };
        match self.rows.binary_search_by_key(&uid, |row| row.uid) {
            Ok(place) => self.rows.get_mut(place).into_iter().for_each(|old| *old = row),
            Err(place) => self.rows.insert(place, row),
        }
    }

    fn time(&mut self, time: u64) -> usize {
        self.times.push(time);
        self.times.len() - 1
    }

    /// No folder has names of sixty thousand tails.
    fn row(&mut self, uid: u32, part: Part, file: &str, time: usize) -> Option<Row> {
        let tail = file.get(name::split(file).0.len()..).unwrap_or_default();
        let tail = self.tails.iter().position(|known| known == tail).unwrap_or_else(|| {
            self.tails.push(tail.to_owned());
            self.tails.len() - 1
        });
        Some(Row { uid, time: u32::try_from(time).ok()?, tail: u16::try_from(tail).ok()?, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(Part, &str)]) -> Names {
        let mut sight = Sight::default();
        for (part, file) in files {
            sight.push(*part, file);
        }
        Names::of(&sight, |unique| unique.strip_prefix('m')?.parse().ok(), |uid, _| u64::from(uid) * 10)
    }

    fn files(names: &Names) -> Vec<(u32, Part, &str)> {
        names.rows().map(|row| (row.uid, row.part, names.tail(row))).collect()
    }

    #[test]
    fn rows_lie_in_the_order_of_their_uids_and_strangers_are_dropped() {
        let names = names(&[(Part::Cur, "m7:2,S"), (Part::New, "x"), (Part::New, "m2")]);

        assert_eq!(names.uids().collect::<Vec<_>>(), [2, 7]);
        assert_eq!(names.get(7).map(|row| (names.tail(row), names.letters(row), names.changed(row))), Some((":2,S", "S", 70)));
        assert!(names.get(3).is_none());
    }

    #[test]
    fn of_a_file_that_was_moved_meanwhile_the_later_sight_counts() {
        let names = names(&[(Part::New, "m1"), (Part::Cur, "m1:2,RS")]);

        assert_eq!(files(&names), [(1, Part::Cur, ":2,RS")]);
    }

    #[test]
    fn a_file_is_replaced_or_put_into_its_place() {
        let mut names = names(&[(Part::New, "m1"), (Part::New, "m5")]);

        names.set(5, Part::Cur, "m5:2,S", 9);
        names.set(3, Part::Cur, "m3:2,", 9);

        assert_eq!(files(&names), [(1, Part::New, ""), (3, Part::Cur, ":2,"), (5, Part::Cur, ":2,S")]);
    }
}

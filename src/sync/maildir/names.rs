//! The file names of a folder, packed: a mailbox may hold a million, and they stay in memory while it is watched.

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

/// A file; its name lies in the text of its [`Names`].
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// 0 until it has been identified.
    pub uid: u32,
    start: u32,
    length: u16,
    pub part: Part,
    /// Which of the times of [`Names`] its last change has.
    time: u32,
}

/// Names one behind the other, and a row for each. Once identified, the rows lie in the order of their UIDs.
#[derive(Debug, Default)]
pub struct Names {
    text: String,
    rows: Vec<Row>,
    /// Mod-sequences, in the order they were met: most rows share a few.
    times: Vec<u64>,
}

impl Names {
    /// Empty, with room for as many as are there.
    pub fn with_room_of(other: &Self) -> Self {
        Self { text: String::with_capacity(other.text.len() + 1_024), rows: Vec::with_capacity(other.rows.len() + 16), times: Vec::new() }
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

    /// A file by its UID, once identified.
    pub fn get(&self, uid: u32) -> Option<&Row> {
        self.rows.binary_search_by_key(&uid, |row| row.uid).ok().and_then(|place| self.rows.get(place))
    }

    pub fn file(&self, row: &Row) -> &str {
        let start = row.start as usize;
        self.text.get(start..start + usize::from(row.length)).unwrap_or_default()
    }

    /// The part of the name that stays, whatever the flags.
    pub fn unique(&self, row: &Row) -> &str {
        name::split(self.file(row)).0
    }

    pub fn letters(&self, row: &Row) -> &str {
        name::split(self.file(row)).1
    }

    pub fn uniques(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| self.unique(row))
    }

    pub fn files(&self) -> impl Iterator<Item = (Part, &str)> {
        self.rows.iter().map(|row| (row.part, self.file(row)))
    }

    /// Adds a file that has been seen.
    pub fn push(&mut self, part: Part, file: &str) {
        let row = self.write(0, part, file);
        self.rows.extend(row);
    }

    /// Puts a file in the place of that with the same UID, if there is one.
    pub fn set(&mut self, uid: u32, part: Part, file: &str, changed: u64) {
        let Some(mut row) = self.write(uid, part, file) else { return };
        row.time = self.times.iter().rposition(|time| *time == changed).unwrap_or_else(|| {
            self.times.push(changed);
            self.times.len() - 1
        }) as u32;
        match self.rows.binary_search_by_key(&uid, |row| row.uid) {
            Ok(place) => self.rows.get_mut(place).into_iter().for_each(|old| *old = row),
            Err(place) => self.rows.insert(place, row),
        }
    }

    /// No file system has names that long, nor a folder so many of them.
    fn write(&mut self, uid: u32, part: Part, file: &str) -> Option<Row> {
        let (start, length) = (u32::try_from(self.text.len()).ok()?, u16::try_from(file.len()).ok()?);
        self.text.push_str(file);
        Some(Row { uid, start, length, part, time: 0 })
    }

    /// Gives every row its UID and the time of its last change, which follows from UID and
    /// letters; drops those without a UID. Of two with one UID, seen in `new` and again in
    /// `cur`, the later sight counts.
    pub fn identify(&mut self, uid: impl Fn(&str) -> Option<u32>, changed: impl Fn(u32, &str) -> u64) {
        let mut rows = std::mem::take(&mut self.rows);
        let (mut times, mut places) = (Vec::new(), BTreeMap::new());
        rows.retain_mut(|row| {
            let Some(uid) = uid(self.unique(row)) else { return false };
            row.uid = uid;
            row.time = *places.entry(changed(uid, self.letters(row))).or_insert_with_key(|time| {
                times.push(*time);
                times.len() as u32 - 1
            });
            true
        });
        self.times = times;
        rows.reverse();
        rows.sort_by_key(|row| row.uid);
        rows.dedup_by_key(|row| row.uid);
        rows.shrink_to_fit();
        self.text.shrink_to_fit();
        self.rows = rows;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[(Part, &str)]) -> Names {
        let mut names = Names::default();
        for (part, file) in files {
            names.push(*part, file);
        }
        names
    }

    fn identified(mut names: Names) -> Names {
        names.identify(|unique| unique.strip_prefix('m')?.parse().ok(), |uid, _| u64::from(uid) * 10);
        names
    }

    #[test]
    fn rows_lie_in_the_order_of_their_uids_and_strangers_are_dropped() {
        let names = identified(names(&[(Part::Cur, "m7:2,S"), (Part::New, "x"), (Part::New, "m2")]));

        assert_eq!(names.uids().collect::<Vec<_>>(), [2, 7]);
        assert_eq!(names.get(7).map(|row| (names.unique(row), names.letters(row), names.changed(row))), Some(("m7", "S", 70)));
        assert!(names.get(3).is_none());
    }

    #[test]
    fn of_a_file_that_was_moved_meanwhile_the_later_sight_counts() {
        let names = identified(names(&[(Part::New, "m1"), (Part::Cur, "m1:2,RS")]));

        assert_eq!(names.files().collect::<Vec<_>>(), [(Part::Cur, "m1:2,RS")]);
    }

    #[test]
    fn a_file_is_replaced_or_put_into_its_place() {
        let mut names = identified(names(&[(Part::New, "m1"), (Part::New, "m5")]));

        names.set(5, Part::Cur, "m5:2,S", 9);
        names.set(3, Part::Cur, "m3:2,", 9);

        assert_eq!(names.files().collect::<Vec<_>>(), [(Part::New, "m1"), (Part::Cur, "m3:2,"), (Part::Cur, "m5:2,S")]);
    }
}

//! The table: one line per measurement, with what it is compared with and its bar.

use std::time::Duration;

/// One run of everything, printed line by line as it comes.
#[derive(Default)]
pub struct Report {
    missed: Vec<String>,
}

/// What a figure must not exceed.
#[derive(Clone, Copy)]
pub enum Bar {
    /// So many times what it is compared with.
    Ratio(f64),
    /// In the unit of the figure.
    Figure(f64),
    None,
}

impl Report {
    #[allow(clippy::unused_self, reason = "a line of the table as the others are")]
    pub fn heading(&self, text: &str) {
        println!("\n{text}");
        println!("{:<44}{:>12}{:>14}{:>10}   {:<22}", "", "postdesk", "beside", "ratio", "bar");
    }

    /// A figure by itself.
    pub fn figure(&mut self, what: &str, value: f64, unit: &str, bar: Bar) {
        self.line(what, value, unit, None, bar);
    }

    /// A figure beside another of the same run, in the same unit.
    pub fn beside(&mut self, what: &str, value: f64, other: f64, unit: &str, bar: Bar) {
        self.line(what, value, unit, Some(other), bar);
    }

    #[allow(clippy::unused_self, reason = "a line of the table as the others are")]
    pub fn skipped(&self, what: &str, why: &str) {
        println!("{what:<44}{why}");
    }

    /// What was missed, once more at the end.
    pub fn end(&self) {
        match self.missed.as_slice() {
            [] => println!("\nEvery bar was met."),
            missed => println!("\nMissed: {}", missed.join("; ")),
        }
    }

    fn line(&mut self, what: &str, value: f64, unit: &str, other: Option<f64>, bar: Bar) {
        let ratio = other.map(|other| value / other.max(f64::MIN_POSITIVE));
        let (words, met) = match bar {
            Bar::Ratio(most) => (format!("at most {most} x"), ratio.is_none_or(|ratio| ratio <= most)),
            Bar::Figure(most) => (format!("at most {most} {unit}"), value <= most),
            Bar::None => (String::new(), true),
        };
        let verdict = if met { "" } else { "  MISSED" };
        if !met {
            self.missed.push(what.to_owned());
        }
        let other = other.map_or(String::new(), |other| number(other, unit));
        let ratio = ratio.map_or(String::new(), |ratio| format!("{ratio:.2} x"));
        println!("{what:<44}{:>12}{other:>14}{ratio:>10}   {words:<22}{verdict}", number(value, unit));
    }
}

fn number(value: f64, unit: &str) -> String {
    let digits = if value >= 100.0 || unit == "MB" { 0 } else { 2 };
    format!("{value:.digits$} {unit}")
}

/// The times of several runs, in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Times(Vec<f64>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1_000.0);
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn median(&self) -> f64 {
        self.at(50)
    }

    /// The value that so many percent of the times do not exceed.
    pub fn at(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }
}

impl FromIterator<Duration> for Times {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut all = Self::default();
        times.into_iter().for_each(|time| all.add(time));
        all
    }
}

//! Leaving a server alone that does not take what is put into the team's folder.

use std::time::{Duration, Instant};

use crate::domain::Timestamp;
use crate::sync::log::LogError;

/// After a refusal the next try waits about this long, doubled each time …
const FROM: Duration = Duration::from_secs(1);
/// … up to this.
const TO: Duration = Duration::from_mins(5);

/// What this client puts off, and until when. Everything keeps its order meanwhile.
#[derive(Debug, Default)]
pub(super) struct HeldBack {
    /// How often in a row the server has refused.
    refusals: u32,
    pause: Option<Pause>,
}

#[derive(Clone, Debug)]
struct Pause {
    until: Instant,
    by_the_clock: Timestamp,
    why: String,
    remedy: &'static str,
}

impl HeldBack {
    /// Why nothing is handed over now; `None`: it may be tried.
    pub fn now(&self, now: Instant) -> Option<LogError> {
        let pause = self.pause.as_ref().filter(|pause| now < pause.until)?;
        Some(LogError::HeldBack { why: pause.why.clone(), remedy: pause.remedy })
    }

    /// When the next try is due, if one is put off.
    pub fn until(&self, now: Instant) -> Option<(Instant, Timestamp)> {
        self.pause.as_ref().filter(|pause| now < pause.until).map(|pause| (pause.until, pause.by_the_clock))
    }

    /// Notes what came of a try. Only a refusal holds the next one back.
    pub fn note(&mut self, error: Option<&LogError>, now: Instant) {
        match error {
            None => *self = Self::default(),
            Some(LogError::Refused { error, .. }) => {
                let stated = error.refusal.and_then(|refusal| refusal.pause);
                let wait = pause(self.refusals, stated, getrandom::u32().unwrap_or(0));
                self.refusals = self.refusals.saturating_add(1);
                let by_the_clock = Timestamp::now().checked_add(wait).unwrap_or(Timestamp::MAX);
                self.pause = Some(Pause { until: now + wait, by_the_clock, why: error.to_string(), remedy: error.remedy() });
            }
            Some(_) => {}
        }
    }

    /// Somebody wants it tried at once.
    pub fn hasten(&mut self) {
        self.pause = None;
    }
}

/// How long to wait: what the server asks for, else longer each time. By chance up to a quarter is added, so
/// that clients which were refused together do not come back together.
fn pause(refusals: u32, stated: Option<Duration>, chance: u32) -> Duration {
    let doubled = FROM.saturating_mul(1_u32.checked_shl(refusals).unwrap_or(u32::MAX)).min(TO);
    let least = stated.unwrap_or_default().max(doubled);
    let share = f64::from(chance) / f64::from(u32::MAX) / 4.0;
    let longer = least.mul_f64(1.0 + share);
    if stated.is_some_and(|stated| stated > TO) { longer } else { longer.min(TO.max(least)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::refusal::Refusal;
    use crate::sync::source::{SourceError, Trouble};

    fn refusal(text: &str) -> LogError {
        let error = SourceError::new(Trouble::Refused, text).refused_for(Refusal::read(false, Some("UNAVAILABLE"), text));
        LogError::Refused { event: None, error }
    }

    #[test]
    fn tries_come_later_each_time_by_chance_a_little_more_and_never_later_than_five_minutes() {
        let least: Vec<u64> = (0..10).map(|refusals| pause(refusals, None, 0).as_secs()).collect();
        assert_eq!(least, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);

        assert_eq!(pause(4, None, u32::MAX), Duration::from_secs(20), "a quarter more");
        assert_eq!((pause(9, None, u32::MAX), pause(200, None, u32::MAX)), (TO, TO));
    }

    #[test]
    fn a_pause_the_server_asks_for_is_kept_even_beyond_that() {
        let stated = Some(Duration::from_mins(20));
        assert_eq!(pause(0, stated, 0), Duration::from_mins(20));
        assert_eq!(pause(8, Some(Duration::from_secs(3)), 0), Duration::from_secs(256), "a shorter one is no reason to hurry");
    }

    #[test]
    fn a_refusal_holds_the_next_try_back_until_its_time_or_somebodys_word_and_a_success_begins_anew() {
        let now = Instant::now();
        let mut held = HeldBack::default();
        held.note(Some(&refusal("not now")), now);
        assert_eq!(held.now(now).map(|error| error.to_string()).as_deref(), Some("not now"));
        assert!(held.now(now + Duration::from_secs(2)).is_none(), "its time has come");

        held.hasten();
        assert!(held.now(now).is_none());
        held.note(Some(&refusal("not now")), now);
        assert!(held.until(now).unwrap().0 >= now + Duration::from_secs(2), "the second in a row waits longer, although it was hastened");

        held.note(None, now);
        held.note(Some(&refusal("not now")), now);
        assert!(held.until(now).unwrap().0 < now + Duration::from_secs(2));
    }

    #[test]
    fn what_is_no_refusal_holds_nothing_back() {
        let mut held = HeldBack::default();
        held.note(Some(&LogError::Gone { folder: "Postdesk".into() }), Instant::now());
        assert!(held.until(Instant::now()).is_none());
    }
}

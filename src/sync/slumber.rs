//! Whether the computer was asleep: then lines that were open before are dead, and what was tried in vain is worth another try.

use std::time::{Duration, Instant, SystemTime};

/// So often whoever waits looks whether the computer was asleep …
pub const LOOK_EVERY: Duration = Duration::from_secs(5);
/// … which is so when its clock is ahead of its timers by more than this.
const ASLEEP: Duration = Duration::from_secs(20);

/// How the time of day is read.
pub type WallClock = fn() -> SystemTime;

/// A stretch of waiting, by both clocks: the one goes on while a computer sleeps, the other does not.
#[derive(Clone, Copy, Debug)]
pub struct Vigil {
    clock: WallClock,
    wall: SystemTime,
    steady: Instant,
}

impl Vigil {
    pub fn begin() -> Self {
        Self::by(SystemTime::now)
    }

    /// With another clock on the wall.
    pub fn by(clock: WallClock) -> Self {
        Self { clock, wall: clock(), steady: Instant::now() }
    }

    /// Whether the computer has slept since. A clock that was set back says nothing.
    pub fn was_asleep(self) -> bool {
        let by_the_clock = (self.clock)().duration_since(self.wall).unwrap_or_default();
        was_asleep(by_the_clock, self.steady.elapsed())
    }
}

fn was_asleep(by_the_clock: Duration, by_the_timer: Duration) -> bool {
    by_the_clock.saturating_sub(by_the_timer) > ASLEEP
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_ahead_of_the_timers_shows_that_the_computer_was_asleep() {
        let secs = Duration::from_secs;

        assert!(was_asleep(secs(3_600), secs(5)));
        assert!(!was_asleep(secs(6), secs(5)), "a clock that is set right");
        assert!(!was_asleep(secs(0), secs(5)), "one that was set back");
        assert!(!Vigil::begin().was_asleep());
    }
}

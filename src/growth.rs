//! How the time that something takes grows with what it is given: for tests alone.

use std::time::{Duration, Instant};

/// The greater input is so many times the smaller one …
const TIMES: usize = 8;
/// … and may take so many times as long: in linear time it takes 8 times as long, in quadratic time 64 times.
const AT_MOST: u32 = 28;
/// So often it is tried. Whoever else uses the machine only ever makes one slower, so that the fastest run counts.
const TRIES: usize = 40;

/// Panics unless `work` takes time in proportion to the size of what `make` gives it, up to `size`.
///
/// `size` should be such that it takes few milliseconds: who runs for longer is interrupted each time
/// on a busy machine.
#[track_caller]
pub(crate) fn assert_linear<T>(what: &str, size: usize, make: impl Fn(usize) -> T, work: impl Fn(&T)) {
    let (small, large) = (make(size / TIMES), make(size));
    let time = |input: &T| {
        let begun = Instant::now();
        work(input);
        begun.elapsed()
    };
    let least = (0..TRIES).map(|_| time(&small)).min().unwrap_or_default().max(Duration::from_nanos(1));
    let mut fastest = Duration::MAX;
    for _ in 0..TRIES {
        fastest = fastest.min(time(&large));
        if fastest < least * AT_MOST {
            return;
        }
    }
    panic!("{what}: {least:?} for {} and {fastest:?} for {size}", size / TIMES);
}

#[test]
fn what_is_linear_passes_and_what_is_quadratic_does_not() {
    let linear = |numbers: &Vec<u64>| assert_ne!(numbers.iter().sum::<u64>(), 1);
    let quadratic = |numbers: &Vec<u64>| numbers.iter().for_each(|_| linear(numbers));
    let numbers = |size: usize| vec![2; size];

    assert_linear("linear", 40_000, numbers, linear);

    assert!(std::panic::catch_unwind(|| assert_linear("quadratic", 800, numbers, quadratic)).is_err());
}

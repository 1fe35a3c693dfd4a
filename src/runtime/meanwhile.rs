//! Something that is done again and again while something else goes on in this thread.

use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, bounded};

/// Runs `body`; until it is over, `again` is called once in every stretch of this length.
pub(super) fn meanwhile<T>(every: Duration, again: impl Fn() + Send, body: impl FnOnce() -> T) -> T {
    let (over, ended) = bounded::<()>(0);
    thread::scope(|scope| {
        scope.spawn(move || {
            while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                again();
            }
        });
        // Whatever becomes of the body, this ends with it.
        let _over = over;
        body()
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn it_is_done_again_until_the_other_thing_is_over() {
        let (sender, calls) = mpsc::channel();

        let result = meanwhile(
            Duration::from_millis(1),
            move || sender.send(()).unwrap_or_default(),
            || {
                for _ in 0..3 {
                    calls.recv_timeout(Duration::from_secs(30)).expect("it is done again");
                }
                7
            },
        );

        assert_eq!(result, 7);
        while calls.try_recv().is_ok() {}
        assert_eq!(calls.try_recv(), Err(mpsc::TryRecvError::Disconnected), "and not any more");
    }
}

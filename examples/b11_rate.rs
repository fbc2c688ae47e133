//! So many a second: a beat, and a limit that tasks share, in the order in which they came.
//!
//! ```python
//! while True:
//!     await asyncio.sleep(1)   # and drifts by what the work takes
//! ```

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel::{Lock, ManualClock, Options, Runner, gather, interval, now, sleep, sleep_until};
use evenkeel::{Missed, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// One turn every `period`; after a pause up to `burst` of them at once.
struct Rate {
    period: Duration,
    burst: u32,
    /// When the next turn would be if there were no burst. The lock is the line of those who wait.
    next: Lock<Instant>,
}

impl Rate {
    fn new(period: Duration, burst: u32) -> Rate {
        Rate { period, burst, next: Lock::new(now()) }
    }

    /// Waits for a turn. Who gives up leaves it to the one behind.
    async fn turn(&self) {
        let mut next = self.next.lock().await; // first come, first served
        let mine = (*next).max(now());
        if let Some(due) = mine.checked_sub(self.period * (self.burst - 1)) {
            sleep_until(due).await;
        }
        *next = mine + self.period;
    }
}

fn main() -> io::Result<()> {
    // The seconds below take no time, and are exact.
    let clock = Arc::new(ManualClock::auto_jump());
    let mut runner = Runner::new(Options { workers: 1, clock, ..Options::default() })?;
    runner.run(async {
        // A beat does not drift: the work takes 300 ms, and the tenth beat is after ten seconds.
        let begun = now();
        let mut beat = interval(SECOND).missed(Missed::Skip);
        for n in 1..=10 {
            beat.tick().await;
            assert_eq!(now() - begun, n * SECOND);
            sleep(300 * SECOND / 1000).await;
        }

        // Thirty tasks share ten turns a second, five of them at once to begin with.
        let rate = Rate::new(SECOND / 10, 5);
        let begun = now();
        let turns = (0..30).map(async |_| {
            rate.turn().await;
            now() - begun
        });
        let turns = gather(turns).await;
        println!("the first five after {:?}, the last one after {:?}", turns[4], turns[29]);
        assert!(turns[..5].iter().all(Duration::is_zero));
        assert!(turns[5..].iter().zip(1..).all(|(turn, n)| *turn == n * SECOND / 10));

        // Who does not want to wait so long is out of the line, and nobody's turn is lost with it.
        let begun = now();
        let (gave_up, next) = gather((timeout(SECOND / 20, rate.turn()), rate.turn())).await;
        assert_eq!((gave_up.is_err(), next, now() - begun), (true, (), SECOND / 10));

        // A minute of quiet saves up one burst, and no more.
        sleep(60 * SECOND).await;
        let begun = now();
        gather((0..6).map(|_| rate.turn())).await;
        assert_eq!(now() - begun, SECOND / 10);
    });
    Ok(())
}

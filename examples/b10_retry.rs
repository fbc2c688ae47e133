//! Again, with back-off: each attempt bounded, the pauses longer and drawn by lot, one deadline over all.
//!
//! ```python
//! for attempt in range(5):
//!     try:
//!         async with asyncio.timeout(1): return await fetch()
//!     except OSError: await asyncio.sleep(random.uniform(0, 0.1 * 2**attempt))
//! ```

use std::cell::Cell;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::time::Duration;

use evenkeel::{ManualClock, Options, Runner, now, sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// How often, and how long between.
struct Backoff {
    /// Attempts, the first one counted.
    attempts: u32,
    /// No attempt takes longer.
    attempt: Duration,
    /// The longest first pause. Each may be twice as long as the one before.
    first: Duration,
    /// No pause is longer.
    longest: Duration,
}

impl Backoff {
    /// The pause after the attempt `n`, counted from 0: anything up to its bound, so that many who failed
    /// together do not come back together.
    fn pause(&self, n: u32) -> Duration {
        let bound = self.first.saturating_mul(2u32.saturating_pow(n)).min(self.longest);
        bound.mul_f64(fastrand::f64())
    }

    /// Asks until there is an answer, or an error for which asking again is in vain.
    async fn run<T>(&self, mut ask: impl AsyncFnMut() -> io::Result<T>) -> io::Result<T> {
        for n in 0.. {
            let error = match timeout(self.attempt, ask()).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(error)) if !is_passing(&error) => return Err(error),
                Ok(Err(error)) => error,
                Err(late) => io::Error::from(late),
            };
            if n + 1 >= self.attempts {
                return Err(error);
            }
            println!("  attempt {} failed: {error}", n + 1);
            sleep(self.pause(n)).await;
        }
        unreachable!("the loop has no end of its own")
    }
}

/// Whether this may be gone in a moment. That there is no such file may not.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionReset | ErrorKind::TimedOut
    )
}

fn main() -> io::Result<()> {
    // The seconds below take no time, and are exact.
    let clock = Arc::new(ManualClock::auto_jump());
    let mut runner = Runner::new(Options { workers: 1, clock, ..Options::default() })?;
    runner.run(async {
        let backoff =
            Backoff { attempts: 5, attempt: SECOND, first: SECOND / 10, longest: 2 * SECOND };

        // Refused, too slow, and then there.
        let asked = Cell::new(0);
        let begun = now();
        let answer = backoff
            .run(async || {
                asked.set(asked.get() + 1);
                match asked.get() {
                    1 => Err(ErrorKind::ConnectionRefused.into()),
                    2 => {
                        sleep(60 * SECOND).await; // Cut short: an attempt takes a second at most.
                        Ok("too late")
                    }
                    _ => Ok("here"),
                }
            })
            .await?;
        let took = now() - begun;
        println!("{answer} after {} attempts and {took:?}", asked.get());
        assert_eq!((answer, asked.get()), ("here", 3));
        assert!(SECOND <= took && took <= SECOND + 3 * SECOND / 10, "{took:?}");

        // What asking again does not mend is told at once.
        let asked = Cell::new(0);
        let missing = backoff
            .run(async || {
                asked.set(asked.get() + 1);
                io::Result::<()>::Err(ErrorKind::NotFound.into())
            })
            .await;
        assert_eq!((missing.unwrap_err().kind(), asked.get()), (ErrorKind::NotFound, 1));

        // One bound over all attempts and pauses: whoever waits behind us has only so long.
        let patient = Backoff { attempts: u32::MAX, ..backoff };
        let begun = now();
        let never = patient.run(async || io::Result::<()>::Err(ErrorKind::ConnectionReset.into()));
        assert!(timeout(10 * SECOND, never).await.is_err());
        println!("given up after {:?}", now() - begun);
        assert_eq!(now() - begun, 10 * SECOND);
        Ok(())
    })
}

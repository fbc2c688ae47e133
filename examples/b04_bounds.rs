//! Many at once, within bounds: so many at a time, no longer than so long, and a bound that moves.
//!
//! ```python
//! semaphore = asyncio.Semaphore(10)
//! async for task in asyncio.as_completed(tasks, timeout=1.5): ...
//! ```

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evenkeel::{
    ManualClock, Options, Runner, as_completed, create_task, gather, now, sleep, timeout,
    timeout_at,
};

const SECOND: Duration = Duration::from_secs(1);

fn main() -> io::Result<()> {
    // The seconds below take no time, and are exact.
    let clock = Arc::new(ManualClock::auto_jump());
    let mut runner = Runner::new(Options { workers: 1, clock, ..Options::default() })?;
    runner.run(async {
        // A hundred pages, of which ten at a time are fetched.
        let (busy, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let page = async |number: usize| {
            most.fetch_max(busy.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleep(SECOND).await;
            busy.fetch_sub(1, Ordering::Relaxed);
            number
        };
        let begun = now();
        let pages = gather((0..100).map(&page)).limit(10).await;
        println!("{} pages in {:?}", pages.len(), now() - begun);
        assert_eq!((pages[99], most.into_inner(), now() - begun), (99, 10, 10 * SECOND));

        // As they end, for no longer than a second and a half. The third is given back, and goes on.
        let tasks = [1, 2, 1].map(|seconds| create_task(sleep(seconds * SECOND)));
        let mut ended = as_completed(tasks).timeout(SECOND * 3 / 2);
        let mut in_time = 0;
        while let Some(Ok(done)) = ended.next().await {
            println!("{} has ended", done.name());
            in_time += 1;
        }
        let left = ended.into_pending();
        assert_eq!((in_time, left.pending.len()), (2, 1));

        // One deadline for several steps, each of which may take what the others have left.
        let deadline = now() + 3 * SECOND;
        assert!(timeout_at(deadline, sleep(2 * SECOND)).await.is_ok());
        assert!(timeout_at(deadline, sleep(2 * SECOND)).await.is_err());
        assert_eq!(now(), deadline);

        // A bound that is moved from outside, while what it bounds goes on.
        let mut bounded = pin!(timeout(SECOND, sleep(5 * SECOND)));
        bounded.as_mut().reschedule(Some(now() + 10 * SECOND)).expect("it has not ended");
        assert_eq!(bounded.await, Ok(()));
    });
    Ok(())
}

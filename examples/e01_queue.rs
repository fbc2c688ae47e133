//! `asyncio.Queue`: producers, consumers, `join` when all is worked off, `shutdown` when no more will come.
//!
//! ```python
//! item = await queue.get()
//! try:
//!     work(item)
//! finally:
//!     queue.task_done()
//! ```

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use evenkeel::{PriorityQueue, Queue, Shutdown, TaskGroup, run, sleep};
use futures_lite::StreamExt;

/// What may go wrong here.
#[derive(Debug, PartialEq)]
struct ShutDown;

async fn consumer(queue: Queue<u32>, sum: Arc<AtomicU32>) {
    // Until it is shut down and empty.
    while let Ok(item) = queue.get().await {
        sleep(Duration::from_millis(1)).await;
        sum.fetch_add(*item, Ordering::Relaxed);
    } // the item is dropped: that is `task_done`, also when a cancel or a panic gets us here
}

async fn producer(queue: Queue<u32>, items: std::ops::Range<u32>) -> Result<(), ShutDown> {
    for item in items {
        queue.put(item).await.map_err(|_| ShutDown)?; // waits while the queue is full
    }
    Ok(())
}

fn main() {
    run(async {
        let queue = Queue::bounded(3);
        let sum = Arc::new(AtomicU32::new(0));
        let worked_off = TaskGroup::scope(async |group| {
            for _ in 0..2 {
                group.create_task(consumer(queue.clone(), sum.clone()));
            }
            let low = group.create_task(producer(queue.clone(), 0..10));
            let high = group.create_task(producer(queue.clone(), 10..20));
            low.await;
            high.await;
            queue.join().await; // all that was put has been worked off
            assert_eq!(queue.unfinished(), 0);
            queue.shutdown(Shutdown::Graceful); // and no more will come: the consumers end
            Ok(sum.load(Ordering::Relaxed))
        });
        assert_eq!(worked_off.await, Ok((0..20).sum()));

        // Nothing is put any more; what comes back is what could not be put.
        let refused = queue.put(99).await.expect_err("it is shut down");
        assert_eq!(refused.0, 99);

        // The smallest first, and of equals the one that came first.
        let letters = PriorityQueue::unbounded();
        for letter in [(Reverse(1), "a card"), (Reverse(9), "a bill"), (Reverse(9), "a law")] {
            letters.try_put(letter).expect("it has room");
        }
        letters.shutdown(Shutdown::Graceful);
        let mut opened = Vec::new();
        let mut stream = letters.stream();
        while let Some(letter) = stream.next().await {
            opened.push(letter.1);
        }
        println!("{opened:?}");
        assert_eq!(opened, ["a bill", "a law", "a card"]);
    });
}

//! The injector: where tasks come in that no worker pushes, and what a full ring gives up.
//!
//! It is several queues if there are many workers: a thread pushes to the one its number falls on, and workers
//! take from all of them, each time beginning with another. So what one thread pushes stays in order, and
//! neither pushers nor workers all meet at one word.

use async_task::Runnable;
use concurrent_queue::ConcurrentQueue;

use crate::meta::Meta;
use crate::thread_state;

/// Workers that share a queue. Its head and tail are a word each that all who use it write; up to four who
/// do that seldom do not feel each other, and each queue more is one more to look at before going to sleep.
const WORKERS_EACH: usize = 4;

#[derive(Debug)]
pub(crate) struct Injector {
    shards: Box<[ConcurrentQueue<Runnable<Meta>>]>,
}

impl Injector {
    pub(crate) fn new(workers: usize) -> Injector {
        let shards = workers.div_ceil(WORKERS_EACH).max(1);
        Injector { shards: (0..shards).map(|_| ConcurrentQueue::unbounded()).collect() }
    }

    pub(crate) fn push(&self, runnable: Runnable<Meta>) {
        let shard = match self.shards.len() {
            1 => 0,
            shards => thread_state::number() as usize % shards,
        };
        // They are unbounded and never closed: this cannot fail.
        let _ = self.shards[shard].push(runnable);
    }

    /// One, looking first at the queue that `first` falls on.
    #[inline]
    pub(crate) fn pop(&self, first: usize) -> Option<Runnable<Meta>> {
        match &*self.shards {
            [only] => only.pop().ok(),
            shards => {
                let shards = shards.iter().cycle().skip(first % shards.len()).take(shards.len());
                shards.filter_map(|shard| shard.pop().ok()).next()
            }
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.shards.iter().map(ConcurrentQueue::len).sum()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.shards.iter().all(ConcurrentQueue::is_empty)
    }
}

//! Many waiters: does what one costs depend on how many wait with it?

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::cases::Work;
use crate::cases::latch::Latch;
use crate::measure::{Cost, Length, Start, repeat};
use crate::rt::{Events, Mutexes, Notifies, Rt, Semaphores};

/// Who waits for an event, where that is not what varies.
const WAITERS: usize = 100;

/// Turns of a pair.
const TURNS: u64 = 1000;

/// What the members of a line share.
struct Line<T> {
    what: T,
    /// Turns that each takes at most.
    most: u64,
    over: AtomicBool,
    taken: AtomicU64,
    begun: Latch,
    ended: Latch,
}

impl<T> Line<T> {
    fn new(what: T, work: Work) -> Arc<Line<T>> {
        let most = match work.length {
            Length::Once => 1,
            Length::Pieces(pieces) => pieces,
            Length::Time(_) => u64::MAX,
        };
        let (begun, ended) = (Latch::new(work.size as u64), Latch::new(work.size as u64));
        let (over, taken) = (AtomicBool::new(false), AtomicU64::new(0));
        Arc::new(Line { what, most, over, taken, begun, ended })
    }

    // Relaxed, all three: a turn more or less beside the clock does not matter, and the latch
    // orders the rest.
    fn goes_on(&self, turns: u64) -> bool {
        turns < self.most && !self.over.load(Ordering::Relaxed)
    }

    fn count(&self) {
        // Whoever counts holds what is waited for: nobody else writes.
        self.taken.store(self.taken.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }

    /// Clocks around the turns, once all stand in the line.
    async fn measure<R: Rt>(&self, work: Work) -> Cost {
        self.begun.opened().await;
        let before = self.taken.load(Ordering::Relaxed);
        let start = Start::now();
        let ops = || self.taken.load(Ordering::Relaxed) - before;
        if let Length::Time(time) = work.length {
            while start.wall() < time {
                R::yield_now().await;
            }
            let cost = start.cost(ops());
            self.over.store(true, Ordering::Relaxed);
            self.ended.opened().await;
            return cost;
        }
        self.ended.opened().await;
        // All turns: how many of them came before the last member stood in line is chance.
        Cost { ops: self.taken.load(Ordering::Relaxed), ..start.cost(0) }
    }
}

/// A lock handed along a line; whoever has it lets others run.
pub(in crate::cases) async fn lock<R: Mutexes>(work: Work) -> Cost {
    let line = Line::new(R::new_lock(0), work);
    for _ in 0..work.size {
        let line = line.clone();
        R::spawn_detached(async move {
            let mut turns = 0;
            while line.goes_on(turns) {
                let locking = R::lock(&line.what);
                let mut guard = match turns {
                    0 => line.begun.arrive_in(locking).await,
                    _ => locking.await,
                };
                *guard += 1;
                line.count();
                R::yield_now().await;
                turns += 1;
            }
            line.ended.arrive();
        });
    }
    let cost = line.measure::<R>(work).await;
    assert_eq!(*R::lock(&line.what).await, line.taken.load(Ordering::Relaxed));
    cost
}

/// A permit handed along a line.
pub(in crate::cases) async fn semaphore<R: Semaphores>(work: Work) -> Cost {
    let line = Line::new(R::new_semaphore(1), work);
    for _ in 0..work.size {
        let line = line.clone();
        R::spawn_detached(async move {
            let mut turns = 0;
            while line.goes_on(turns) {
                let acquiring = R::acquire(&line.what);
                let permit = match turns {
                    0 => line.begun.arrive_in(acquiring).await,
                    _ => acquiring.await,
                };
                line.count();
                R::yield_now().await;
                drop(permit);
                turns += 1;
            }
            line.ended.arrive();
        });
    }
    line.measure::<R>(work).await
}

/// An event that so many wait for, again and again.
pub(in crate::cases) async fn event<R: Events>(work: Work) -> Cost {
    let waiters = work.size as u64;
    let event = Arc::new(R::new_event());
    let over = Arc::new(AtomicBool::new(false));
    let waiting = Arc::new(Latch::new(waiters));
    for _ in 0..waiters {
        let (event, waiting, over) = (event.clone(), waiting.clone(), over.clone());
        // Uninterrupted: whoever passes a set event often enough would be sent to the back of the queue, and
        // that pause is no place in the event's line.
        R::spawn_detached(R::uninterrupted(async move {
            // Acquire: pairs with the Release below.
            while !over.load(Ordering::Acquire) {
                // Not again in the same round, while an event is set that is about to be cleared.
                waiting.arrive_waiting(R::wait(&event)).await;
            }
        }));
    }
    waiting.opened().await;
    let cost = repeat(work.length, || async {
        waiting.reset(waiters);
        R::occur(&event);
        waiting.opened().await;
        waiters
    })
    .await;
    over.store(true, Ordering::Release);
    R::occur(&event);
    cost
}

pub(in crate::cases) async fn event_100<R: Events>(work: Work) -> Cost {
    event::<R>(Work { size: WAITERS, ..work }).await
}

/// Two tasks that tell each other to go on.
pub(in crate::cases) async fn notify_pair<R: Notifies>(work: Work) -> Cost {
    repeat(work.length, || async {
        let ends = Arc::new([R::new_notify(), R::new_notify()]);
        let players = [0, 1].map(|who| {
            let ends = ends.clone();
            R::spawn(async move {
                for _ in 0..TURNS {
                    if who == 0 {
                        R::notify(&ends[1]);
                    }
                    R::notified(&ends[who]).await;
                    if who == 1 {
                        R::notify(&ends[0]);
                    }
                }
                TURNS
            })
        });
        let mut turns = 0;
        for player in players {
            turns += player.await;
        }
        turns
    })
    .await
}

//! `Condition`: whoever is notified and gives up passes it on, so that no news is lost.

use std::collections::VecDeque;
use std::sync::Arc;

use evenkeel::testing::{schedules, wait_all_blocked};
use evenkeel::{Condition, Lock, sleep, yield_now};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause, start};

const PLACES: usize = 2;

#[derive(Default)]
struct Shelf {
    items: VecDeque<u64>,
    put: Vec<u64>,
    got: Vec<u64>,
    closed: bool,
}

/// A queue as one would write it in asyncio.
#[derive(Default)]
struct Store {
    shelf: Lock<Shelf>,
    filled: Condition,
    room: Condition,
}

impl Store {
    async fn put(&self, item: u64) {
        let shelf = self.shelf.lock().await;
        let mut shelf = self.room.wait_for(shelf, |shelf| shelf.items.len() < PLACES).await;
        shelf.items.push_back(item);
        shelf.put.push(item);
        drop(shelf);
        self.filled.notify(1);
    }

    /// False when it is closed and empty; `None` if it has waited long enough.
    async fn get(&self, draw: &mut Draw) -> Option<bool> {
        let mut shelf = self.shelf.lock().await;
        while shelf.items.is_empty() && !shelf.closed {
            let timed_out;
            if draw.one_in(2) {
                (shelf, timed_out) = self.filled.wait_until(shelf, sleep(draw.ms())).await;
                if timed_out && shelf.items.is_empty() {
                    return None;
                }
            } else {
                shelf = self.filled.wait(shelf).await;
            }
        }
        let Some(item) = shelf.items.pop_front() else { return Some(false) };
        shelf.got.push(item);
        drop(shelf);
        self.room.notify(1);
        Some(true)
    }
}

#[test]
fn what_is_put_is_got_once() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let store = Arc::<Store>::default();
        let getters = start(&mut draw, 3, |_, mut draw| {
            let store = store.clone();
            async move {
                let mut own = draw.fork();
                while bounded(&mut draw, store.get(&mut own)).await.flatten() != Some(false) {}
            }
        });
        let putters = start(&mut draw, 3, |n, mut draw| {
            let store = store.clone();
            async move {
                for item in 0..4 {
                    pause(&mut draw).await;
                    let _ = bounded(&mut draw, store.put(n as u64 * 100 + item)).await;
                }
            }
        });
        harass(&mut draw, &putters).await;
        outcomes(putters).await;
        store.shelf.lock().await.closed = true;
        store.filled.notify_all();
        outcomes(getters).await;
        let mut shelf = store.shelf.try_lock().expect("nobody holds it");
        let Shelf { put, got, items, .. } = &mut *shelf;
        put.sort_unstable();
        got.sort_unstable();
        assert_eq!((put, items.len()), (got, 0));
        let waiting = [&store.filled, &store.room].map(|on| on.statistics().waiting);
        assert_eq!((waiting, store.shelf.statistics().waiting), ([0, 0], 0));
    });
}

#[test]
fn so_many_are_notified_who_stay() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let shared = Arc::new((Lock::new(0), Condition::new()));
        let waiters = start(&mut draw, 6, |_, _| {
            let shared = shared.clone();
            async move {
                let (woken, condition) = &*shared;
                let guard = woken.lock().await;
                let mut woken = condition.wait(guard).await;
                *woken += 1;
            }
        });
        wait_all_blocked().await;
        assert_eq!(shared.1.statistics().waiting, 6);
        // Those who were notified and are cancelled pass it on: also when they wait for the lock already.
        let held = if draw.one_in(2) { shared.0.try_lock() } else { None };
        let (told, leaving) = (draw.place(7), draw.place(4));
        let notify_first = draw.one_in(2);
        if notify_first {
            shared.1.notify(told);
            // With the lock held none of them goes on meanwhile.
            for _ in 0..if held.is_some() { draw.below(8) } else { 0 } {
                yield_now().await;
            }
        }
        let mut left: Vec<usize> = (0..leaving).map(|_| draw.place(6)).collect();
        left.sort_unstable();
        left.dedup();
        for &n in &left {
            waiters[n].cancel();
        }
        if !notify_first {
            shared.1.notify(told);
        }
        drop(held);
        wait_all_blocked().await;
        assert_eq!(*shared.0.try_lock().expect("free"), told.min(6 - left.len()));
        shared.1.notify_all();
        outcomes(waiters).await;
        assert_eq!(shared.1.statistics().waiting, 0);
    });
}

//! Channels: one item after the other, between two tasks or many.

use std::sync::Arc;

use crate::cases::Work;
use crate::cases::latch::Latch;
use crate::measure::{Cost, repeat};
use crate::rt::{Bounded, Broadcasts, Channels, Oneshots, Queued, Shared, Unbounded, Watches};

/// Items of a piece.
const ITEMS: u64 = 10_000;

/// Room in a bounded channel.
const PLACES: usize = 100;

/// Many of either end.
const MANY: u64 = 4;

/// Round trips of a piece.
const TRIPS: u64 = 1000;

/// Values sent to all receivers before they are waited for.
const BATCH: u64 = 50;

/// Rounds of a piece.
const ROUNDS: u64 = 20;

/// One task sends to itself: what the channel alone costs.
pub(in crate::cases) async fn alone<R: Channels<Bounded>>(work: Work) -> Cost {
    repeat(work.length, || async {
        let (sender, mut receiver) = R::channel(PLACES);
        let mut sum = 0;
        for n in 0..TRIPS {
            R::put(&sender, n).await;
            sum += R::take(&mut receiver).await.expect("an item is there");
        }
        assert_eq!(sum, TRIPS * (TRIPS - 1) / 2);
        TRIPS
    })
    .await
}

pub(in crate::cases) async fn bounded_spsc<R: Channels<Bounded>>(work: Work) -> Cost {
    one_receiver::<R, Bounded>(work, 1).await
}

pub(in crate::cases) async fn bounded_mpsc<R: Channels<Bounded>>(work: Work) -> Cost {
    one_receiver::<R, Bounded>(work, MANY).await
}

pub(in crate::cases) async fn unbounded_spsc<R: Channels<Unbounded>>(work: Work) -> Cost {
    one_receiver::<R, Unbounded>(work, 1).await
}

pub(in crate::cases) async fn unbounded_mpsc<R: Channels<Unbounded>>(work: Work) -> Cost {
    one_receiver::<R, Unbounded>(work, MANY).await
}

pub(in crate::cases) async fn queue<R: Channels<Queued>>(work: Work) -> Cost {
    one_receiver::<R, Queued>(work, 1).await
}

async fn one_receiver<R: Channels<K>, K: 'static>(work: Work, senders: u64) -> Cost {
    repeat(work.length, || async {
        let (sender, mut receiver) = R::channel(PLACES);
        let senders: Vec<_> = (0..senders)
            .map(|at| R::spawn(send::<R, K>(sender.clone(), ITEMS / senders, at)))
            .collect();
        drop(sender);
        let receiver = R::spawn(async move {
            let mut sum = 0;
            for _ in 0..ITEMS {
                sum += R::take(&mut receiver).await.expect("all items come");
            }
            sum
        });
        let mut sent = 0;
        for sender in senders {
            sent += sender.await;
        }
        assert_eq!(receiver.await, sent);
        ITEMS
    })
    .await
}

async fn send<R: Channels<K>, K: 'static>(sender: R::Sender, items: u64, at: u64) -> u64 {
    let mut sum = 0;
    for n in 0..items {
        R::put(&sender, n + at).await;
        sum += n + at;
    }
    sum
}

/// Each item goes to one of many receivers.
pub(in crate::cases) async fn mpmc<R>(work: Work) -> Cost
where
    R: Channels<Shared>,
    <R as Channels<Shared>>::Receiver: Clone,
{
    repeat(work.length, || async {
        let (sender, receiver) = R::channel(PLACES);
        let senders: Vec<_> = (0..MANY)
            .map(|at| R::spawn(send::<R, Shared>(sender.clone(), ITEMS / MANY, at)))
            .collect();
        drop(sender);
        let receivers: Vec<_> = (0..MANY)
            .map(|_| {
                let mut receiver = receiver.clone();
                R::spawn(async move {
                    let mut sum = 0;
                    while let Some(item) = R::take(&mut receiver).await {
                        sum += item;
                    }
                    sum
                })
            })
            .collect();
        let (mut sent, mut received) = (0, 0);
        for sender in senders {
            sent += sender.await;
        }
        for receiver in receivers {
            received += receiver.await;
        }
        assert_eq!(received, sent);
        ITEMS
    })
    .await
}

/// A request and its answer, between two tasks, on two channels with one place.
pub(in crate::cases) async fn round_trip<R: Channels<Bounded>>(work: Work) -> Cost {
    repeat(work.length, || async {
        let (ask, mut asked) = R::channel(1);
        let (answer, mut answers) = R::channel(1);
        let server = R::spawn(async move {
            while let Some(n) = R::take(&mut asked).await {
                R::put(&answer, n + 1).await;
            }
        });
        let client = R::spawn(async move {
            for n in 0..TRIPS {
                R::put(&ask, n).await;
                assert_eq!(R::take(&mut answers).await, Some(n + 1));
            }
        });
        client.await;
        server.await;
        TRIPS
    })
    .await
}

/// Made, used and dropped in one task.
pub(in crate::cases) async fn oneshot<R: Oneshots>(work: Work) -> Cost {
    repeat(work.length, || async {
        for n in 0..TRIPS {
            let (sender, receiver) = R::oneshot();
            R::send(sender, n);
            assert_eq!(receiver.await, n);
        }
        TRIPS
    })
    .await
}

/// Every receiver sees each value of a batch; then comes the next batch.
pub(in crate::cases) async fn broadcast<R: Broadcasts>(work: Work) -> Cost {
    repeat(work.length, || async {
        let sender = R::broadcast(2 * BATCH as usize);
        let seen = Arc::new(Latch::new(MANY));
        let receivers: Vec<_> = (0..MANY)
            .map(|_| {
                let (mut receiver, seen) = (R::subscribe(&sender), seen.clone());
                R::spawn(async move {
                    for n in 0..ROUNDS * BATCH {
                        assert_eq!(R::receive(&mut receiver).await, n);
                        if n % BATCH == BATCH - 1 {
                            seen.arrive();
                        }
                    }
                })
            })
            .collect();
        for round in 0..ROUNDS {
            for n in 0..BATCH {
                R::send_all(&sender, round * BATCH + n);
            }
            seen.opened().await;
            seen.reset(MANY);
        }
        for receiver in receivers {
            receiver.await;
        }
        ROUNDS * BATCH * MANY
    })
    .await
}

/// Every receiver sees each change; then comes the next.
pub(in crate::cases) async fn watch<R: Watches>(work: Work) -> Cost {
    repeat(work.length, || async {
        let sender = R::watch(0);
        let seen = Arc::new(Latch::new(MANY));
        let watchers: Vec<_> = (0..MANY)
            .map(|_| {
                let (mut watcher, seen) = (R::watcher(&sender), seen.clone());
                R::spawn(async move {
                    for n in 1..=TRIPS {
                        assert_eq!(R::changed(&mut watcher).await, n);
                        seen.arrive();
                    }
                })
            })
            .collect();
        for n in 1..=TRIPS {
            R::change(&sender, n);
            seen.opened().await;
            seen.reset(MANY);
        }
        for watcher in watchers {
            watcher.await;
        }
        TRIPS * MANY
    })
    .await
}

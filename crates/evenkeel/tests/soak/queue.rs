//! `Queue`, `LifoQueue`, `PriorityQueue`: each item that was put is got once or is inside, and `join` ends.

use std::sync::{Arc, Mutex};

use evenkeel::sync::queue::{Order, OrderedQueue, Shutdown};
use evenkeel::testing::{Seed, schedules};
use evenkeel::{LifoQueue, PriorityQueue, Queue};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause, start};

#[derive(Default)]
struct Log {
    put: Vec<u64>,
    got: Vec<u64>,
}

async fn program<O>(seed: Seed, make: impl Fn(Option<usize>) -> OrderedQueue<O>, first_come: bool)
where
    O: Order<Item = u64> + Send + 'static,
{
    let mut draw = Draw::of(seed);
    let queue = make((!draw.one_in(4)).then_some(1 + draw.place(3)));
    let log = Arc::<Mutex<Log>>::default();
    let getters = 1 + draw.place(3);
    let workers = start(&mut draw, getters, |_, draw| work(draw, queue.clone(), log.clone()));
    let putters = start(&mut draw, 3, |n, mut draw| {
        let (queue, log) = (queue.clone(), log.clone());
        async move {
            for item in n as u64 * 100..n as u64 * 100 + 4 {
                pause(&mut draw).await;
                let put = match draw.below(4) {
                    0 => queue.try_put(item).is_ok(),
                    _ => matches!(bounded(&mut draw, queue.put(item)).await, Some(Ok(()))),
                };
                if put {
                    log.lock().unwrap().put.push(item);
                }
            }
        }
    });
    harass(&mut draw, &workers[1..]).await; // The first stays, or nobody would get what is put.
    let early = draw
        .one_in(4)
        .then(|| if draw.one_in(2) { Shutdown::Graceful } else { Shutdown::Immediate });
    if let Some(how) = early {
        pause(&mut draw).await;
        queue.shutdown(how);
    }
    harass(&mut draw, &putters).await;
    outcomes(putters).await;
    let _ = bounded(&mut draw, queue.join()).await;
    queue.join().await;
    queue.shutdown(Shutdown::Graceful);
    outcomes(workers).await;
    let Log { mut put, mut got } = std::mem::take(&mut *log.lock().unwrap());
    if first_come && getters == 1 {
        for putter in 0..3 {
            let of_one = || got.iter().filter(|&&item| item / 100 == putter);
            assert!(of_one().is_sorted(), "{got:?} out of order");
        }
    }
    put.sort_unstable();
    got.sort_unstable();
    if early == Some(Shutdown::Immediate) {
        assert!(got.windows(2).all(|two| two[0] != two[1]), "{got:?} has one twice");
        assert!(got.iter().all(|item| put.contains(item)), "{got:?} was never put");
    } else {
        assert_eq!(put, got);
    }
    let end = queue.statistics();
    assert_eq!((end.len, end.unfinished, end.puts), (0, 0, put.len() as u64));
    assert_eq!((end.waiting_getters, end.waiting_putters, end.waiting_joiners), (0, 0, 0));
}

/// Gets until the queue is shut down, and is done with items in each of the ways there are.
async fn work<O: Order<Item = u64>>(mut draw: Draw, queue: OrderedQueue<O>, log: Arc<Mutex<Log>>) {
    loop {
        let item = match draw.below(5) {
            0 => match queue.try_get() {
                Ok(Some(item)) => Ok(item),
                Ok(None) => {
                    evenkeel::sleep(draw.ms()).await;
                    continue;
                }
                Err(over) => Err(over),
            },
            _ => match bounded(&mut draw, queue.get()).await {
                Some(item) => item,
                None => {
                    evenkeel::sleep(draw.ms()).await;
                    continue;
                }
            },
        };
        let Ok(item) = item else { return };
        log.lock().unwrap().got.push(*item);
        pause(&mut draw).await;
        match draw.below(3) {
            0 => drop(item),
            1 => {
                let _ = item.into_inner();
                queue.task_done().expect("it was taken out");
            }
            _ => {
                let (_, unfinished) = item.into_parts();
                pause(&mut draw).await;
                drop(unfinished);
            }
        }
    }
}

#[test]
fn what_is_put_is_got_once() {
    schedules(SEEDS, async |seed| {
        program(seed, |places| places.map_or_else(Queue::unbounded, Queue::bounded), true).await;
    });
}

#[test]
fn lifo_what_is_put_is_got_once() {
    schedules(SEEDS, async |seed| {
        program(seed, |places| places.map_or_else(LifoQueue::unbounded, LifoQueue::bounded), false)
            .await;
    });
}

#[test]
fn priority_what_is_put_is_got_once() {
    schedules(SEEDS, async |seed| {
        let make = |places: Option<usize>| {
            places.map_or_else(PriorityQueue::unbounded, PriorityQueue::bounded)
        };
        program(seed, make, false).await;
    });
}

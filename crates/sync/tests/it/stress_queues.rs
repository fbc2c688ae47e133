//! Eight threads at one queue or channel, with putters and getters that give up now and then: each
//! item arrives once, and each producer's in its order.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use evenkeel_sync::channel::{Receiver, Sender};
use evenkeel_sync::queue::{Order, OrderedQueue};
use evenkeel_sync::{LifoQueue, PriorityQueue, Queue, Shutdown, channel, unbounded};
use futures_lite::StreamExt;
use futures_lite::future::block_on;

use crate::stress::{ROUNDS, THREADS, dice, give_up, on_all_threads};

const PRODUCERS: usize = THREADS / 2;

/// An item: who made it, and its number.
type Made = (usize, usize);

/// Puts one after the other, as often as `put` has to be told.
fn produce(me: usize, seed: &mut u64, mut put: impl FnMut(Made, &mut u64) -> bool) {
    for number in 0..ROUNDS {
        while !put((me, number), seed) {}
    }
}

/// All that was made is in `got`, once.
fn assert_complete(got: Vec<Made>) {
    let mut got = got;
    got.sort_unstable();
    let all = (0..PRODUCERS).flat_map(|me| (0..ROUNDS).map(move |number| (me, number)));
    assert!(got.into_iter().eq(all));
}

/// What one consumer got of each producer came in order.
fn assert_in_order(got: &[Made]) {
    for me in 0..PRODUCERS {
        assert!(got.iter().filter(|made| made.0 == me).is_sorted());
    }
}

fn at_a_queue<O>(queue: OrderedQueue<O>, in_order: bool)
where
    O: Order<Item = Made> + Send,
{
    let (threads, left) = (AtomicUsize::new(0), AtomicUsize::new(PRODUCERS));
    let all = Mutex::<Vec<Made>>::default();
    on_all_threads(|seed| {
        let me = threads.fetch_add(1, Ordering::Relaxed);
        if me < PRODUCERS {
            produce(me, seed, |made, seed| match dice(seed) % 3 {
                0 => queue.try_put(made).is_ok(),
                1 => block_on(give_up(queue.put(made), dice(seed) % 3)).is_some(),
                _ => queue.put_blocking(made).is_ok(),
            });
            if left.fetch_sub(1, Ordering::SeqCst) == 1 {
                // All is put: all is done once this returns.
                queue.join_blocking();
                queue.shutdown(Shutdown::Graceful);
            }
            return;
        }
        let mut got = Vec::new();
        loop {
            let item = match dice(seed) % 4 {
                0 => queue.try_get(),
                1 => block_on(give_up(queue.get(), dice(seed) % 3)).transpose(),
                2 => Ok(block_on(queue.stream().next())),
                _ => queue.get_blocking().map(Some),
            };
            match item {
                Ok(Some(item)) => got.push(*item),
                Ok(None) if queue.is_shut_down() => break,
                Ok(None) => {}
                Err(_) => break,
            }
        }
        assert!(
            !in_order || {
                assert_in_order(&got);
                true
            }
        );
        all.lock().unwrap().extend(got);
    });
    assert_complete(all.into_inner().unwrap());
    let seen = queue.statistics();
    assert_eq!((seen.len, seen.unfinished, seen.puts), (0, 0, (PRODUCERS * ROUNDS) as u64));
    assert_eq!((seen.waiting_getters, seen.waiting_putters, seen.waiting_joiners), (0, 0, 0));
    assert!(seen.capacity.is_none_or(|places| seen.peak <= places));
}

#[test]
fn queues() {
    at_a_queue(Queue::bounded(1), true);
    at_a_queue(Queue::bounded(7), true);
    at_a_queue(Queue::unbounded(), true);
}

#[test]
fn queues_in_other_orders() {
    at_a_queue(LifoQueue::bounded(3), false);
    at_a_queue(PriorityQueue::bounded(3), false);
}

fn at_a_channel((sender, receiver): (Sender<Made>, Receiver<Made>)) {
    let threads = AtomicUsize::new(0);
    let senders: Vec<_> = (0..PRODUCERS).map(|_| Mutex::new(Some(sender.clone()))).collect();
    let all = Mutex::<Vec<Made>>::default();
    let watch = receiver.clone();
    let receiver = Mutex::new(receiver);
    drop(sender);
    on_all_threads(|seed| {
        let me = threads.fetch_add(1, Ordering::Relaxed);
        if me < PRODUCERS {
            let sender = senders[me].lock().unwrap().take().expect("one each");
            return produce(me, seed, |made, seed| match dice(seed) % 4 {
                0 => sender.try_send(made).is_ok(),
                1 => block_on(give_up(sender.send(made), dice(seed) % 3)).is_some(),
                2 => match block_on(give_up(sender.reserve(), dice(seed) % 3)) {
                    Some(Ok(place)) if dice(seed) % 2 == 0 => place.send(made).is_ok(),
                    _ => false,
                },
                _ => sender.send_blocking(made).is_ok(),
            });
        }
        let mut receiver = receiver.lock().unwrap().clone();
        let mut got = Vec::new();
        loop {
            let item = match dice(seed) % 4 {
                0 => receiver.try_recv(),
                1 => block_on(give_up(receiver.recv(), dice(seed) % 3)).transpose(),
                // The stream keeps its place when it is left.
                2 => Ok(block_on(give_up(receiver.next(), dice(seed) % 3)).flatten()),
                _ => receiver.recv_blocking().map(Some),
            };
            match item {
                Ok(Some(item)) => got.push(item),
                Ok(None) => {}
                Err(_) => break,
            }
        }
        assert_in_order(&got);
        all.lock().unwrap().extend(got);
    });
    assert_complete(all.into_inner().unwrap());
    let seen = watch.statistics();
    assert_eq!((seen.len, seen.senders, seen.closed), (0, 0, true));
    assert_eq!((seen.waiting_senders, seen.waiting_receivers), (0, 0));
    assert!(seen.capacity.is_none_or(|places| seen.peak <= places));
}

#[test]
fn channels() {
    at_a_channel(channel(1));
    at_a_channel(channel(7));
    at_a_channel(unbounded());
}

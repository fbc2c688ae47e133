//! `channel` and `unbounded`: what was sent is received once, and the ends hear of each other's going.

use std::sync::{Arc, Mutex};

use evenkeel::sync::channel::{Receiver, Sender};
use evenkeel::testing::{Seed, schedules};
use evenkeel::{channel, timeout, unbounded};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause, start};

type Log = Arc<Mutex<Vec<u64>>>;

async fn program(seed: Seed, (sender, receiver): (Sender<u64>, Receiver<u64>)) {
    let mut draw = Draw::of(seed);
    let (sent, received) = (Log::default(), Log::default());
    let receivers = 1 + draw.place(3);
    let takers =
        start(&mut draw, receivers, |_, draw| take(draw, receiver.clone(), received.clone()));
    drop(receiver);
    let givers = start(&mut draw, 3, |n, draw| give(draw, n as u64, sender.clone(), sent.clone()));
    let mut own = draw.fork();
    let closing = draw.one_in(5);
    let watcher = sender.clone();
    let watches = evenkeel::create_task(async move {
        // Never without a limit: the receivers wait for this sender's end too.
        if timeout(own.ms() * 3, watcher.closed()).await.is_err() && closing {
            watcher.close();
            watcher.closed().await;
        }
    });
    drop(sender);
    harass(&mut draw, &takers[1..]).await; // The first stays, or nobody would receive what is sent.
    harass(&mut draw, &givers).await;
    outcomes(givers).await;
    watches.await;
    outcomes(takers).await;
    let (mut sent, mut received) = (sent.lock().unwrap().clone(), received.lock().unwrap().clone());
    if receivers == 1 {
        for giver in 0..3 {
            let of_one = || received.iter().filter(|&&item| item / 100 == giver);
            assert!(of_one().is_sorted(), "{received:?} out of order");
        }
    }
    sent.sort_unstable();
    received.sort_unstable();
    assert_eq!(sent, received);
}

async fn give(mut draw: Draw, n: u64, sender: Sender<u64>, sent: Log) {
    for item in n * 100..n * 100 + 4 {
        pause(&mut draw).await;
        let went = match draw.below(4) {
            0 => sender.try_send(item).is_ok(),
            1 => {
                let Some(Ok(place)) = bounded(&mut draw, sender.reserve()).await else { continue };
                pause(&mut draw).await;
                place.send(item).is_ok()
            }
            _ => matches!(bounded(&mut draw, sender.send(item)).await, Some(Ok(()))),
        };
        if went {
            sent.lock().unwrap().push(item);
        }
    }
}

async fn take(mut draw: Draw, mut receiver: Receiver<u64>, received: Log) {
    loop {
        let item = match draw.below(5) {
            0 => receiver.try_recv().map(|item| item.ok_or(())),
            _ => bounded(&mut draw, receiver.recv()).await.map_or(Ok(Err(())), |item| item.map(Ok)),
        };
        match item {
            Ok(Ok(item)) => received.lock().unwrap().push(item),
            Ok(Err(())) => evenkeel::sleep(draw.ms()).await,
            Err(_) => return,
        }
        pause(&mut draw).await;
    }
}

#[test]
fn what_is_sent_is_received_once() {
    schedules(SEEDS, async |seed| {
        let places = 1 + seed.value() as usize % 3;
        program(seed, channel(places)).await;
    });
}

#[test]
fn without_a_bound_what_is_sent_is_received_once() {
    schedules(SEEDS, async |seed| program(seed, unbounded()).await);
}

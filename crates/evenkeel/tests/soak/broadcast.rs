//! `broadcast`: each receiver sees every value, in order, or is told how many it has missed.

use std::sync::{Arc, Mutex};

use evenkeel::broadcast;
use evenkeel::sync::broadcast::RecvError;
use evenkeel::testing::schedules;

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause, start};

#[test]
fn seen_and_missed_are_all_there_were() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (sender, receiver) = broadcast::<u64>(1 + draw.place(4));
        let sent = Arc::new(Mutex::new(0_u64));
        let receivers = start(&mut draw, 3, |_, mut draw| {
            let mut receiver = receiver.resubscribe();
            async move {
                let (mut next, mut missed_all) = (0, 0);
                loop {
                    let value = match draw.below(5) {
                        0 => receiver.try_recv().transpose(),
                        _ => bounded(&mut draw, receiver.recv()).await,
                    };
                    match value {
                        Some(Ok(value)) => {
                            assert_eq!(value, next, "one was skipped, or came twice");
                            next += 1;
                        }
                        Some(Err(RecvError::Lagged(missed))) => {
                            assert!(missed > 0);
                            (next, missed_all) = (next + missed, missed_all + missed);
                        }
                        Some(Err(RecvError::Closed)) => return (next, missed_all),
                        None => evenkeel::sleep(draw.ms()).await,
                    }
                    pause(&mut draw).await;
                }
            }
        });
        drop(receiver);
        let senders = start(&mut draw, 2, |_, mut draw| {
            let (sender, sent) = (sender.clone(), sent.clone());
            async move {
                for _ in 0..5 {
                    pause(&mut draw).await;
                    let mut sent = sent.lock().unwrap();
                    if sender.send(*sent).is_ok() {
                        *sent += 1;
                    }
                }
            }
        });
        let leaving = draw.place(3);
        harass(&mut draw, &receivers[..leaving]).await;
        harass(&mut draw, &senders).await;
        drop(sender);
        outcomes(senders).await;
        let sent = *sent.lock().unwrap();
        for (saw, missed) in outcomes(receivers).await.into_iter().flatten() {
            assert!(saw == sent && missed <= sent, "saw {saw} of {sent}, missed {missed}");
        }
    });
}

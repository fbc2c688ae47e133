//! `oneshot`: a value that was sent arrives, and each end hears of the other's going.

use evenkeel::testing::schedules;
use evenkeel::{create_task, gather, oneshot, timeout};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, harass, outcomes, pause};

#[test]
fn what_is_sent_arrives() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (mut givers, mut takers) = (Vec::new(), Vec::new());
        for (n, (mut sender, mut receiver)) in (0..5).map(|_| oneshot::<usize>()).enumerate() {
            let (mut own, mut other) = (draw.fork(), draw.fork());
            givers.push(create_task(async move {
                pause(&mut own).await;
                let silent = own.one_in(5);
                if own.one_in(4) {
                    let heard = timeout(own.ms(), sender.closed()).await;
                    assert!(heard.is_err(), "the receiver has not gone");
                }
                if silent { None } else { sender.send(n).ok().map(|()| n) }
            }));
            takers.push(create_task(async move {
                loop {
                    if let Some(said) = bounded(&mut other, &mut receiver).await {
                        return said.ok();
                    }
                    pause(&mut other).await;
                    if other.one_in(4) {
                        if let Ok(Some(value)) = receiver.try_recv() {
                            return Some(value);
                        }
                    }
                }
            }));
        }
        harass(&mut draw, &givers).await;
        let (sent, received) = gather((outcomes(givers), outcomes(takers))).await;
        let sent: Vec<_> = sent.into_iter().map(Option::flatten).collect();
        let received: Vec<_> = received.into_iter().map(Option::flatten).collect();
        assert_eq!(sent, received);
    });
}

#[test]
fn a_receiver_that_goes_is_heard_of() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let (mut givers, mut takers) = (Vec::new(), Vec::new());
        for (mut sender, mut receiver) in (0..4).map(|_| oneshot::<usize>()) {
            let (mut own, mut other) = (draw.fork(), draw.fork());
            givers.push(create_task(async move {
                sender.closed().await;
                pause(&mut own).await;
                assert!(sender.is_closed());
                assert_eq!(sender.send(1), Err(1));
            }));
            takers.push(create_task(async move {
                if other.one_in(2) {
                    let _ = timeout(other.ms(), &mut receiver).await;
                }
                pause(&mut other).await;
                if other.one_in(2) {
                    receiver.close();
                    pause(&mut other).await;
                }
            }));
        }
        harass(&mut draw, &takers).await;
        outcomes(takers).await;
        assert_eq!(outcomes(givers).await.into_iter().flatten().count(), 4);
    });
}

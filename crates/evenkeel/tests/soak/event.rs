//! `Event`: whoever waits when it is set goes on, also if it is cleared at once.

use std::sync::Arc;

use evenkeel::testing::{schedules, wait_all_blocked};
use evenkeel::{Event, create_task};

use crate::SEEDS;
use crate::crowd::{Draw, bounded, crowd, outcomes, pause, start};

#[test]
fn setting_and_clearing_frees_all_who_wait() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let event = Arc::new(Event::new());
        let waiters = start(&mut draw, 5, |n, _| {
            let event = event.clone();
            async move { if n % 2 == 0 { event.wait().await } else { event.wait_owned().await } }
        });
        wait_all_blocked().await;
        assert_eq!(event.statistics().waiting, 5);
        let victim = draw.place(8);
        let before = draw.one_in(2);
        let leaves = || waiters.get(victim).map(|task| task.cancel());
        if before {
            leaves();
        }
        event.set();
        if !before {
            leaves();
        }
        event.clear();
        // Late: they wait for the next time.
        let late = start(&mut draw, 2, |_, mut draw| {
            let event = event.clone();
            async move { bounded(&mut draw, event.wait()).await }
        });
        outcomes(waiters).await;
        wait_all_blocked().await;
        assert!(!event.is_set());
        event.set();
        outcomes(late).await;
        assert_eq!(event.statistics().waiting, 0);
    });
}

#[test]
fn whoever_waits_hears_of_it_in_the_end() {
    schedules(SEEDS, async |seed| {
        let mut draw = Draw::of(seed);
        let event = Arc::new(Event::new());
        let (toggled, mut own) = (event.clone(), draw.fork());
        let toggler = create_task(async move {
            for _ in 0..4 {
                pause(&mut own).await;
                if own.one_in(2) { toggled.set() } else { toggled.clear() }
            }
            pause(&mut own).await;
            toggled.set();
        });
        crowd(&mut draw, 5, 3, |_, mut draw| {
            let event = event.clone();
            async move {
                for _ in 0..3 {
                    let _ = bounded(&mut draw, event.wait()).await;
                    pause(&mut draw).await;
                }
            }
        })
        .await;
        toggler.await;
        assert_eq!(event.statistics().waiting, 0);
    });
}

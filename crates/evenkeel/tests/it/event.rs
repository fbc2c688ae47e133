//! asyncio's cases of `Event`.

use std::sync::Arc;

use evenkeel::{Event, Task, create_task, gather};

use crate::loops::{on_one, on_one_and_two, settle, ticks};
use crate::transcript::{Count, Transcript};

fn waiter(event: &Arc<Event>, log: &Transcript, n: usize) -> Task<()> {
    let (event, log) = (Arc::clone(event), log.clone());
    create_task(async move {
        event.wait().await;
        log.say(n);
    })
}

#[test]
fn evt_01_set_wakes_all_in_the_order_they_came() {
    on_one(|| async {
        let (event, log) = (Arc::new(Event::new()), Transcript::new());
        let (first, second) = (waiter(&event, &log, 1), waiter(&event, &log, 2));
        ticks(1).await;
        let third = waiter(&event, &log, 3);
        event.set();
        ticks(1).await;
        assert_eq!(log.said(), "3 1 2", "the third was in the queue before the others were woken");
        gather((first, second, third)).await;
    });
    on_one_and_two(|| async {
        let (event, log) = (Arc::new(Event::new()), Transcript::new());
        let waiters: Vec<_> = (0..10).map(|n| waiter(&event, &log, n)).collect();
        settle().await;
        assert_eq!((log.said().as_str(), event.statistics().waiting), ("", 10));
        event.set();
        gather(waiters).await;
        assert_eq!(log.sorted(), "0 1 2 3 4 5 6 7 8 9");
    });
}

#[test]
fn evt_01_an_event_that_is_set_does_not_wait() {
    on_one_and_two(|| async {
        let event = Event::new();
        event.set();
        let polls = Count::default();
        polls.polls_of(event.wait()).await;
        assert_eq!(polls.get(), 1);
        event.clear();
        assert!(!event.is_set());
    });
}

#[test]
fn evt_01_a_cancelled_waiter_leaves_no_entry() {
    on_one_and_two(|| async {
        let (event, log) = (Arc::new(Event::new()), Transcript::new());
        let waiter = waiter(&event, &log, 1);
        settle().await;
        assert_eq!(event.statistics().waiting, 1);
        waiter.cancelled().await;
        assert_eq!(event.statistics().waiting, 0);
        event.set();
        settle().await;
        assert_eq!(log.said(), "");
    });
}

#[test]
fn evt_03_a_woken_waiter_that_is_cancelled_takes_nobodys_wake_along() {
    on_one(|| async {
        let (event, log) = (Arc::new(Event::new()), Transcript::new());
        let [a, b, c] = [1, 2, 3].map(|n| waiter(&event, &log, n));
        ticks(1).await;
        event.set();
        b.cancel();
        assert!(b.join().await.unwrap_err().is_cancelled());
        gather((a, c)).await;
        assert_eq!(log.said(), "1 3");
    });
}

#[test]
fn set_and_clear_at_once_still_releases_those_who_waited() {
    on_one_and_two(|| async {
        let (event, log) = (Arc::new(Event::new()), Transcript::new());
        let waiters = [1, 2].map(|n| waiter(&event, &log, n));
        settle().await;
        event.set();
        event.clear();
        let late = waiter(&event, &log, 3);
        gather(waiters).await;
        settle().await;
        assert_eq!(log.sorted(), "1 2");
        assert!(!late.is_finished());
        late.cancelled().await;
    });
}

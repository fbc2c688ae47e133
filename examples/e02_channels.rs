//! What carries values from task to task: to one receiver, to all of them, or only the newest.
//!
//! asyncio has the queue alone; these end by themselves when one side is gone.

use std::sync::Arc;

use evenkeel::{Event, broadcast, channel, create_task, gather, run, watch};
use futures_lite::StreamExt;

/// Each item to one receiver, with room for two on the way.
async fn one_of_them() {
    let (sender, mut receiver) = channel(2);
    let tasks = [0, 10].map(|first| {
        let sender = sender.clone();
        create_task(async move {
            for item in first..first + 3 {
                sender.send(item).await.expect("main receives"); // waits while there is no room
            }
        })
    });
    drop(sender); // the channel closes when the last sender goes
    let mut items = Vec::new();
    while let Some(item) = receiver.next().await {
        items.push(item);
    }
    gather(tasks).await;
    items.sort_unstable();
    println!("channel: {items:?}");
    assert_eq!(items, [0, 1, 2, 10, 11, 12]);
}

/// Each value to every receiver; one that is too slow is told how much it missed.
async fn all_of_them() {
    let (sender, mut quick) = broadcast(2);
    let mut slow = quick.resubscribe();
    for value in 1..=3 {
        sender.send(value).expect("two receivers");
        assert_eq!(quick.recv().await, Ok(value));
    }
    drop(sender);
    let missed = slow.recv().await.expect_err("the first of three is gone");
    println!("broadcast: {missed}");
    assert_eq!((slow.recv().await, slow.recv().await), (Ok(2), Ok(3)));
    assert!(slow.recv().await.is_err());
}

/// The newest value, and who waits for a change.
async fn the_newest() {
    let (level, mut display) = watch(0);
    let shown = Arc::new(Event::new());
    let task = create_task({
        let shown = shown.clone();
        async move {
            let mut seen = Vec::new();
            while display.changed().await.is_ok() {
                seen.push(*display.borrow_and_update());
                shown.set();
            }
            seen
        }
    });
    level.send(1).expect("somebody watches");
    shown.wait().await;
    level.send(2).expect("somebody watches");
    drop(level); // no change will come any more
    let seen = task.await;
    println!("watch: {seen:?}");
    assert_eq!(seen.last(), Some(&2)); // values in between may be skipped, the last never
}

fn main() {
    run(async {
        one_of_them().await;
        all_of_them().await;
        the_newest().await;
    });
}

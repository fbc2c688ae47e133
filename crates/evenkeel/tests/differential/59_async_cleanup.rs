//! `defer`, a `finally` with awaits: whatever way a task ends, its clean-up is done before anybody hears of the end.

use std::time::Duration;

use evenkeel::{create_task, defer, sleep, wait, wait_for, yield_now};

use crate::stage::{ms, run, secs};

async fn worker(name: &'static str, delay: Duration) {
    defer(async move {
        println!("{name} cleans up");
        sleep(ms(10)).await;
        println!("{name} is clean");
    });
    sleep(delay).await;
    println!("{name} is done");
}

pub(crate) fn main() {
    run(async {
        create_task(worker("quick", ms(10))).await;
        println!("main goes on");

        let task = create_task(worker("slow", secs(60)));
        sleep(ms(10)).await;
        task.cancel();
        if task.join().await.is_err() {
            println!("cancelled");
        }

        if wait_for(create_task(worker("late", secs(60))), ms(20)).await.is_err() {
            println!("too late");
        }

        let task = create_task(worker("watched", secs(60)));
        sleep(ms(10)).await;
        task.cancel();
        yield_now().await;
        println!("in the middle of it");
        let waited = wait([task]).await;
        let outcome = waited.done[0].as_outcome();
        println!("{}", if outcome.is_err() { "cancelled" } else { "done" });

        create_task(worker("left", secs(60))).detach();
        sleep(ms(10)).await;
        println!("main is done");
    });
    println!("run has returned");
}

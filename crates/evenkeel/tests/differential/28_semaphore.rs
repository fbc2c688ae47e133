//! `Semaphore`: so many at a time, and those who wait come in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering::Relaxed};
use std::time::Duration;

use evenkeel::{Semaphore, create_task, gather, sleep, wait};

use crate::stage::{ms, run};

static RUNNING: AtomicI32 = AtomicI32::new(0);

async fn worker(name: &'static str, delay: Duration, semaphore: Arc<Semaphore>) {
    let _permit = semaphore.acquire().await;
    println!("{name} begins, running: {}", RUNNING.fetch_add(1, Relaxed) + 1);
    sleep(delay).await;
    RUNNING.fetch_sub(1, Relaxed);
    println!("{name} ends");
}

pub(crate) fn main() {
    run(async {
        let semaphore = Arc::new(Semaphore::new(2));
        let delays = [("a", ms(50)), ("b", ms(20)), ("c", ms(60)), ("d", ms(20)), ("e", ms(40))];
        gather(delays.map(|(name, delay)| worker(name, delay, semaphore.clone()))).await;

        let closed = Arc::new(Semaphore::new(0));
        let waiters = ["x", "y", "z"].map(|name| create_task(worker(name, ms(0), closed.clone())));
        sleep(ms(10)).await;
        waiters[0].cancel();
        println!("one was cancelled, two are let in");
        closed.add_permits(2);
        drop(wait(waiters).await);
        println!("{}", if closed.is_locked() { "it is locked" } else { "one may come in" });
    });
}

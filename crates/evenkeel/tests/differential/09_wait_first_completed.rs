//! `wait(..).first_completed()`: back at the first end, again and again; the others go on.

use std::time::Duration;

use evenkeel::{Builder, Done, Task, Waited, sleep, wait};

use crate::stage::{ms, run, sorted};

async fn child(name: &'static str, delay: Duration) {
    sleep(delay).await;
    println!("{name} ends");
}

pub(crate) fn main() {
    run(async {
        let named = |(name, delay)| Builder::new().name(name).create_task(child(name, delay));
        let mut pending: Vec<_> =
            [("a", ms(60)), ("b", ms(20)), ("c", ms(40))].into_iter().map(named).collect();
        while !pending.is_empty() {
            let done;
            Waited { done, pending } = wait(pending).first_completed().await;
            println!("done: {}", sorted(done.iter().map(Done::name)));
            println!("pending: {}", sorted(pending.iter().map(Task::name)));
        }
    });
}

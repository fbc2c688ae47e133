//! `wait(..).first_exception()`: back at the first error; a cancellation is none.

use std::time::Duration;

use evenkeel::{Builder, Done, Task, Waited, create_task, sleep, wait};

use crate::stage::{ms, run, secs, sorted};

async fn child(name: &'static str, delay: Duration) -> Result<(), &'static str> {
    sleep(delay).await;
    println!("{name} ends");
    if name == "c" {
        return Err("c is broken");
    }
    Ok(())
}

pub(crate) fn main() {
    run(async {
        let delays = [("a", ms(20)), ("b", secs(60)), ("c", ms(60)), ("d", ms(80))];
        let tasks =
            delays.map(|(name, delay)| Builder::new().name(name).create_task(child(name, delay)));
        let b = tasks[1].canceller();
        let canceller = create_task(async move {
            sleep(ms(40)).await;
            b.cancel()
        });
        let Waited { done, pending } = wait(tasks).first_exception().await;
        println!("done: {}", sorted(done.iter().map(Done::name)));
        println!("pending: {}", sorted(pending.iter().map(Task::name)));
        for task in pending {
            let _ = task.await;
        }
        for task in done {
            if let Ok(Err(error)) = task.outcome() {
                println!("c failed: {error}");
            }
        }
        canceller.await;
    });
}

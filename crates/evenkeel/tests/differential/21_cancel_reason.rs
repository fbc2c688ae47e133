//! `cancel_with("why")`: the reason arrives where the task is joined, also through those who await it.

use evenkeel::{Task, create_task, sleep};

use crate::stage::{ms, run, secs};

async fn waits(task: Option<Task<()>>) {
    match task {
        Some(task) => task.await,
        None => sleep(secs(60)).await,
    }
}

async fn outcome(task: Task<()>) {
    match task.join().await {
        Ok(()) => println!("done"),
        Err(error) => match error.reason() {
            Some(reason) => println!("cancelled: {reason}"),
            None => println!("cancelled:"),
        },
    }
}

pub(crate) fn main() {
    run(async {
        let early = create_task(waits(None));
        early.cancel_with("before it began");
        outcome(early).await;

        let late = create_task(waits(None));
        sleep(ms(10)).await;
        late.cancel_with("while it waited");
        outcome(late).await;

        let inner = create_task(waits(None));
        let canceller = inner.canceller();
        let outer = create_task(waits(Some(inner)));
        sleep(ms(10)).await;
        canceller.cancel_with("what it awaits");
        outcome(outer).await;

        let silent = create_task(waits(None));
        sleep(ms(10)).await;
        silent.cancel();
        outcome(silent).await;
    });
}

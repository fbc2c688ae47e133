//! `cancel`: a task cancels itself, then yields; who goes first?

use evenkeel::{create_task, current, wait, yield_now};

use crate::stage::{finally, run};

async fn itself() {
    let _finally = finally(|| println!("it is gone"));
    current().unwrap().cancel();
    println!("it goes on");
    yield_now().await;
    println!("never here");
}

async fn other() {
    println!("the other one has its turn");
}

pub(crate) fn main() {
    run(async {
        let tasks = [create_task(itself()), create_task(other())];
        let waited = wait(tasks).await;
        let outcome = waited.done[0].as_outcome();
        println!("{}", if outcome.is_err() { "cancelled" } else { "done" });
    });
}

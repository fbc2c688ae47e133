//! `gather`: who cancels the gathering task cancels what it gathers; code behind it never runs.

use evenkeel::{create_task, gather, sleep};

use crate::stage::{finally, ms, run, secs};

async fn child(name: &'static str) {
    let _finally = finally(move || println!("{name} is gone"));
    println!("{name} waits");
    sleep(secs(60)).await;
    println!("{name} was patient");
}

async fn gathers() {
    let _finally = finally(|| println!("the gathering task is gone"));
    gather((child("a"), child("b"), child("c"))).await;
    println!("all are done");
}

pub(crate) fn main() {
    run(async {
        let task = create_task(gathers());
        let canceller = task.canceller();
        sleep(ms(20)).await;
        if task.cancel() {
            println!("it will be cancelled");
        }
        if task.join().await.is_err() {
            println!("cancelled");
        }
        if !canceller.cancel() {
            println!("now it is too late");
        }
    });
}

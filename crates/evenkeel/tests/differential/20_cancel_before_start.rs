//! `cancel`: before its first step a task never runs a line; at an await it ends there.

use evenkeel::{Task, create_task, current, sleep, yield_now};

use crate::stage::{finally, run, secs};

async fn child(name: &'static str) {
    println!("{name} begins");
    let _finally = finally(move || println!("{name} is gone"));
    sleep(secs(60)).await;
    println!("{name} was patient");
}

async fn outcome(task: Task<()>) {
    match task.join().await {
        Ok(()) => println!("done"),
        Err(_) => println!("cancelled"),
    }
}

pub(crate) fn main() {
    run(async {
        let never = create_task(child("never"));
        if never.cancel() && never.cancel() {
            println!("it will be cancelled, however often one asks");
        }
        outcome(never).await;

        let begun = create_task(child("begun"));
        yield_now().await;
        begun.cancel();
        let canceller = begun.canceller();
        outcome(begun).await;
        if !canceller.cancel() {
            println!("now it is too late");
        }

        async fn itself() {
            current().unwrap().cancel();
            println!("goes on to its next await");
            yield_now().await;
            println!("never here");
        }

        outcome(create_task(itself())).await;
    });
}

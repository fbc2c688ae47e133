//! `Runner`: one loop for many runs. Between them tasks stand still; the close ends them.

use std::panic::{AssertUnwindSafe, catch_unwind};

use evenkeel::{Runner, Task, create_task, sleep, task_local};

use crate::stage::{finally, ms, options};

task_local! {
    static LAST: i32 = 0;
}

async fn counts() {
    let _finally = finally(|| println!("the counter is gone"));
    for step in 1..100 {
        println!("step {step}");
        sleep(ms(30)).await;
    }
}

async fn begins() -> Task<()> {
    let task = create_task(counts());
    sleep(ms(45)).await;
    task
}

async fn remembers(number: i32) {
    sleep(ms(30)).await;
    println!("last time it was {}", LAST.get());
    LAST.set(number);
}

pub(crate) fn main() {
    let mut runner = Runner::new(options()).unwrap();
    let task = runner.run(begins());
    println!("the first run is over");
    runner.run(remembers(1));
    runner.run(remembers(2));
    let done = task.is_finished();
    println!("{}", if done { "the counter is done" } else { "the counter stands still" });
    runner.close();
    println!("closed");
    if catch_unwind(AssertUnwindSafe(|| runner.run(begins()))).is_err() {
        println!("it runs nothing any more");
    }
}

//! `Runner`: what the others still do when main is done.

use evenkeel::{Runner, Task, create_task, yield_now};

use crate::stage::options;

async fn counts() {
    for step in 1..100 {
        println!("step {step}");
        yield_now().await;
    }
}

async fn begins() -> Task<()> {
    let task = create_task(counts());
    yield_now().await;
    println!("main is done");
    task
}

pub(crate) fn main() {
    let mut runner = Runner::new(options()).unwrap();
    let task = runner.run(begins());
    println!("between runs");
    runner.run(yield_now());
    println!("the second run is over");
    drop(task);
}

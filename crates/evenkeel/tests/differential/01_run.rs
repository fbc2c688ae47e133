//! `run`: from ordinary code into a future, and back with its value or its error; not inside itself.

use std::panic::catch_unwind;

use evenkeel::{sleep, yield_now};

use crate::stage::{ms, run};

async fn ten() -> i32 {
    println!("ten begins");
    sleep(ms(10)).await;
    10
}

async fn fails() -> Result<i32, &'static str> {
    yield_now().await;
    Err("not today")
}

async fn nested() {
    if catch_unwind(|| run(ten())).is_err() {
        println!("a loop is running already");
    }
    println!("nested goes on with {}", ten().await);
}

pub(crate) fn main() {
    println!("before");
    println!("run gave {}", run(ten()));
    if let Err(error) = run(fails()) {
        println!("run raised {error}");
    }
    run(nested());
    println!("after");
}

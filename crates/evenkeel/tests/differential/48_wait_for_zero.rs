//! `wait_for(.., ZERO)`: what is ready gives its value; the rest is cancelled.

use std::time::Duration;

use evenkeel::{create_task, sleep, wait_for, yield_now};

use crate::stage::{run, secs};

async fn ready() -> &'static str {
    println!("it begins");
    "value"
}

pub(crate) fn main() {
    run(async {
        let task = create_task(ready());
        yield_now().await;
        println!("{}", wait_for(task, Duration::ZERO).await.unwrap());
        if wait_for(create_task(sleep(secs(60))), Duration::ZERO).await.is_err() {
            println!("too late");
        }
        match wait_for(ready(), Duration::ZERO).await {
            Ok(value) => println!("{value}"),
            Err(_) => println!("too late"),
        }
    });
}

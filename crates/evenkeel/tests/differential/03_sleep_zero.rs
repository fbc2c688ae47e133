//! `sleep(0)`: once round the loop. Those who say it take turns, and newcomers take their place.

use std::time::Duration;

use evenkeel::{create_task, sleep};

use crate::stage::run;

async fn counts(name: &'static str, up_to: u32) {
    for step in 0..up_to {
        println!("{name} {step}");
        sleep(Duration::ZERO).await;
    }
    println!("{name} is done");
}

pub(crate) fn main() {
    run(async {
        let a = create_task(counts("a", 5));
        let b = create_task(counts("b", 2));
        sleep(Duration::ZERO).await;
        println!("main was away once");
        sleep(Duration::ZERO).await;
        let c = create_task(counts("c", 2));
        println!("main has made a third");
        a.await;
        b.await;
        c.await;
        println!("main is done");
    });
}

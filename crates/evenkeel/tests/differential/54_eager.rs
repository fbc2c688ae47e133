//! Eager tasks: the first step is taken inside `create_task`; what never waits is done before it returns.

use evenkeel::{Builder, current, sleep};

use crate::stage::{ms, run};

async fn cached(value: i32) -> i32 {
    println!("cached {value}");
    value
}

async fn fetched(value: i32) -> i32 {
    println!("fetching {value}");
    sleep(ms(10)).await;
    println!("fetched {value}");
    value
}

pub(crate) fn main() {
    run(async {
        let queued = Builder::new().name("queued").create_task(cached(0));
        let eager = |name| Builder::new().name(name).eager(true);
        let one = eager("one").create_task(cached(1));
        println!("{}", if one.is_finished() { "it is done" } else { "it is not done" });
        let two = eager("two").create_task(fetched(2));
        println!("{}", if two.is_finished() { "it is done" } else { "it is not done" });
        println!("main is {}", current().unwrap().name());
        let canceller = one.canceller();
        println!("{} {} {}", two.await, one.await, queued.await);
        if !canceller.cancel() {
            println!("what is done is not cancelled");
        }
    });
}

//! `shield`: what has begun goes on when its awaiter gives up; who cancels it itself cancels its awaiter.

use evenkeel::{Task, create_task, shield, sleep, wait_for};

use crate::stage::{ms, run};

async fn save(name: &'static str) -> &'static str {
    println!("{name} begins");
    sleep(ms(40)).await;
    println!("{name} is saved");
    name
}

pub(crate) fn main() {
    run(async {
        println!("got {}", shield(save("plain")).await);

        if wait_for(shield(save("slow")), ms(20)).await.is_err() {
            println!("too late, but it goes on");
        }
        sleep(ms(40)).await;

        let mut kept = create_task(save("kept"));
        if wait_for(&mut kept, ms(20)).await.is_err() {
            println!("too late, but main still has it");
        }
        println!("got {}", kept.await);

        let inner = create_task(save("inner"));
        let canceller = inner.canceller();

        async fn waits(inner: Task<&'static str>) {
            shield(inner).await;
            println!("never here");
        }

        let waiter = create_task(waits(inner));
        sleep(ms(20)).await;
        canceller.cancel();
        if waiter.join().await.is_err() {
            println!("the waiter is cancelled");
        }
    });
}

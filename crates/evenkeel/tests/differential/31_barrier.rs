//! `Barrier`: nobody passes before all are there; again and again; who comes last passes first.

use std::sync::Arc;

use evenkeel::{Barrier, create_task, gather, sleep, wait};

use crate::stage::{ms, run};

async fn runner(name: &str, barrier: &Barrier, delays: [u64; 2]) {
    for (lap, delay) in delays.into_iter().enumerate() {
        sleep(ms(delay)).await;
        println!("{name} is there, lap {lap} and {} wait", barrier.n_waiting());
        let place = barrier.wait().await.unwrap();
        println!("{name} passes at place {place}");
    }
}

async fn breaks(barrier: Arc<Barrier>) {
    if barrier.wait().await.is_err() {
        println!("broken");
    }
}

pub(crate) fn main() {
    run(async {
        let barrier = Arc::new(Barrier::new(3));
        gather((
            runner("a", &barrier, [20, 60]),
            runner("b", &barrier, [60, 20]),
            runner("c", &barrier, [40, 40]),
        ))
        .await;

        let tasks = [0; 2].map(|_| create_task(breaks(barrier.clone())));
        sleep(ms(10)).await;
        println!("{} wait", barrier.n_waiting());
        barrier.reset();
        drop(wait(tasks).await);
        println!("reset, and {}", if barrier.is_broken() { "broken" } else { "whole" });
        barrier.abort();
        breaks(barrier.clone()).await;
        println!("aborted, and {}", if barrier.is_broken() { "broken" } else { "whole" });
    });
}

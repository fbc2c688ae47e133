//! `Lock`: first come, first served; who lets go and asks again goes to the end of the line.

use std::sync::Arc;

use evenkeel::{Lock, create_task, sleep};

use crate::stage::{ms, run};

async fn worker(name: &'static str, lock: Arc<Lock<()>>) {
    for turn in 0..2 {
        {
            let _guard = lock.lock().await;
            println!("{name} has it, {turn}");
            sleep(ms(10)).await;
        }
        println!("{name} lets go");
    }
}

pub(crate) fn main() {
    run(async {
        let lock = Arc::new(Lock::new(()));
        let guard = lock.lock().await;
        let workers = ["a", "b", "c"].map(|name| create_task(worker(name, lock.clone())));
        sleep(ms(10)).await;
        println!("it is {}", if lock.is_locked() { "locked" } else { "free" });
        drop(guard);
        println!("main lets go");
        {
            let _guard = lock.lock().await;
            println!("main is last");
        }
        for task in workers {
            task.await;
        }
        println!("it is {}", if lock.is_locked() { "locked" } else { "free" });
    });
}

//! `Lock`: the one it was handed to is cancelled before it came for it; the next in line has it.

use std::sync::Arc;

use evenkeel::{Lock, create_task, sleep, wait, wait_for};

use crate::stage::{finally, ms, run};

async fn worker(name: &'static str, lock: Arc<Lock<()>>) {
    let _finally = finally(|| println!("{name} is gone"));
    let _guard = lock.lock().await;
    println!("{name} has it");
    sleep(ms(10)).await;
}

pub(crate) fn main() {
    run(async {
        let lock = Arc::new(Lock::new(()));
        let guard = lock.lock().await;
        let workers = ["a", "b", "c", "d"].map(|name| create_task(worker(name, lock.clone())));
        sleep(ms(10)).await;
        workers[1].cancel();
        sleep(ms(10)).await;
        drop(guard);
        workers[0].cancel();
        println!("let go, and a is cancelled in the same turn");
        drop(wait(workers).await);
        println!("it is {}", if lock.is_locked() { "locked" } else { "free" });

        let guard = lock.lock().await;
        if wait_for(lock.lock(), ms(20)).await.is_err() {
            println!("too late");
        }
        drop(guard);
        println!("it is {}", if lock.is_locked() { "locked" } else { "free" });
    });
}

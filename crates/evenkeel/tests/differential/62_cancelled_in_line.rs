//! `Semaphore`: the first in line is cancelled, and in the same turn a permit comes.

use std::sync::Arc;

use evenkeel::{Semaphore, create_task, sleep};

use crate::stage::{finally, ms, run};

async fn waiter(name: &'static str, semaphore: Arc<Semaphore>) {
    let _finally = finally(|| println!("{name} is gone"));
    let permit = semaphore.acquire().await;
    println!("{name} has it");
    permit.forget();
}

async fn other() {
    println!("the other one has its turn");
}

pub(crate) fn main() {
    run(async {
        let semaphore = Arc::new(Semaphore::new(0));
        let first = create_task(waiter("first", semaphore.clone()));
        let second = create_task(waiter("second", semaphore.clone()));
        sleep(ms(10)).await;
        first.cancel();
        semaphore.add_permits(1);
        create_task(other()).detach();
        second.await;
    });
}

//! `Condition`: those who wait are notified in order, and go on when they have the lock again.

use std::sync::Arc;

use evenkeel::{Condition, Lock, create_task, sleep, wait};

use crate::stage::{ms, run};

async fn waiter(name: &'static str, lock: Arc<Lock<()>>, condition: Arc<Condition>) {
    {
        let guard = lock.lock().await;
        println!("{name} waits");
        let _guard = condition.wait(guard).await;
        println!("{name} goes on");
    }
    println!("{name} lets go");
}

async fn consumer(items: Arc<Lock<Vec<i32>>>, condition: Arc<Condition>) {
    let items = items.lock().await;
    let items = condition.wait_for(items, |items| items.len() >= 3).await;
    println!("there are {}", items.len());
}

pub(crate) fn main() {
    run(async {
        let (lock, condition) = (Arc::new(Lock::new(())), Arc::new(Condition::new()));
        let tasks = ["a", "b", "c", "d"]
            .map(|name| create_task(waiter(name, lock.clone(), condition.clone())));
        sleep(ms(10)).await;
        {
            let _guard = lock.lock().await;
            condition.notify(1);
            println!("one is notified, the lock is still held");
            sleep(ms(10)).await;
        }
        sleep(ms(10)).await;
        {
            let _guard = lock.lock().await;
            condition.notify(2);
            println!("two are notified");
        }
        sleep(ms(10)).await;
        {
            let _guard = lock.lock().await;
            condition.notify_all();
            println!("all are notified");
        }
        drop(wait(tasks).await);

        let (items, condition) = (Arc::new(Lock::new(Vec::new())), Arc::new(Condition::new()));
        let consuming = create_task(consumer(items.clone(), condition.clone()));
        for item in 0..4 {
            sleep(ms(10)).await;
            let mut items = items.lock().await;
            items.push(item);
            println!("put {item}");
            condition.notify_all();
        }
        consuming.await;
    });
}

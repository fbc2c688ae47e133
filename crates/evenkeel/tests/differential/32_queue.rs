//! `Queue`: bounded, so who puts waits for room; first in, first out; who gets waits in order.

use evenkeel::{Queue, create_task, sleep, wait, wait_for};

use crate::stage::{ms, run};

async fn producer(queue: Queue<i32>) {
    for item in 0..5 {
        queue.put(item).await.unwrap();
        println!("put {item} and there are {}", queue.len());
    }
}

async fn consumer(name: &'static str, queue: Queue<i32>) {
    println!("{name} got {}", *queue.get().await.unwrap());
}

pub(crate) fn main() {
    run(async {
        let queue = Queue::bounded(2);
        let producing = create_task(producer(queue.clone()));
        sleep(ms(10)).await;
        println!("{}", if queue.is_full() { "full" } else { "room" });
        if queue.try_put(99).is_err() {
            println!("no room for 99");
        }
        for _ in 0..5 {
            println!("got {}", *queue.get().await.unwrap());
            sleep(ms(10)).await;
        }
        producing.await;
        println!("{}", if queue.is_empty() { "empty" } else { "not empty" });
        if queue.try_get().unwrap().is_none() {
            println!("nothing to get");
        }

        let consumers = ["a", "b", "c"].map(|name| create_task(consumer(name, queue.clone())));
        sleep(ms(10)).await;
        consumers[0].cancel();
        for item in [7, 8] {
            queue.put(item).await.unwrap();
        }
        drop(wait(consumers).await);

        if wait_for(queue.get(), ms(10)).await.is_err() {
            println!("nothing came");
        }
    });
}

//! Producers, consumers and a queue between them; `join` waits until all that was put is done with.

use std::time::Duration;

use evenkeel::{Queue, create_task, gather, sleep, wait};

use crate::stage::{finally, ms, run};

async fn producer(name: &str, queue: &Queue<String>) {
    for number in 0..3 {
        queue.put(format!("{name}{number}")).await.unwrap();
        sleep(ms(20)).await;
    }
    println!("producer {name} is done");
}

async fn consumer(name: &'static str, delay: Duration, queue: Queue<String>) {
    let _finally = finally(|| println!("consumer {name} is gone"));
    loop {
        let item = queue.get().await.unwrap();
        println!("{name} works on {}", *item);
        sleep(delay).await;
        drop(item); // task_done
    }
}

pub(crate) fn main() {
    run(async {
        let queue = Queue::bounded(2);
        let consumers = [
            create_task(consumer("one", ms(25), queue.clone())),
            create_task(consumer("two", ms(28), queue.clone())),
        ];
        gather((producer("a", &queue), producer("b", &queue))).await;
        println!("all is put");
        queue.join().await;
        println!("all is done");
        for task in &consumers {
            task.cancel();
        }
        drop(wait(consumers).await);
        queue.join().await;
        println!("there is nothing to wait for");
    });
}

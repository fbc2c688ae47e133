//! `Queue::shutdown`: no more is put; what is there is still got; then those who wait are told.

use evenkeel::sync::Shutdown;
use evenkeel::{Queue, create_task, gather, sleep, yield_now};

use crate::stage::{ms, run};

async fn consumer(name: &'static str, queue: Queue<&'static str>) {
    while let Ok(item) = queue.get().await {
        println!("{name} got {}", *item);
        drop(item); // task_done
        yield_now().await;
    }
    println!("{name} is told");
}

async fn producer(queue: Queue<&'static str>) {
    match queue.put("late").await {
        Ok(()) => println!("never here"),
        Err(_) => println!("the producer is told"),
    }
}

pub(crate) fn main() {
    run(async {
        let queue = Queue::unbounded();
        for item in ["0", "1", "2"] {
            queue.try_put(item).unwrap();
        }
        queue.shutdown(Shutdown::Graceful);
        producer(queue.clone()).await;
        gather((consumer("a", queue.clone()), consumer("b", queue.clone()))).await;
        queue.join().await;
        println!("all is done");

        let empty = Queue::unbounded();
        let waiting = create_task(consumer("c", empty.clone()));
        sleep(ms(10)).await;
        empty.shutdown(Shutdown::Graceful);
        waiting.await;

        let full = Queue::bounded(1);
        full.try_put("first").unwrap();
        let waiting = create_task(producer(full.clone()));
        sleep(ms(10)).await;
        full.shutdown(Shutdown::Immediate);
        waiting.await;
        full.join().await;
        println!("what was there is gone, and counts as done");
        consumer("d", full).await;
    });
}

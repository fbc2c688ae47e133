//! `Queue`, `LifoQueue`, `PriorityQueue`: what went in first, last, or is least comes out first.

use evenkeel::sync::queue::{Order, OrderedQueue};
use evenkeel::{LifoQueue, PriorityQueue, Queue, create_task, sleep};

use crate::stage::{ms, run};

async fn fill<O: Order<Item = i32>>(queue: &OrderedQueue<O>) {
    for item in [1, 3, 2] {
        queue.put(item).await.unwrap();
    }
}

async fn drain<O: Order<Item = i32>>(queue: &OrderedQueue<O>) {
    let mut items = Vec::new();
    while !queue.is_empty() {
        items.push(queue.get().await.unwrap().to_string());
    }
    println!("{}", items.join(" "));
}

pub(crate) fn main() {
    run(async {
        let (fifo, lifo, least) =
            (Queue::unbounded(), LifoQueue::unbounded(), PriorityQueue::unbounded());
        fill(&fifo).await;
        drain(&fifo).await;
        fill(&lifo).await;
        drain(&lifo).await;
        fill(&least).await;
        drain(&least).await;

        let queue = PriorityQueue::unbounded();
        let waits = queue.clone();
        let getter = create_task(async move { *waits.get().await.unwrap() });
        sleep(ms(10)).await;
        queue.try_put(5).unwrap();
        queue.try_put(1).unwrap();
        println!("a getter that waited got {}", getter.await);
        drain(&queue).await;
    });
}

//! `Event`: set lets all go, in order; set and clear at once lets go those who waited.

use std::sync::Arc;

use evenkeel::{Event, create_task, sleep, wait};

use crate::stage::{ms, run};

async fn waiter(name: &'static str, event: Arc<Event>) {
    println!("{name} {}", if !event.is_set() { "waits" } else { "need not wait" });
    event.wait().await;
    println!("{name} goes on");
}

pub(crate) fn main() {
    run(async {
        let event = Arc::new(Event::new());
        let tasks = ["a", "b", "c"].map(|name| create_task(waiter(name, event.clone())));
        sleep(ms(10)).await;
        tasks[1].cancel();
        event.set();
        println!("set");
        waiter("main", event.clone()).await;
        drop(wait(tasks).await);

        event.clear();
        let tasks = ["d", "e"].map(|name| create_task(waiter(name, event.clone())));
        sleep(ms(10)).await;
        event.set();
        event.clear();
        println!("set and cleared");
        let late = create_task(waiter("late", event.clone()));
        drop(wait(tasks).await);
        sleep(ms(10)).await;
        println!("{}", if late.is_finished() { "late is done" } else { "late still waits" });
        event.set();
        late.await;
    });
}

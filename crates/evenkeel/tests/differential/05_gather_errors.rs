//! `gather` of `join`s: errors and cancellations are values in their places.

use evenkeel::{Canceller, Task, create_task, gather, sleep};

use crate::stage::{ms, run};

async fn child(number: u64, delay: u64) -> Result<u64, &'static str> {
    sleep(ms(delay)).await;
    if number == 2 {
        return Err("two is broken");
    }
    println!("{number} ends");
    Ok(number)
}

async fn cancel_later(task: Canceller) {
    sleep(ms(20)).await;
    println!("three is cancelled");
    task.cancel();
}

pub(crate) fn main() {
    run(async {
        let tasks = [1, 2, 3, 4].map(|number| create_task(child(number, 10 * number * number)));
        let canceller = create_task(cancel_later(tasks[2].canceller()));
        let results = gather(tasks.map(Task::join)).await;
        for result in results {
            match result {
                Err(_) => println!("cancelled"),
                Ok(Err(error)) => println!("error: {error}"),
                Ok(Ok(value)) => println!("value: {value}"),
            }
        }
        canceller.await;
    });
}

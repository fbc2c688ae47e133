//! `as_completed`: one after the other, in the order in which they end, errors among them.

use std::time::Duration;

use evenkeel::{as_completed, create_task, sleep};

use crate::stage::{ms, run};

async fn child(name: &'static str, delay: Duration) -> Result<&'static str, &'static str> {
    sleep(delay).await;
    if name == "b" {
        return Err("b is broken");
    }
    Ok(name)
}

pub(crate) fn main() {
    run(async {
        let delays = [("a", ms(60)), ("b", ms(20)), ("c", ms(40))];
        let tasks = delays.map(|(name, delay)| create_task(child(name, delay)));
        let mut completed = as_completed(tasks);
        while let Some(task) = completed.next().await {
            match task.result() {
                Ok(value) => println!("got {value}"),
                Err(error) => println!("error: {error}"),
            }
        }
        println!("no more");
    });
}

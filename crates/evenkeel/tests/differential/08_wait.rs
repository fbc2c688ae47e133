//! `wait`: until all tasks are done, however they end; an error stays with its task.

use std::time::Duration;

use evenkeel::{Builder, Waited, sleep, wait};

use crate::stage::{ms, run, secs};

async fn child(name: &'static str, delay: Duration) -> Result<&'static str, &'static str> {
    sleep(delay).await;
    println!("{name} ends");
    if name == "b" {
        return Err("b is broken");
    }
    Ok(name)
}

pub(crate) fn main() {
    run(async {
        let tasks = [
            Builder::new().name("a").create_task(child("a", ms(40))),
            Builder::new().name("b").create_task(child("b", ms(20))),
            Builder::new().name("c").create_task(child("c", secs(60))),
        ];
        tasks[2].cancel();
        let Waited { mut done, pending } = wait(tasks).await;
        println!("{} done, {} pending", done.len(), pending.len());
        done.sort_by_key(|task| task.name());
        for task in done {
            let name = task.name();
            match task.outcome() {
                Err(_) => println!("{name} was cancelled"),
                Ok(Err(error)) => println!("{name} failed: {error}"),
                Ok(Ok(value)) => println!("{name} gave {value}"),
            }
        }
    });
}

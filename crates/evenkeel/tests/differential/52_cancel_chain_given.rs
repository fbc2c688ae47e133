//! `cancel`: also of tasks that were given to those who await them.

use evenkeel::{Task, create_task, sleep};

use crate::stage::{finally, ms, run, secs};

async fn waits(name: &'static str, task: Option<Task<()>>) {
    let _finally = finally(move || println!("{name} is gone"));
    println!("{name} waits");
    match task {
        Some(task) => task.await,
        None => sleep(secs(60)).await,
    }
}

pub(crate) fn main() {
    run(async {
        let inner = create_task(waits("inner", None));
        let middle = create_task(waits("middle", Some(inner)));
        let outer = create_task(waits("outer", Some(middle)));
        sleep(ms(20)).await;
        outer.cancel();
        if outer.join().await.is_err() {
            println!("cancelled");
        }
        sleep(ms(20)).await;
        println!("main is done");
    });
}

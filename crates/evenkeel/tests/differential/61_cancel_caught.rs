//! A cancel that is caught: the work is given up, and its owner goes on; here that is a scope.

use evenkeel::{CancelScope, create_task, sleep};

use crate::stage::{finally, ms, run, secs};

async fn download(name: &str, scope: CancelScope) -> String {
    let _finally = finally(|| println!("{name} is over"));
    match scope.run(sleep(secs(60))).await {
        Ok(()) => format!("{name}, all of it"),
        Err(cancelled) => {
            println!("given up: {}", cancelled.reason.unwrap());
            format!("{name}, what there was")
        }
    }
}

pub(crate) fn main() {
    run(async {
        let scope = CancelScope::new();
        let task = create_task(download("film", scope.clone()));
        sleep(ms(10)).await;
        scope.cancel_with("the disk is full");
        match task.join().await {
            Ok(got) => println!("got {got}"),
            Err(_) => println!("it was cancelled"),
        }
    });
}

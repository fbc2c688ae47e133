//! `TaskGroup`: three that would fail in one turn of the loop.

use evenkeel::{TaskGroup, sleep, yield_now};

use crate::stage::{finally, run, secs};

async fn child(name: &'static str) -> Result<(), String> {
    let _finally = finally(|| println!("{name} is gone"));
    yield_now().await;
    Err(format!("{name} is broken"))
}

pub(crate) fn main() {
    run(async {
        let scope = TaskGroup::scope(async |group| {
            for name in ["one", "two", "three"] {
                group.create_task(child(name));
            }
            sleep(secs(60)).await;
            Ok(())
        });
        if let Err(errors) = scope.await {
            println!("errors: {}", errors.into_errors().join(" "));
        }
    });
}

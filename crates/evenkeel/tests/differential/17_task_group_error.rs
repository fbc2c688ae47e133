//! `TaskGroup`: one fails; the others and the body are cancelled and gone before the error is told.

use std::time::Duration;

use evenkeel::{GroupError, TaskGroup, sleep};

use crate::stage::{finally, ms, run, secs};

async fn child(name: &'static str, delay: Duration, fails: bool) -> Result<(), String> {
    let _finally = finally(|| println!("{name} is gone"));
    sleep(delay).await;
    if fails {
        return Err(format!("{name} is broken"));
    }
    println!("{name} ends");
    Ok(())
}

fn all(errors: GroupError<String>) -> String {
    errors.into_errors().join(" ")
}

pub(crate) fn main() {
    run(async {
        let scope = TaskGroup::scope(async |group| {
            group.create_task(child("quick", ms(10), false));
            group.create_task(child("broken", ms(20), true));
            group.create_task(child("patient", secs(60), false));
            println!("the body waits");
            sleep(secs(60)).await;
            println!("never here");
            Ok(())
        });
        if let Err(errors) = scope.await {
            println!("errors: {}", all(errors));
        }
        println!("main goes on");

        let scope = TaskGroup::scope(async |group| {
            group.create_task(child("patient", secs(60), false));
            sleep(ms(10)).await;
            Err::<(), _>("the body is broken".to_owned())
        });
        if let Err(errors) = scope.await {
            println!("errors: {}", all(errors));
        }

        let scope = TaskGroup::scope(async |group| {
            group.create_task(child("broken", ms(10), true));
            sleep(ms(5)).await;
            Err::<(), _>("the body is broken".to_owned())
        });
        if let Err(errors) = scope.await {
            println!("{} error: {}", errors.len(), all(errors));
        }
    });
}

//! `TaskGroup` in `TaskGroup`: an error ends the group it is in, then the one around it; errors nest as groups do.

use std::time::Duration;

use evenkeel::{GroupError, Nested, TaskGroup, sleep};

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

fn show(error: &GroupError<String>, depth: usize) {
    println!("{}a group of {}", "  ".repeat(depth), error.nodes().len());
    for inner in error.nodes() {
        match inner.group() {
            Some(group) => show(group, depth + 1),
            None => println!("{}{}", "  ".repeat(depth + 1), inner.error().unwrap()),
        }
    }
}

pub(crate) fn main() {
    run(async {
        let scope = TaskGroup::scope(async |outer| {
            outer.create_task(child("outer's", secs(60), false));
            let scope = TaskGroup::scope(async |inner| {
                inner.create_task(child("inner's", secs(60), false));
                inner.create_task(child("broken", ms(10), true));
                Ok(())
            });
            let inner = scope.await;
            if inner.is_ok() {
                println!("never here");
            }
            Nested(inner)
        });
        if let Err(error) = scope.await {
            show(&error, 0);
        }

        let scope = TaskGroup::scope(async |outer| {
            outer.create_task(child("broken", ms(10), true));
            let scope = TaskGroup::scope(async |inner| {
                inner.create_task(child("inner's", secs(60), false));
                Ok(())
            });
            let inner = scope.await;
            println!("never here");
            Nested(inner)
        });
        if let Err(error) = scope.await {
            show(&error, 0);
        }

        let scope = TaskGroup::scope(async |outer| {
            outer.create_task(child("outer's", ms(20), false));
            let scope = TaskGroup::scope(async |inner| {
                inner.create_task(child("inner's", secs(60), false));
                inner.create_task(child("broken", ms(10), true));
                Ok(())
            });
            if let Err(errors) = scope.await {
                println!("handled: {}", errors.into_errors().join(" "));
            }
            Ok(())
        });
        scope.await.unwrap();
        println!("main is done");
    });
}

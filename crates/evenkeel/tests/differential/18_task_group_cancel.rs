//! `TaskGroup`: cancelled from outside, all its tasks are gone before the cancel is told; one alone harms none.

use std::convert::Infallible;
use std::sync::Mutex;
use std::time::Duration;

use evenkeel::{TaskGroup, create_task, sleep, timeout};

use crate::stage::{finally, ms, run, secs, sorted};

static GONE: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn gone() -> String {
    sorted(GONE.lock().unwrap().drain(..))
}

async fn child(name: &'static str, delay: Duration) {
    let _finally = finally(|| GONE.lock().unwrap().push(name.to_owned()));
    sleep(delay).await;
    println!("{name} ends");
}

async fn groups() {
    let scope = TaskGroup::<Infallible>::scope(async |group| {
        for name in ["a", "b", "c"] {
            group.create_task(child(name, secs(60)));
        }
    });
    scope.await.unwrap();
    println!("never here");
}

pub(crate) fn main() {
    run(async {
        let task = create_task(groups());
        sleep(ms(20)).await;
        task.cancel();
        if task.join().await.is_err() {
            println!("cancelled, and gone are {}", gone());
        }

        let scope = TaskGroup::<Infallible>::scope(async |group| {
            group.create_task(child("other", ms(20)));
            let alone = group.create_task(child("alone", secs(60)));
            sleep(ms(10)).await;
            alone.cancel();
        });
        scope.await.unwrap();
        println!("the group has ended well, and gone are {}", gone());

        if timeout(ms(20), groups()).await.is_err() {
            println!("too late, and gone are {}", gone());
        }
    });
}

//! `TaskGroup`: the scope ends when all its tasks have; the tasks of its tasks among them.

use std::convert::Infallible;
use std::time::Duration;

use evenkeel::{TaskGroup, sleep};

use crate::stage::{ms, run};

async fn child(name: &'static str, delay: Duration) -> Result<String, Infallible> {
    println!("{name} begins");
    sleep(delay).await;
    println!("{name} ends");
    Ok(name.to_uppercase())
}

async fn parent(group: TaskGroup<Infallible>) {
    println!("parent begins");
    sleep(ms(20)).await;
    group.create_task(child("grandchild", ms(40)));
    println!("parent ends");
}

pub(crate) fn main() {
    run(async {
        let scope = TaskGroup::scope(async |group| {
            let a = group.create_task(child("a", ms(50)));
            let b = group.create_task(child("b", ms(10)));
            group.create_task(parent(group.clone()));
            let b = b.await;
            println!("the body waits for b: {b}");
            let c = group.create_task(child("c", ms(20)));
            println!("the body ends");
            Ok((a, b, c))
        });
        let (a, b, c) = scope.await.unwrap();
        println!("all have ended: {} {b} {}", a.await, c.await);

        let empty = TaskGroup::<Infallible>::scope(async |_| {
            println!("nothing to wait for");
        });
        empty.await.unwrap();
        println!("main is done");
    });
}

//! `create_task`: a task begins when its maker suspends, and tasks begin in the order of their making.

use evenkeel::{create_task, yield_now};

use crate::stage::run;

async fn child(name: &'static str) -> &'static str {
    println!("{name} begins");
    let grandchild = create_task(grand(name));
    yield_now().await;
    println!("{name} goes on");
    grandchild.await;
    name
}

async fn grand(name: &'static str) {
    println!("a child of {name}");
}

pub(crate) fn main() {
    run(async {
        let tasks = ["a", "b", "c"].map(|name| create_task(child(name)));
        println!("main has made three tasks");
        for task in tasks {
            println!("main got {}", task.await);
        }
    });
}

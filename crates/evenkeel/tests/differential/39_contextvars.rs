//! `task_local!`: a child sees what was set when it was made; what it sets stays with it. Threads too.

use evenkeel::{create_task, task_local, to_thread, yield_now};

use crate::stage::run;

task_local! {
    static USER: &'static str = "nobody";
}

async fn child(name: &'static str) {
    println!("{name} begins as {}", USER.get());
    USER.set(name);
    yield_now().await;
    println!("{name} is still {}", USER.get());
}

fn call() -> &'static str {
    let seen = USER.get();
    USER.set("thread");
    seen
}

pub(crate) fn main() {
    run(async {
        println!("main begins as {}", USER.get());
        let first = create_task(child("first"));
        USER.set("main");
        let second = create_task(child("second"));
        first.await;
        second.await;
        println!("main is {}", USER.get());
        println!("a thread begins as {}", to_thread(call).await);
        println!("main is still {}", USER.get());
        child("awaited").await;
        println!("what main awaits is main: {}", USER.get());
    });
    println!("outside it is {}", USER.get());
}

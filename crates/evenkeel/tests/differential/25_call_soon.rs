//! `call_soon`: functions the loop calls, each once, in the order of the asking, among the tasks.

use evenkeel::{call_soon, create_task, yield_now};

use crate::stage::run;

async fn task(name: &str) {
    println!("task {name}");
}

fn first() {
    println!("first");
    call_soon(|| println!("asked for by the first"));
}

pub(crate) fn main() {
    run(async {
        call_soon(first);
        let one = create_task(task("one"));
        call_soon(|| println!("second"));
        let never = call_soon(|| println!("never"));
        let two = create_task(task("two"));
        never.cancel();
        let how = if never.is_cancelled() { "cancelled" } else { "to be called" };
        println!("main goes on: {how}");
        yield_now().await;
        println!("main was away once");
        yield_now().await;
        println!("main was away twice");
        one.await;
        two.await;
    });
}

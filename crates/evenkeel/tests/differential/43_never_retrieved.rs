//! A panic that nobody has heard of is told when the last who could ask is gone; one that was heard is not.

use std::sync::Arc;

use evenkeel::{FailureReport, Options, Runner, create_task, sleep};

use crate::stage::{ms, options};

fn tell(report: &FailureReport) {
    println!("nobody heard of it: {}", report.message);
}

async fn fails(name: &'static str) {
    println!("{name} fails");
    panic!("{name} is broken");
}

pub(crate) fn main() {
    let telling = Options { on_failure: Some(Arc::new(tell)), ..options() };
    Runner::new(telling).unwrap().run(async {
        create_task(fails("detached")).detach();
        sleep(ms(10)).await;

        let held = create_task(fails("held"));
        sleep(ms(10)).await;
        println!("still held");
        drop(held);
        println!("let go");

        let awaited = create_task(fails("awaited"));
        if let Err(error) = awaited.join().await {
            let error = error.into_panic().downcast::<String>().unwrap();
            println!("heard: {error}");
        }
        println!("main is done");
    });
}

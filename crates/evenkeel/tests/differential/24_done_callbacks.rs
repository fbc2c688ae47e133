//! `add_done_callback`: called soon after the end, in order, never at once; one that fails stops none.

use std::sync::Arc;
use std::time::Duration;

use evenkeel::{Ended, Options, Runner, create_task, sleep, yield_now};

use crate::stage::{ms, options, secs};

fn how(ended: Ended) -> &'static str {
    match ended {
        Ended::Cancelled => "cancelled",
        Ended::Panicked => "failed",
        _ => "completed",
    }
}

fn fails(_: Ended) {
    println!("a callback fails");
    panic!("a broken callback");
}

async fn child(delay: Duration, error: Option<&'static str>) {
    sleep(delay).await;
    println!("the child ends");
    if let Some(error) = error {
        panic!("{error}");
    }
}

pub(crate) fn main() {
    let quiet = Options { on_failure: Some(Arc::new(|_| {})), ..options() };
    Runner::new(quiet).unwrap().run(async {
        let mut task = create_task(child(ms(20), None));
        task.add_done_callback(|ended| println!("first: {}", how(ended)));
        task.add_done_callback(fails);
        task.add_done_callback(|ended| println!("second: {}", how(ended)));
        (&mut task).await;
        println!("main goes on");
        task.add_done_callback(|ended| println!("late: {}", how(ended)));
        println!("not yet");
        yield_now().await;

        let task = create_task(child(secs(60), None));
        task.add_done_callback(|ended| println!("cancelled one: {}", how(ended)));
        yield_now().await;
        task.cancel();
        sleep(ms(20)).await;

        let task = create_task(child(ms(0), Some("broken")));
        task.add_done_callback(|ended| println!("failed one: {}", how(ended)));
        sleep(ms(20)).await;
    });
}

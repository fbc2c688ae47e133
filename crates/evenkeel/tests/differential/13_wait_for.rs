//! `wait_for`: in time, with its own error, or too late; then it is gone before the error is told.

use std::time::Duration;

use evenkeel::{create_task, sleep, wait_for};

use crate::stage::{finally, ms, run, secs};

async fn child(delay: Duration, fails: bool) -> Result<&'static str, &'static str> {
    let _finally = finally(|| println!("the child is gone"));
    sleep(delay).await;
    if fails {
        return Err("it is broken");
    }
    Ok("value")
}

pub(crate) fn main() {
    run(async {
        println!("{}", wait_for(child(ms(20), false), ms(100)).await.unwrap().unwrap());
        println!("{}", wait_for(child(ms(20), false), None).await.unwrap().unwrap());
        if let Ok(Err(error)) = wait_for(child(ms(20), true), ms(100)).await {
            println!("error: {error}");
        }
        if wait_for(child(secs(60), false), ms(20)).await.is_err() {
            println!("too late");
        }
        if wait_for(create_task(child(secs(60), false)), ms(20)).await.is_err() {
            println!("too late");
        }
        let done = create_task(child(ms(0), false));
        sleep(ms(20)).await;
        println!("{}", wait_for(done, ms(0)).await.unwrap().unwrap());
    });
}

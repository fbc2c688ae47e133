//! Retry: a limit of time for each attempt, a pause that doubles, and the last error when all is in vain.

use std::cell::Cell;

use evenkeel::{create_local_task, sleep, wait, wait_for};

use crate::stage::{finally, ms, run, secs};

async fn flaky(attempt: u32, succeeds_at: u32) -> Result<String, String> {
    if attempt == succeeds_at {
        return Ok(format!("attempt {attempt} did it"));
    }
    if attempt % 2 == 1 {
        sleep(secs(60)).await;
    }
    Err(format!("attempt {attempt} was refused"))
}

async fn retry(attempts: u32, succeeds_at: u32) -> Result<String, String> {
    let (mut pause, mut last) = (ms(10), String::new());
    for attempt in 0..attempts {
        match wait_for(flaky(attempt, succeeds_at), ms(20)).await {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => {
                println!("{error}");
                last = error;
            }
            Err(error) => {
                println!("attempt {attempt} took too long");
                last = error.to_string();
            }
        }
        sleep(pause).await;
        pause *= 2;
    }
    Err(last)
}

async fn heartbeat() {
    let beats = Cell::new(0);
    let _finally = finally(|| {
        println!("{}", if beats.get() > 3 { "the heart beat on" } else { "the loop stood still" });
    });
    loop {
        sleep(ms(1)).await;
        beats.set(beats.get() + 1);
    }
}

pub(crate) fn main() {
    run(async {
        let beating = create_local_task(heartbeat());
        println!("{}", retry(5, 2).await.unwrap());
        if let Err(error) = retry(3, 9).await {
            println!("in vain: {error}");
        }
        beating.cancel();
        drop(wait([beating]).await);
    });
}

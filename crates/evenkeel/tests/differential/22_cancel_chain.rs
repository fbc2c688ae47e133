//! `cancel`: goes through who awaits whom down to the innermost; the end is told when all have ended.

use evenkeel::{create_task, sleep};

use crate::stage::{finally, ms, run, secs};

async fn inner() {
    let _finally = finally(|| println!("inner is gone"));
    println!("inner waits");
    sleep(secs(60)).await;
}

async fn middle() {
    let _finally = finally(|| println!("middle is gone"));
    println!("middle waits");
    create_task(inner()).await;
}

async fn outer() {
    let _finally = finally(|| println!("outer is gone"));
    println!("outer waits");
    create_task(middle()).await;
}

pub(crate) fn main() {
    run(async {
        let task = create_task(outer());
        sleep(ms(20)).await;
        task.cancel_with("enough");
        if let Err(error) = task.join().await {
            println!("cancelled: {}", error.reason().unwrap());
        }
        sleep(ms(20)).await;
        println!("main is done");
    });
}

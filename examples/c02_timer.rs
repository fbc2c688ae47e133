//! `evenkeel-timer` alone: sleeps, beats and limits under any executor.
//!
//! Nothing here drives the timers, so the crate's own fall-back thread does: it starts with the
//! first sleep, and sleeps itself while there is no deadline to keep. (Inside an evenkeel
//! runner the loop fires the timers, and that thread never exists.)

use evenkeel_timer::{interval, sleep, timeout};
use futures_lite::future;
use std::time::{Duration, Instant};

const TENTH: Duration = Duration::from_millis(100);

/// The same work wherever it is awaited.
async fn work() {
    let begun = Instant::now();
    let say = |what: &str| println!("  {:5.3} s  {what}", begun.elapsed().as_secs_f64());

    future::zip(sleep(TENTH), sleep(TENTH)).await;
    say("two sleeps of a tenth, at once");
    assert!(begun.elapsed() >= TENTH);

    let mut beat = interval(TENTH / 2);
    for _ in 0..2 {
        beat.tick().await;
    }
    say("two beats of a twentieth");

    // Any future can be given a limit, whoever wrote it.
    let never = future::pending::<()>();
    let late = timeout(TENTH, never).await;
    say("a limit of a tenth on a future that never ends");
    assert!(late.is_err());

    let in_time = timeout(TENTH, async { 7 }).await;
    assert_eq!(in_time, Ok(7));
}

fn main() {
    println!("under futures_lite::block_on");
    future::block_on(work());

    // This tokio runtime has neither a time nor an I/O driver: `enable_time` was not called.
    println!("inside a tokio runtime without timers of its own");
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build();
    let tokio = tokio.expect("tokio starts");
    tokio.block_on(async { tokio::spawn(work()).await }).expect("the task ends well");
}

//! `finally` and `asyncio.shield`: what is done however the work ends, and what is not cut off.
//!
//! ```python
//! try:
//!     await asyncio.shield(commit())
//!     await forever()
//! finally:
//!     await goodbye()
//! ```

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{create_task, defer, oneshot, run, shield, sleep, timeout};

const MS: Duration = Duration::from_millis(1);

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn say(&self, line: &'static str) {
        println!("{line}");
        self.0.lock().expect("nobody panics").push(line);
    }

    /// What was said since the last call.
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().expect("nobody panics"))
    }
}

async fn session(log: Log, begun: impl FnOnce() + Send) {
    let last = log.clone();
    defer(async move { last.say("the connection is closed") });
    let first = log.clone();
    defer(async move {
        sleep(MS).await; // a clean-up may wait: it is shielded from the cancel that began it
        first.say("goodbye is said");
    });
    log.say("the session has begun");
    begun();
    pending::<()>().await;
}

fn main() {
    let log = Log::default();
    run(async {
        // Clean-ups run when the task ends, however it ends, the last registered first. Whoever waits for
        // the task waits for them.
        let (tell, told) = oneshot();
        let task = create_task(session(log.clone(), move || tell.send(()).expect("main waits")));
        told.await.expect("it begins");
        task.cancel_with("enough");
        let ended = task.join().await;
        assert!(ended.is_err_and(|error| error.is_cancelled()));
        let seen = log.take();
        assert_eq!(seen, ["the session has begun", "goodbye is said", "the connection is closed"]);

        // A timeout is a scope too: what is deferred within runs before the timeout reports.
        let inner = log.clone();
        let bounded = timeout(MS, async move {
            defer(async move { inner.say("the file is removed") });
            pending::<()>().await;
        });
        assert!(bounded.await.is_err());
        assert_eq!(log.take(), ["the file is removed"]);

        // Shielded work goes on when its awaiter leaves. The task that left it behind owns it from then
        // on: it is done only when the work is.
        let (inner, outer) = (log.clone(), log.clone());
        let (leave, has_left) = oneshot();
        let task = create_task(async move {
            let commit = shield(async move {
                has_left.await.expect("it tells before it goes");
                sleep(MS).await;
                inner.say("committed");
            });
            if timeout(MS, commit).await.is_err() {
                outer.say("no longer waiting for the commit");
                leave.send(()).expect("it goes on");
            }
        });
        task.await;
        assert_eq!(log.take(), ["no longer waiting for the commit", "committed"]);
    });
}

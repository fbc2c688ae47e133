//! Scopes: work that can be cancelled as one, with deadlines that move, one inside the other.
//!
//! ```python
//! async with asyncio.timeout(0.1) as scope:
//!     async for block in blocks:
//!         scope.reschedule(loop.time() + 0.1)   # whoever makes progress may go on
//! ```

use std::future::pending;
use std::time::Duration;

use evenkeel::{
    CancelScope, CancelSource, create_task, effective_deadline, move_on_after, now, run, sleep,
    timeout,
};

const MS: Duration = Duration::from_millis(1);

async fn block() -> usize {
    sleep(MS).await;
    512
}

fn main() {
    run(async {
        // Go on without the value, if it is late.
        let fresh = move_on_after(MS, pending::<&str>()).await;
        assert_eq!(fresh.unwrap_or("from the cache"), "from the cache");

        // A handle may cancel from anywhere, and say why; whoever runs the scope is told.
        let connections = CancelScope::new();
        let remote = connections.clone();
        create_task(async move { remote.cancel_with("closing down") }).detach();
        let ended = connections.run(pending::<()>()).await.expect_err("it never ends by itself");
        println!("{ended}");
        assert_eq!(ended.reason.as_deref(), Some("closing down"));

        // It stays so: what begins in it later ends at once, unpolled.
        let late = connections.run(async { unreachable!("the scope is over") });
        assert!(late.await.is_err());

        // A child is cancelled with its parent, and not the other way round.
        let server = CancelScope::new();
        let (one, other) = (server.child(), server.child());
        one.cancel();
        assert!(!server.is_cancelled());
        assert_eq!(other.run(block()).await, Ok(512));
        server.cancel();
        assert_eq!(other.source(), Some(CancelSource::Parent));

        // The deadline moves with each block: half a minute of patience, however long the whole takes.
        let patience = MS * 30_000;
        let copying = CancelScope::within(patience);
        let copied = copying.enter(async |scope| {
            let mut copied = 0;
            for _ in 0..5 {
                copied += block().await;
                scope.set_deadline(Some(now() + patience));
            }
            copied
        });
        assert_eq!(copied.await, Ok(5 * 512));

        // Of nested bounds the nearest counts, and each ends only what is within it.
        let outer = timeout(MS * 60_000, async {
            let inner = timeout(MS, async {
                let left = effective_deadline().expect("two of them") - now();
                assert!(left <= MS);
                pending::<()>().await;
            });
            inner.await.expect_err("too slow");
            "the outer one goes on"
        });
        assert_eq!(outer.await, Ok("the outer one goes on"));
    });
}

//! Who goes when: `call_soon`, `call_later`, tasks, and tasks that begin at once.
//!
//! ```python
//! loop.call_soon(print, "soon")
//! loop.call_later(0.01, print, "later")
//! asyncio.create_task(coro(), eager_start=True)
//! ```

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::{
    ManualClock, Options, Runner, call_later, call_soon, create_eager_task, create_local_task,
    sleep, yield_now,
};

async fn lookup(cache: HashMap<&'static str, u32>, key: &'static str) -> u32 {
    match cache.get(key) {
        Some(value) => *value, // nothing to wait for
        None => {
            sleep(Duration::from_millis(5)).await;
            7
        }
    }
}

fn main() -> io::Result<()> {
    // One worker is asyncio's loop: one thread, strict order. The clock stands still until all wait, so
    // that what is later is so on a slow machine too.
    let clock = Arc::new(ManualClock::auto_jump());
    let mut runner = Runner::new(Options { workers: 1, clock, ..Options::default() })?;
    runner.run(async {
        let order = Rc::new(RefCell::new(Vec::new())); // callbacks stay on this thread
        let log = |word: &'static str| {
            let order = order.clone();
            move || order.borrow_mut().push(word)
        };
        call_later(Duration::from_millis(5), log("later"));
        call_soon(log("soon"));
        let task = log("a task");
        create_local_task(async move { task() }).detach();
        call_soon(log("soon as well"));
        let taken_back = call_soon(log("never"));
        assert!(taken_back.cancel());
        log("main")();

        yield_now().await; // one turn: all that was ready, in the order in which it became ready
        assert_eq!(*order.borrow(), ["main", "soon", "a task", "soon as well"]);
        sleep(Duration::from_millis(20)).await;
        assert_eq!(order.borrow().last(), Some(&"later"));
        println!("{:?}", order.borrow());

        // An eager task takes its first step inside the call that makes it. A hit costs no turn.
        let cache = HashMap::from([("known", 42)]);
        let mut hit = create_eager_task(lookup(cache.clone(), "known"));
        assert!(hit.is_finished());
        assert_eq!(hit.try_take().map(Result::ok), Some(Some(42)));
        let miss = create_eager_task(lookup(cache, "unknown"));
        assert!(!miss.is_finished());
        assert_eq!(miss.await, 7);
        println!("a hit was done at once, a miss a moment later");
    });
    Ok(())
}

//! The same objects from a thread that belongs to no loop: each waiting call has a twin that blocks.
//!
//! ```python
//! asyncio.run_coroutine_threadsafe(queue.put(item), loop).result()   # asyncio's way
//! ```

use std::sync::Arc;
use std::thread;

use evenkeel::{Event, Lock, Queue, Shutdown, oneshot, run, to_thread};

fn main() {
    let queue = Queue::bounded(1);
    let total = Arc::new(Lock::new(0));
    let ready = Arc::new(Event::new());
    let (tell, told) = oneshot();

    // A thread as it comes from a library, a GUI or a driver. It could be there before the loop is.
    let device = thread::spawn({
        let (queue, total, ready) = (queue.clone(), total.clone(), ready.clone());
        move || {
            ready.wait_blocking();
            for item in 1..=5 {
                queue.put_blocking(item).expect("main gets them"); // blocks while there is no room
                *total.lock_blocking() += item;
            }
            queue.shutdown(Shutdown::Graceful);
            told.recv_blocking().expect("main tells")
        }
    });

    run(async {
        ready.set();
        let mut got = Vec::new();
        while let Ok(item) = queue.get().await {
            got.push(item.into_inner());
        }
        println!("from the thread: {got:?}");
        assert_eq!(got, [1, 2, 3, 4, 5]);
        assert_eq!(*total.lock().await, 15);
        tell.send("thank you").expect("the thread listens");
        // To wait for a thread is a call that blocks.
        let answer = to_thread(move || device.join()).await.expect("it does not panic");
        assert_eq!(answer, "thank you");
    });
}

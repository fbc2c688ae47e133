//! Embedding: a C library that calls back on a thread of its own, and a task that waits for it.
//!
//! The callback is given a pointer, and nothing else. Behind it lie a `Handle`, which may be used from any
//! thread, and the sender of a `oneshot`.
#![allow(unsafe_code)] // a pointer of C's

use std::ffi::{c_int, c_void};
use std::time::Duration;

use evenkeel::{Handle, oneshot, timeout};

/// A made-up C library: `measure(callback, user_data)` answers later, from a thread that nobody here made.
mod library {
    use super::{c_int, c_void};

    type Callback = unsafe extern "C" fn(user_data: *mut c_void, result: c_int);

    struct Call(Callback, *mut c_void);
    // SAFETY: C does not ask; its caller promised data that any thread may have, one at a time.
    unsafe impl Send for Call {}

    pub(super) extern "C" fn measure(callback: Callback, user_data: *mut c_void) {
        let call = Call(callback, user_data);
        std::thread::spawn(move || {
            let Call(callback, user_data) = { call };
            std::thread::sleep(std::time::Duration::from_millis(10));
            // SAFETY: the caller promised a callback and its data, to be used once.
            unsafe { callback(user_data, 42) };
        });
    }
}

/// What lies behind the pointer.
struct Waiting {
    handle: Handle,
    sender: evenkeel::sync::Sender<i32>,
}

/// On the library's thread. It must not unwind into C, so it does next to nothing.
unsafe extern "C" fn measured(user_data: *mut c_void, result: c_int) {
    // BOXED ONCE: `measure` made it of a box, and the library calls once.
    // SAFETY: BOXED ONCE.
    let Waiting { handle, sender } = *unsafe { Box::from_raw(user_data.cast::<Waiting>()) };
    // More than a value may be handed over: here a task, which runs on the loop.
    handle.spawn(async { println!("a task that C started") }).detach();
    // If nobody waits any more, the result is for nobody.
    let _ = sender.send(result);
}

/// The library's call as a future.
///
/// # Cancellation
///
/// Nothing lost: the library goes on, and its result is dropped.
async fn measure() -> i32 {
    let (sender, receiver) = oneshot();
    let waiting = Box::new(Waiting { handle: Handle::current(), sender });
    library::measure(measured, Box::into_raw(waiting).cast());
    receiver.await.expect("the library calls back")
}

fn main() {
    evenkeel::run(async {
        let result = timeout(Duration::from_secs(5), measure()).await;
        println!("measured {result:?}");
        assert_eq!(result, Ok(42));
        // One that nobody waits for any more does no harm when it comes.
        assert!(timeout(Duration::from_millis(1), measure()).await.is_err());
    });
    // It comes to a loop that is closed: its task is never polled.
    std::thread::sleep(Duration::from_millis(30));
}

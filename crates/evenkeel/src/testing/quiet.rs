//! Panics that are expected: while a failing schedule is run again and again to shrink it, the panic hook
//! says nothing on that thread.

use std::cell::Cell;
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs `call` without a word from the panic hook, on this thread.
pub(super) fn quietly<R>(call: impl FnOnce() -> R) -> R {
    // There is one hook for the process; ours stays in front of it, once a test has failed.
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.try_with(Cell::get).unwrap_or(false) {
                hook(info);
            }
        }));
    });
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            QUIET.set(self.0);
        }
    }
    let _restore = Restore(QUIET.replace(true));
    call()
}

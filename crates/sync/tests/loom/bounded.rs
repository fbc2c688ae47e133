//! The bound of a semaphore against those who would raise it.

use std::sync::Arc;

use evenkeel_sync::BoundedSemaphore;
use loom::thread;

/// Two make anew the one permit that was forgotten, and a third waits for it: one succeeds, and the
/// bound holds. Caught: `restore` looking first and subtracting then; `restore` not releasing.
#[test]
fn one_forgotten_permit_is_made_anew_once() {
    loom::model(|| {
        let semaphore = Arc::new(BoundedSemaphore::new(1));
        semaphore.try_acquire().unwrap().forget();
        let other = {
            let semaphore = semaphore.clone();
            thread::spawn(move || semaphore.add_permits(1).is_ok())
        };
        let ours = semaphore.add_permits(1).is_ok();
        drop(semaphore.acquire_blocking());
        assert!(other.join().unwrap() != ours, "one, and one only");
        assert_eq!(semaphore.available(), 1);
    });
}

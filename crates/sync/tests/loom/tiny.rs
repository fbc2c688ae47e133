//! The lock under the lines.

use std::sync::Arc;

use evenkeel_sync::Tiny;
use loom::thread;

use crate::Watched;

/// Two threads take it, change, let go. (Three would be two that look for each other, without end.)
/// Caught: Relaxed for Acquire in `try_take`; Relaxed for Release in the guard's drop.
#[test]
fn one_at_a_time_sees_what_the_last_one_did() {
    loom::model(|| {
        let lock = Arc::new(Tiny::new(Watched::new()));
        let other = {
            let lock = lock.clone();
            thread::spawn(move || {
                lock.lock().add(1);
                lock.lock().add(1);
            })
        };
        lock.lock().add(1);
        let seen = lock.lock().get();
        assert!((1..=3).contains(&seen));
        other.join().unwrap();
        assert_eq!(lock.lock().get(), 3);
    });
}

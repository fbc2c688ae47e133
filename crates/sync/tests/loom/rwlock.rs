//! Readers and writers against each other.

use std::pin::pin;
use std::sync::Arc;

use evenkeel_sync::RwLock;
use loom::thread;

use crate::{Watched, block_on, give_up, poll};

/// A writer changes what two readers look at. Caught: Relaxed for Acquire in `try_take`; Relaxed for
/// Release in `try_give`.
#[test]
fn a_writer_between_readers() {
    loom::model(|| {
        let lock = Arc::new(RwLock::new(Watched::new()));
        let writer = {
            let lock = lock.clone();
            thread::spawn(move || block_on(async { lock.write().await.add(1) }))
        };
        let reader = {
            let lock = lock.clone();
            thread::spawn(move || block_on(async { lock.read().await.get() }))
        };
        let seen = block_on(async { lock.read().await.get() });
        assert!(seen <= 1 && reader.join().unwrap() <= 1);
        writer.join().unwrap();
        assert_eq!(lock.try_write().expect("free").get(), 1);
    });
}

/// A queued writer gives up while a reader joins behind it: the reader goes in, though nobody
/// releases. Caught: `leave` not serving those the leaver held up; `serve` leaving QUEUED set.
#[test]
fn a_writer_that_gives_up_in_front_of_a_reader() {
    loom::model(|| {
        let lock = Arc::new(RwLock::new(()));
        let held = lock.try_read().unwrap();
        let mut writer = Box::pin(lock.write_owned());
        assert!(poll(writer.as_mut()).is_pending());
        let reader = {
            let lock = lock.clone();
            thread::spawn(move || drop(block_on(lock.read())))
        };
        drop(writer);
        reader.join().unwrap();
        drop(held);
        assert!(lock.try_write().is_some());
    });
}

/// A writer goes on as a reader: the reader that waits goes in and sees what was written, while a
/// writer behind it gives up or goes in later. Caught: `downgrade` giving back all; Relaxed for
/// Release in `serve`, in `try_give`.
#[test]
fn a_writer_that_becomes_a_reader() {
    loom::model(|| {
        let lock = Arc::new(RwLock::new(Watched::new()));
        let writer = lock.try_write().unwrap();
        let reader = {
            let lock = lock.clone();
            thread::spawn(move || block_on(async { lock.read().await.get() }))
        };
        let other = {
            let lock = lock.clone();
            thread::spawn(move || {
                if let Some(guard) = give_up(lock.write(), 2) {
                    guard.add(1);
                }
            })
        };
        writer.add(1);
        let held = writer.downgrade();
        let seen = held.get();
        drop(held);
        assert!((1..=2).contains(&reader.join().unwrap()));
        other.join().unwrap();
        assert_eq!(seen, 1, "nobody wrote while we read");
        assert!((1..=2).contains(&lock.try_write().expect("free").get()));
    });
}

/// While the former writer reads, the reader that waited goes in. Caught: `downgrade` giving
/// nothing; `give` not serving the line.
#[test]
fn readers_go_in_with_the_former_writer() {
    loom::model(|| {
        let lock = Arc::new(RwLock::new(()));
        let writer = lock.try_write().unwrap();
        let mut first = pin!(lock.read());
        assert!(poll(first.as_mut()).is_pending());
        let second = {
            let lock = lock.clone();
            thread::spawn(move || drop(block_on(lock.read())))
        };
        let held = writer.downgrade();
        let first = block_on(first);
        second.join().unwrap();
        drop((held, first));
        assert!(lock.try_write().is_some());
    });
}

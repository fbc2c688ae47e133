//! Readers and writers: strict order between them, and what a dropped one lets through.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use evenkeel_sync::RwLock;

use crate::fifo::{Fifo, Log, now, poll, yield_now};

/// Tasks named `r..` and `w..` in the order of asking; each says when it goes in and when out.
fn transcript(names: &[&'static str]) -> String {
    let lock = RwLock::new(());
    let log = Log::default();
    let mut fifo = Fifo::default();
    for &name in names {
        let (lock, log) = (&lock, log.clone());
        fifo.spawn(async move {
            if name.starts_with('r') {
                let _guard = lock.read().await;
                log.say(name);
                yield_now().await;
                log.say(format!("/{name}"));
            } else {
                let _guard = lock.write().await;
                log.say(name);
                yield_now().await;
                log.say(format!("/{name}"));
            }
        });
    }
    fifo.run();
    assert_eq!(lock.statistics().waiting, 0);
    assert!(lock.try_write().is_some());
    log.take()
}

#[test]
fn readers_go_in_together_and_writers_alone() {
    assert_eq!(transcript(&["r1", "r2"]), "r1 r2 /r1 /r2");
    assert_eq!(transcript(&["w1", "w2"]), "w1 /w1 w2 /w2");
    assert_eq!(transcript(&["r1", "w1", "r2"]), "r1 /r1 w1 /w1 r2 /r2");
    assert_eq!(transcript(&["w1", "r1", "r2", "w2", "r3"]), "w1 /w1 r1 r2 /r1 /r2 w2 /w2 r3 /r3");
}

#[test]
fn a_waiting_writer_holds_up_later_readers_and_those_who_try() {
    let lock = Arc::new(RwLock::new(1));
    let (one, two) = (now(lock.read()), lock.try_read().unwrap());
    let mut writer = pin!(lock.write());
    assert!(poll(writer.as_mut()).is_pending());
    let mut reader = pin!(lock.read());
    assert!(poll(reader.as_mut()).is_pending(), "no reader passes a writer");
    assert!(lock.try_read().is_none() && lock.try_read_owned().is_none());
    drop(one);
    assert!(poll(writer.as_mut()).is_pending());
    drop(two);
    assert!(lock.try_write().is_none() && lock.try_write_owned().is_none(), "handed over");
    let Poll::Ready(mut guard) = poll(writer) else { panic!("its turn") };
    *guard = 2;
    assert!(poll(reader.as_mut()).is_pending());
    drop(guard);
    assert_eq!(*now(reader), 2);
    let statistics = lock.statistics();
    assert_eq!((statistics.waiting, statistics.waits), (0, 2));
}

#[test]
fn a_writer_that_leaves_lets_the_readers_behind_it_in() {
    for handed_over in [false, true] {
        let lock = RwLock::new(());
        let held = now(lock.read());
        let mut writer = Box::pin(lock.write());
        assert!(poll(writer.as_mut()).is_pending());
        // More than one batch of wakers.
        let mut readers: Vec<_> = (0..20).map(|_| Box::pin(lock.read())).collect();
        let mut last = Box::pin(lock.write());
        for reader in &mut readers {
            assert!(poll(reader.as_mut()).is_pending());
        }
        assert!(poll(last.as_mut()).is_pending());
        let held = if handed_over {
            drop(held);
            None
        } else {
            Some(held)
        };
        drop(writer);
        let inside: Vec<_> = readers.into_iter().map(now).collect();
        let readers = inside.len() + usize::from(held.is_some());
        assert_eq!(lock.statistics().readers, readers);
        drop(held);
        assert!(poll(last.as_mut()).is_pending());
        drop(inside);
        assert!(lock.statistics().writing);
        drop(now(last));
        assert!(lock.try_write().is_some());
    }
}

#[test]
fn a_reader_called_and_dropped_gives_its_place_to_a_writer() {
    let lock = RwLock::new(());
    let held = now(lock.write());
    let mut reader = Box::pin(lock.read());
    assert!(poll(reader.as_mut()).is_pending());
    let mut writer = pin!(lock.write());
    assert!(poll(writer.as_mut()).is_pending());
    drop(held);
    assert!(poll(writer.as_mut()).is_pending());
    drop(reader);
    assert!(poll(writer.as_mut()).is_ready());
    assert!(lock.try_write().is_some());
}

#[test]
fn downgrade_lets_the_readers_at_the_front_in_and_nobody_else() {
    let lock = Arc::new(RwLock::new(0));
    let mut held = now(lock.write_owned());
    let mut readers = [Box::pin(lock.read()), Box::pin(lock.read())];
    let mut writer = pin!(lock.write());
    let mut behind = pin!(lock.read());
    for reader in &mut readers {
        assert!(poll(reader.as_mut()).is_pending());
    }
    assert!(poll(writer.as_mut()).is_pending() && poll(behind.as_mut()).is_pending());
    *held = 7;
    let held = held.downgrade();
    assert_eq!(lock.statistics().readers, 3);
    let inside = readers.map(now);
    assert_eq!((*held, *inside[0], *inside[1]), (7, 7, 7));
    assert!(poll(writer.as_mut()).is_pending() && poll(behind.as_mut()).is_pending());
    drop((held, inside));
    let guard = now(writer);
    let guard = guard.downgrade();
    assert_eq!((*guard, *now(behind)), (7, 7));
    drop(guard);
    assert_eq!(lock.statistics().readers, 0);
    assert!(lock.try_write().is_some());
}

#[test]
fn a_dropped_or_panicking_writer_releases() {
    let lock = Arc::new(RwLock::new(0));
    let other = lock.clone();
    std::thread::spawn(move || {
        let mut guard = other.write_blocking();
        *guard += 1;
        panic!("while holding the lock");
    })
    .join()
    .unwrap_err();
    assert_eq!(*lock.read_blocking(), 1);
    *lock.write_blocking() += 1;
    assert_eq!(*now(lock.read_owned()), 2);
}

#[test]
fn the_value_and_its_formats() {
    let mut lock = RwLock::from(5);
    *lock.get_mut() += 1;
    assert_eq!(format!("{:?} {}", lock.try_read().unwrap(), lock.try_write().is_none()), "6 true");
    assert_eq!(format!("{}", lock.try_write().unwrap()), "6");
    assert!(format!("{lock:?}").starts_with("RwLock { writing: false, readers: 0"));
    assert!(format!("{:?} {:?}", lock.read(), lock.write()).starts_with("Reading { .. } Writing"));
    assert_eq!(lock.into_inner(), 6);
    let unsized_lock: Arc<RwLock<[u8]>> = Arc::new(RwLock::new([1, 2, 3]));
    now(unsized_lock.write_owned())[0] = 9;
    assert_eq!(&*unsized_lock.try_read_owned().unwrap(), &[9, 2, 3]);
    assert_eq!(*now(RwLock::<u8>::default().read()), 0);
    let all = unsized_lock.try_write_owned().unwrap();
    drop(all);
}

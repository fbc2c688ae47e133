//! What tasks wait for: items, locks, calls on other threads, bytes.

use std::sync::Arc;

use super::Work;
use crate::rt::Rt;

/// The length of a message on a socket.
const LENGTH: usize = 64;

/// Twice the work, of which the second half is counted: the first makes room.
pub(super) async fn channel<R: Rt>(work: Work) {
    let (mut sender, mut receiver) = R::channel(128);
    let (mut back, mut answers) = R::channel(1);
    let times = work.times;
    let reader = R::spawn(async move {
        for _ in 0..2 {
            for _ in 0..times {
                R::recv(&mut receiver).await;
            }
            R::send(&mut back, 0).await;
        }
    });
    for counted in [false, true] {
        let mark = counted.then(|| work.begin());
        for item in 0..times {
            R::send(&mut sender, item as u64).await;
        }
        R::recv(&mut answers).await;
        if let Some(mark) = mark {
            mark.end();
        }
    }
    reader.await;
}

pub(super) async fn ping_pong<R: Rt>(work: Work) {
    let (mut there, mut arrived) = R::channel(1);
    let (mut back, mut answer) = R::channel(1);
    let times = work.times;
    let other = R::spawn(async move {
        for _ in 0..times + 10 {
            let item = R::recv(&mut arrived).await;
            R::send(&mut back, item).await;
        }
    });
    let mut round = async || {
        R::send(&mut there, 0).await;
        R::recv(&mut answer).await;
    };
    for _ in 0..10 {
        round().await;
    }
    let mark = work.begin();
    for _ in 0..times {
        round().await;
    }
    mark.end();
    other.await;
}

pub(super) async fn lock_free<R: Rt>(work: Work) {
    let lock = R::new_lock();
    drop(R::lock(&lock).await);
    let mark = work.begin();
    for _ in 0..work.times {
        drop(R::lock(&lock).await);
    }
    mark.end();
}

/// Two tasks, each of which yields while it has the lock, so that the other is in line.
pub(super) async fn lock_contended<R: Rt>(work: Work) {
    let lock = Arc::new(R::new_lock());
    let round = async |lock: &R::Lock| {
        let guard = R::lock(lock).await;
        R::yield_now().await;
        drop(guard);
    };
    let half = work.times / 2;
    let shared = lock.clone();
    let other = R::spawn(async move {
        // Some more, so that the counted rounds of the other one all meet somebody.
        for _ in 0..half + 20 {
            let guard = R::lock(&shared).await;
            R::yield_now().await;
            drop(guard);
        }
    });
    for _ in 0..10 {
        round(&lock).await;
    }
    let mark = work.begin();
    for _ in 0..half {
        round(&lock).await;
    }
    mark.end();
    other.await;
}

pub(super) async fn to_thread<R: Rt>(work: Work) {
    for _ in 0..10 {
        R::to_thread(|| ()).await;
    }
    let mark = work.begin();
    for _ in 0..work.times {
        R::to_thread(|| ()).await;
    }
    mark.end();
}

/// There and back, both ends in this runtime: two messages a round, each to one who waits.
pub(super) async fn socket<R: Rt>(work: Work) {
    let (mut here, mut there) = R::pair();
    let rounds = work.times / 2;
    let other = R::spawn(async move {
        let mut buffer = [0; LENGTH];
        for _ in 0..rounds + 10 {
            R::read(&mut there, &mut buffer).await;
            R::write(&mut there, &buffer).await;
        }
    });
    let mut buffer = [0; LENGTH];
    let mut round = async || {
        R::write(&mut here, &buffer).await;
        R::read(&mut here, &mut buffer).await;
    };
    for _ in 0..10 {
        round().await;
    }
    let mark = work.begin();
    for _ in 0..rounds {
        round().await;
    }
    mark.end();
    other.await;
}

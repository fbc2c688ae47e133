//! What a thread outside does to a runtime.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Work;
use super::tasks::Sleepers;
use crate::rt::Rt;

/// A worker that has nothing to do sleeps by then.
const ASLEEP: Duration = Duration::from_millis(2);

/// The worker is in a call meanwhile, and runs them all afterwards: nobody has to be woken.
pub(super) async fn spawn<R: Rt>(work: Work) {
    for counted in [false, true] {
        let countdown = work.countdown();
        let spawner = R::spawner();
        countdown.expect(work.times);
        let outside = Outside::new(move || {
            for _ in 0..work.times {
                R::detach_on(&spawner, async { countdown.hit() });
            }
        });
        let mark = counted.then(|| work.begin());
        outside.call();
        countdown.wait().await;
        if let Some(mark) = mark {
            mark.end();
        }
    }
}

/// The worker is in a call meanwhile, as in [`spawn`].
pub(super) async fn wake<R: Rt>(work: Work) {
    let countdown = work.countdown();
    let sleepers = Sleepers::new::<R>(work.times, countdown).await;
    for counted in [false, true] {
        countdown.expect(work.times);
        let wakers = sleepers.wakers.clone();
        let outside = Outside::new(move || {
            for waker in &wakers {
                waker.wake_by_ref();
            }
            std::mem::forget(wakers); // dropping them would be counted
        });
        let mark = counted.then(|| work.begin());
        outside.call();
        countdown.wait().await;
        if let Some(mark) = mark {
            mark.end();
        }
    }
    sleepers.end(countdown).await;
}

/// Every time all workers have gone to sleep.
pub(super) async fn wake_sleeper<R: Rt>(work: Work) {
    let countdown = work.countdown();
    let sleepers = Sleepers::new::<R>(1, countdown).await;
    let waker = sleepers.wakers[0].clone();
    countdown.expect(work.times);
    let mark = work.begin();
    let outside = thread::spawn(move || {
        for _ in 0..work.times {
            thread::sleep(ASLEEP);
            waker.wake_by_ref();
        }
    });
    countdown.wait().await;
    mark.end();
    outside.join().expect("waking does not panic");
    sleepers.end(countdown).await;
}

/// A thread that waits to be told.
struct Outside {
    go: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
}

impl Outside {
    fn new(call: impl FnOnce() + Send + 'static) -> Outside {
        let ((go, told), (end, gone)) = (mpsc::channel::<()>(), mpsc::channel());
        thread::spawn(move || {
            if told.recv().is_ok() {
                call();
                let _ = end.send(());
                let _ = told.recv(); // what the thread's end costs is not counted
            }
        });
        Outside { go, gone }
    }

    /// Lets it do its work, and blocks this worker meanwhile.
    fn call(&self) {
        self.go.send(()).expect("the thread waits");
        self.gone.recv().expect("the thread answers");
    }
}

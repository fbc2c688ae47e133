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
    let outside = Outside::new(move || {
        for left in (0..work.times).rev() {
            thread::sleep(ASLEEP);
            waker.wake_by_ref();
            while countdown.left() > left {
                thread::sleep(ASLEEP); // two wakes before one poll would be one wake
            }
        }
    });
    let mark = work.begin();
    outside.go();
    countdown.wait().await;
    mark.end();
    sleepers.end(countdown).await;
}

/// A thread that waits to be told.
struct Outside {
    go: mpsc::Sender<()>,
    gone: mpsc::Receiver<()>,
}

impl Outside {
    /// What the thread's beginning and end cost is not counted.
    fn new(call: impl FnOnce() + Send + 'static) -> Outside {
        let ((go, told), (tell, gone)) = (mpsc::channel::<()>(), mpsc::channel());
        thread::spawn(move || {
            let _ = tell.send(());
            if told.recv().is_ok() {
                call();
                let _ = tell.send(());
                let _ = told.recv();
            }
        });
        gone.recv().expect("the thread begins");
        Outside { go, gone }
    }

    fn go(&self) {
        self.go.send(()).expect("the thread waits");
    }

    /// Lets it do its work, and blocks this worker meanwhile.
    fn call(&self) {
        self.go();
        self.gone.recv().expect("the thread answers");
    }
}

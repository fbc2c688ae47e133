//! Children whose handles are gone: each is waited for by a waker, so that none stays a zombie.
//!
//! An orphan is its own waker. When the reactor has news of its descriptor, it asks the child how it ended,
//! in the reactor's thread and without waiting, and is gone. So orphans need no executor and no thread, and
//! outlive the run they came from.

use std::mem;
use std::process;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use evenkeel_context::without_budget;

use crate::loom::{AtomicUsize, Mutex, Ordering, lock};
use crate::process::watch::Watch;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// How many children still run, or have ended a moment ago, whose [handles](super::Child) were dropped.
pub fn orphans() -> usize {
    // Relaxed: a figure, nothing is published by it.
    COUNT.load(Ordering::Relaxed)
}

/// Sees to the end of a child that nobody has a handle of.
pub(super) fn see_to(mut child: process::Child, watch: Option<Watch>) {
    retry(None);
    // An error: it is not ours to wait for.
    if !matches!(child.try_wait(), Ok(None)) {
        return;
    }
    COUNT.fetch_add(1, Ordering::Relaxed);
    let watch = match watch {
        Some(watch) => watch,
        None => match Watch::new(child.id()) {
            Ok(watch) => watch,
            Err(_) => return wait_somewhere(child),
        },
    };
    match watch {
        Watch::Thread(watcher) => {
            if let Some(child) = watcher.adopt(child) {
                bury(child);
            }
        }
        watch => Arc::new(Orphan { state: Mutex::new(State::Here(child, watch)) }).look(),
    }
}

/// Takes the end of a child that has ended, or is about to.
pub(super) fn bury(mut child: process::Child) {
    let _ = child.wait();
    COUNT.fetch_sub(1, Ordering::Relaxed);
}

/// There is no descriptor to watch it by, and there was no thread a moment ago.
fn wait_somewhere(child: process::Child) {
    let later = Arc::new(Mutex::new(Some(child)));
    let theirs = Arc::clone(&later);
    let take = move |child: &Mutex<Option<process::Child>>| lock(child).take();
    let builder = thread::Builder::new().name("evenkeel-child".into());
    let started = builder.spawn(move || {
        if let Some(child) = take(&theirs) {
            bury(child);
        }
    });
    if started.is_err() {
        // The system has nothing to give at all. It stays with us, and is asked when the next child is dropped.
        retry(take(&later));
    }
}

/// Asks those that could not be watched, and keeps the ones that still run, and this one.
fn retry(child: Option<process::Child>) {
    static KEPT: Mutex<Vec<process::Child>> = Mutex::new(Vec::new());
    let mut kept = lock(&KEPT);
    kept.extend(child);
    kept.retain_mut(|child| {
        let stays = matches!(child.try_wait(), Ok(None));
        if !stays {
            COUNT.fetch_sub(1, Ordering::Relaxed);
        }
        stays
    });
}

struct Orphan {
    state: Mutex<State>,
}

enum State {
    Here(process::Child, Watch),
    /// Somebody is asking it, with nothing locked.
    InHand,
    /// The same, and there was news meanwhile.
    InHandAndNews,
    Gone,
}

impl Orphan {
    /// Asks it, as long as there is news. Whoever finds it in another's hand leaves it to that one.
    fn look(self: &Arc<Orphan>) {
        let waker = Waker::from(Arc::clone(self));
        loop {
            let mut state = lock(&self.state);
            let (mut child, watch) = match mem::replace(&mut *state, State::InHand) {
                State::Here(child, watch) => (child, watch),
                State::InHand | State::InHandAndNews => {
                    *state = State::InHandAndNews;
                    return;
                }
                State::Gone => {
                    *state = State::Gone;
                    return;
                }
            };
            drop(state);
            let goes_on = runs_on(&mut child, &watch, &mut Context::from_waker(&waker));
            let mut state = lock(&self.state);
            if !goes_on {
                *state = State::Gone;
                drop(state);
                drop((child, watch));
                COUNT.fetch_sub(1, Ordering::Relaxed);
                return;
            }
            let news = matches!(*state, State::InHandAndNews);
            *state = State::Here(child, watch);
            if !news {
                return;
            }
        }
    }
}

/// Whether it has not ended, and will be asked again.
fn runs_on(child: &mut process::Child, watch: &Watch, cx: &mut Context<'_>) -> bool {
    loop {
        if !matches!(child.try_wait(), Ok(None)) {
            return false;
        }
        // Not charged to the task in which the handle happens to be dropped.
        match without_budget(|| watch.poll_ended(cx)) {
            Poll::Pending => return true,
            Poll::Ready(Ok(())) => {}
            // The reactor fails, which is not expected; the child is no zombie after it all the same.
            Poll::Ready(Err(_)) => {
                let _ = child.wait();
                return false;
            }
        }
    }
}

impl Wake for Orphan {
    fn wake(self: Arc<Self>) {
        self.look();
    }
}

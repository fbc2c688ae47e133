//! A gate that jobs wait at until the test opens it, and a count of what was dropped.

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

/// Far beyond anything a healthy run needs, also on a loaded machine.
pub(crate) const LONG: Duration = Duration::from_secs(30);

#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<(Mutex<(bool, usize)>, Condvar)>);

impl Gate {
    pub(crate) fn new() -> Gate {
        Gate::default()
    }

    pub(crate) fn open(&self) {
        self.0.0.lock().unwrap().0 = true;
        self.0.1.notify_all();
    }

    /// What a job does: says that it has come and waits until the gate is open.
    pub(crate) fn pass(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.1 += 1;
        self.0.1.notify_all();
        while !state.0 {
            state = self.0.1.wait(state).unwrap();
        }
    }

    /// What a test does: waits until so many jobs have come.
    pub(crate) fn wait_for(&self, jobs: usize) {
        let state = self.0.0.lock().unwrap();
        let (state, over) =
            self.0.1.wait_timeout_while(state, LONG, |state| state.1 < jobs).unwrap();
        assert!(!over.timed_out(), "only {} of {jobs} jobs came to the gate", state.1);
    }

    pub(crate) fn came(&self) -> usize {
        self.0.0.lock().unwrap().1
    }
}

/// Counts how often it was dropped.
#[derive(Clone, Default)]
pub(crate) struct Drops(Arc<AtomicUsize>);

pub(crate) struct Dropped(Arc<AtomicUsize>);

impl Drops {
    pub(crate) fn guard(&self) -> Dropped {
        Dropped(self.0.clone())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// Waits for what another thread brings about in its own time.
pub(crate) fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    while !is_so() {
        assert!(since.elapsed() < LONG, "never came about: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

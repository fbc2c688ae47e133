//! The real time a test may take: a thread that ends main when it has passed.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use evenkeel_task::Canceller;

use crate::handle::Handle;
use crate::loom::{Condvar, Mutex, PoisonError, lock};
use crate::stall;

/// How long after its end was asked for a test is said to hang for good.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Watches one run after the other.
pub(super) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    run: Option<Run>,
    over: Option<String>,
    closed: bool,
}

/// The run that is watched.
struct Run {
    main: Canceller,
    handle: Handle,
    until: Instant,
    limit: Duration,
    asked: bool,
}

impl Watch {
    pub(super) fn new() -> Watch {
        let shared = Arc::<Shared>::default();
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("evenkeel-watch".to_owned());
        // Without a thread to spare the test is run unwatched: a hang would hang.
        let thread = thread.spawn(move || watched.watch()).ok();
        Watch { shared, thread }
    }

    /// From main, at its first poll: it has `limit` of real time from now.
    pub(super) fn begin(&self, limit: Duration) {
        let Some(main) = evenkeel_task::current() else { return };
        let (main, handle) = (main.canceller(), Handle::current());
        let Some(until) = Instant::now().checked_add(limit) else { return };
        lock(&self.shared.state).run = Some(Run { main, handle, until, limit, asked: false });
        self.shared.changed.notify_one();
    }

    /// The run has ended; answers what is to be told if its time was over before.
    pub(super) fn end(&self) -> Option<String> {
        let mut state = lock(&self.shared.state);
        let run = state.run.take();
        let over = state.over.take();
        drop(state);
        drop(run);
        over
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        lock(&self.shared.state).closed = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join(); // It has nothing of its own that could panic.
        }
    }
}

impl Shared {
    fn watch(&self) {
        let mut state = lock(&self.state);
        while !state.closed {
            let left =
                state.run.as_ref().map(|run| run.until.checked_duration_since(Instant::now()));
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Some(left)) => {
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                Some(None) => {
                    let over = state.run.as_mut().map(Run::over);
                    drop(state);
                    // With nothing held: the cancel calls main's waker, and the list asks the runner.
                    let text = over.and_then(|over| over.tell());
                    let mut state = lock(&self.state);
                    if state.run.is_some() && text.is_some() {
                        state.over = text;
                    }
                    state
                }
            };
        }
    }
}

/// What is due when a run's time is over.
struct Over {
    main: Canceller,
    handle: Handle,
    limit: Duration,
    asked: bool,
}

impl Run {
    fn over(&mut self) -> Over {
        let asked = std::mem::replace(&mut self.asked, true);
        // Once to end it, once to say that it does not end, and then never again.
        let again = if asked { self.limit.max(Duration::from_secs(86_400)) } else { LAST_WORD };
        self.until = Instant::now() + again;
        Over { main: self.main.clone(), handle: self.handle.clone(), limit: self.limit, asked }
    }
}

impl Over {
    fn tell(self) -> Option<String> {
        if self.asked {
            eprintln!(
                "evenkeel: a test does not end, though its time is over: it blocks its thread, or its \
                 clean-up waits for ever"
            );
            return None;
        }
        let table = stall::table(&self.handle.all_tasks());
        let limit = self.limit;
        self.main.cancel_with(format!("the test did not end within {limit:?} of real time"));
        Some(format!("the test did not end within {limit:?} of real time\n{table}"))
    }
}

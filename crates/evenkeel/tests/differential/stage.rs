//! Where a twin runs: one worker, a clock that jumps, and a `println!` that keeps what is said.
//!
//! Twins have the stage one after another, since what they print goes to one place.

use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use evenkeel::{ManualClock, Options, Runner};

/// For a twin, which waits for nothing but threads: so long is a hang.
const PATIENCE: Duration = Duration::from_secs(30);

/// Held by the twin that runs.
static STAGE: Mutex<()> = Mutex::new(());

/// What it has printed.
static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `println!` calls in the twins.
pub(crate) fn say(text: &str) {
    lock(&SAID).push(text.trim_end().to_owned());
}

/// The lines that `twin` prints.
pub(crate) fn watch(twin: impl FnOnce() + Send + 'static) -> Vec<String> {
    let _stage = lock(&STAGE);
    lock(&SAID).clear();
    let (ended, end) = mpsc::channel();
    let play = move || {
        let outcome = std::panic::catch_unwind(AssertUnwindSafe(twin));
        let _ = ended.send(outcome); // Nobody hears it who was too patient.
    };
    let player = thread::Builder::new().name("twin".to_owned()).spawn(play).unwrap();
    let outcome = end.recv_timeout(PATIENCE);
    let said = std::mem::take(&mut *lock(&SAID));
    match outcome {
        Ok(Ok(())) => {
            player.join().unwrap();
            said
        }
        Ok(Err(panic)) => {
            eprintln!("it had said:\n{}", said.join("\n"));
            std::panic::resume_unwind(panic)
        }
        Err(_) => panic!("the twin hangs; it has said:\n{}", said.join("\n")),
    }
}

/// asyncio's loop: one thread, strict order. Its clock jumps to the next deadline when all tasks wait.
pub(crate) fn options() -> Options {
    Options { workers: 1, clock: Arc::new(ManualClock::auto_jump()), ..Options::default() }
}

/// `asyncio.run`: `evenkeel::run` on that loop.
pub(crate) fn run<F: Future>(main: F) -> F::Output {
    let mut runner = Runner::new(options()).unwrap();
    let output = runner.run(main);
    runner.close();
    output
}

/// `0.020` is `ms(20)`.
pub(crate) const fn ms(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// `60` is `secs(60)`.
pub(crate) const fn secs(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// `try: ... finally: clean_up()`: what is done when the block is left, in whatever way.
pub(crate) fn finally<F: FnOnce()>(clean_up: F) -> Finally<F> {
    Finally(Some(clean_up))
}

/// Made by [`finally`].
#[must_use = "the block ends where this is dropped"]
pub(crate) struct Finally<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Finally<F> {
    fn drop(&mut self) {
        if let Some(clean_up) = self.0.take() {
            clean_up();
        }
    }
}

/// `*sorted(names)`: a set's names in an order, a space between two.
pub(crate) fn sorted(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<_> = names.collect();
    names.sort();
    names.join(" ")
}

//! One run of a test's body: on which runner, and whether it was good.

use std::any::Any;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use evenkeel_task::JoinError;
use evenkeel_timer::{Clock, ManualClock, SystemClock, sleep};

use super::watch::Watch;
use super::{Seed, Test, TestClock, Verdict};
use crate::loom::{Mutex, lock};
use crate::options::Options;
use crate::runner::Runner;
use crate::stall;

/// Real time for one run, unless more was asked for: what no healthy test comes near.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a run went.
pub(super) struct Attempt {
    /// Lots that were drawn.
    pub(super) drawn: u64,
    pub(super) failure: Option<String>,
}

/// Runs `body` once, on `workers`, in the order of `seed` or that of any runner.
pub(super) fn attempt<V: Verdict>(
    test: &Test,
    workers: usize,
    seed: Option<Seed>,
    watch: &Watch,
    body: &impl AsyncFn(Seed) -> V,
) -> Attempt {
    let clock: Arc<dyn Clock> = match test.clock {
        TestClock::Paused => Arc::new(ManualClock::auto_jump()),
        TestClock::Real => Arc::new(SystemClock),
    };
    let unheard = Arc::<Mutex<Vec<String>>>::default();
    let hears = Arc::clone(&unheard);
    let options = Options {
        workers,
        clock,
        on_failure: Some(Arc::new(move |report| lock(&hears).push(report.to_string()))),
        ..Options::default()
    };
    let runner = Runner::with_lots(options, seed.map(Seed::drawn));
    let mut runner =
        runner.unwrap_or_else(|error| panic!("the test cannot start its loop: {error}"));
    let limit = test.timeout.unwrap_or(Duration::ZERO).max(PATIENCE);
    let main = async {
        watch.begin(limit);
        within(test.timeout, body(seed.unwrap_or(Seed::new(0)))).await
    };
    // A stall, and what a destructor throws, come as panics of the run itself.
    let outcome = catch_unwind(AssertUnwindSafe(|| runner.run_to_end(main)));
    let over = watch.end();
    let drawn = runner.schedule().map_or(0, |schedule| schedule.lots);
    let closed = catch_unwind(AssertUnwindSafe(|| runner.close()));
    let failure = match outcome {
        Ok(Ok(Ok(answer))) => answer.verdict().err(),
        Ok(Ok(Err(late))) => Some(late),
        Ok(Err(error)) => Some(ended(error)),
        Err(payload) => Some(text_of(&*payload)),
    };
    let unheard = std::mem::take(&mut *lock(&unheard));
    let unheard = (!unheard.is_empty()).then(|| unheard.join("\n"));
    let left = match closed {
        Ok(left) if left.is_empty() => None,
        Ok(left) => Some(format!("the test ended and left something behind: {left}")),
        Err(payload) => Some(text_of(&*payload)),
    };
    let failure = over.or(failure).or(unheard).or(left);
    Attempt { drawn, failure }
}

/// `body`, for no longer than `limit` on the runner's clock.
async fn within<F: Future>(limit: Option<Duration>, body: F) -> Result<F::Output, String> {
    let Some(limit) = limit else { return Ok(body.await) };
    let (mut over, mut body) = (pin!(sleep(limit)), pin!(body));
    poll_fn(|cx| {
        let over = over.as_mut().poll(cx).is_ready();
        // The body last: so the table below says what it waits for, and at the very end it still may win.
        match body.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Ok(answer)),
            Poll::Pending if over => Poll::Ready(Err(format!(
                "the test did not end within {limit:?} of its clock\n{}",
                stall::table(&crate::all_tasks())
            ))),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

fn ended(error: JoinError) -> String {
    if error.is_panic() {
        text_of(&*error.into_panic())
    } else {
        format!("the test awaited a task that was cancelled: {error}")
    }
}

/// What a panic said.
fn text_of(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a text".to_owned())
}

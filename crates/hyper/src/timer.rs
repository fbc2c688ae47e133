//! hyper's `Timer`: our sleeps, which a keep-alive moves in place.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::rt::{Sleep, Timer};

/// Time for hyper, from the loop's own timers and by the loop's own clock.
///
/// ```
/// use evenkeel_hyper::HyperTimer;
/// use hyper::rt::Timer;
/// use std::time::Duration;
///
/// evenkeel::run(async {
///     HyperTimer.sleep(Duration::from_millis(1)).await;
/// });
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct HyperTimer;

impl Timer for HyperTimer {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Sleep>> {
        Box::pin(HyperSleep(evenkeel::sleep(duration)))
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn Sleep>> {
        Box::pin(HyperSleep(evenkeel::sleep_until(deadline)))
    }

    fn now(&self) -> Instant {
        evenkeel::now()
    }

    /// Moves it where it is: no allocation, and it keeps its place in the wheel.
    fn reset(&self, sleep: &mut Pin<Box<dyn Sleep>>, new_deadline: Instant) {
        match sleep.as_mut().downcast_mut_pin::<HyperSleep>() {
            Some(ours) => ours.get_mut().0.reset(new_deadline),
            None => *sleep = self.sleep_until(new_deadline),
        }
    }
}

/// A sleep of [`HyperTimer`]'s.
///
/// # Cancellation
///
/// Nothing lost: dropping it frees its place at once.
#[must_use = "futures do nothing unless awaited"]
pub struct HyperSleep(evenkeel::Sleep);

impl Future for HyperSleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx)
    }
}

impl Sleep for HyperSleep {}

impl fmt::Debug for HyperSleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperSleep").field("deadline", &self.0.deadline()).finish()
    }
}

//! `asyncio.sleep`: ten thousand sleeps of one second end after about one second.
//!
//! ```python
//! async def main():
//!     await asyncio.gather(*(asyncio.sleep(1) for _ in range(10_000)))
//! ```

use evenkeel_examples::Stage;
use std::time::Duration;

/// One second in all, and a moment for the counting.
pub(crate) fn scene(mut stage: Stage) {
    evenkeel::run(async {
        stage.lap();
        let sleeps: Vec<_> = (0..10_000).map(|_| evenkeel::sleep(stage.second())).collect();
        // A sleep is a deadline and a waker, not a thread: ten thousand cost about as much
        // memory as ten thousand small structs.
        stage.say(format_args!("{} sleeps begin", sleeps.len()));
        evenkeel::gather(sleeps).await;
        stage.say("all of them are over");
        stage.took(1.0);

        // `sleep(0)` sleeps for no time at all and lets the others go first, exactly once.
        // (`yield_now` is the plainer name for it.)
        let order = std::cell::RefCell::new(Vec::new());
        let polite = async {
            order.borrow_mut().push("polite begins");
            evenkeel::sleep(Duration::ZERO).await;
            order.borrow_mut().push("polite ends");
        };
        let other = async { order.borrow_mut().push("other") };
        evenkeel::gather((polite, other)).await;
        stage.say(format_args!("sleep(0) lets the other one in: {}", order.borrow().join(", ")));
        assert_eq!(*order.borrow(), ["polite begins", "other", "polite ends"]);
    });
}

fn main() {
    scene(Stage::full());
}

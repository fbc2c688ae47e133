//! `asyncio.run`: from ordinary code into asynchronous code, and back with a value.
//!
//! ```python
//! async def main():
//!     await asyncio.sleep(1)
//!     return 10
//!
//! value = asyncio.run(main())
//! ```

use evenkeel_examples::Stage;

async fn ten(stage: Stage) -> i32 {
    evenkeel::sleep(stage.second()).await;
    10
}

/// One second in all; in the tour a shorter one.
pub(crate) fn scene(stage: Stage) {
    // The loop, its threads, its timers and its poller exist from here ...
    let value = evenkeel::run(ten(stage));
    // ... to here. `run` gives back whatever the future gives.
    stage.say(format_args!("run returned {value}"));
    assert_eq!(value, 10);
    stage.took(1.0);

    // The main future may borrow from the function around it: it needs to be neither `'static`
    // nor `Send`, for this thread polls it. Tasks need both, since any worker may run them.
    let mut words = vec!["hello"];
    evenkeel::run(async {
        evenkeel::yield_now().await;
        words.push("world");
    });
    stage.say(format_args!("main borrowed a list: {}", words.join(", ")));
    assert_eq!(words, ["hello", "world"]);
}

fn main() {
    scene(Stage::full());
}

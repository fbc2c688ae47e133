//! `asyncio.to_thread`: a call that blocks, on a thread that may; the loop goes on meanwhile.
//!
//! ```python
//! def add(x, y):
//!     time.sleep(1)
//!     return x + y
//!
//! async def main():
//!     total, _ = await asyncio.gather(asyncio.to_thread(add, 1, 2), ticker())
//! ```

use evenkeel_examples::Stage;
use std::time::Duration;

/// Blocks its thread, as a database driver or a big file would.
fn add(x: i32, y: i32, pause: Duration) -> i32 {
    std::thread::sleep(pause);
    x + y
}

async fn ticker(stage: Stage) -> usize {
    for tick in 1..=4 {
        evenkeel::sleep(stage.seconds(0.2)).await;
        stage.say(format_args!("tick {tick}: the loop is free"));
    }
    4
}

/// One second: were the loop blocked, the ticks would come after it and make it two.
pub(crate) fn scene(mut stage: Stage) {
    let (x, y) = (1, 2);
    // One thread for the loop, so that a call that blocked it would be seen to.
    let options = evenkeel::Options { workers: 1, ..Default::default() };
    let mut runner = evenkeel::Runner::new(options).expect("threads and descriptors are to be had");
    runner.run(async {
        stage.lap();
        let pause = stage.second();
        // The arguments travel in the closure. `to_thread` starts at once and gives a `Task`:
        // await it, gather it, cancel it like any other.
        let total = evenkeel::to_thread(move || add(x, y, pause));
        let (total, ticks) = evenkeel::gather((total, ticker(stage))).await;
        stage.say(format_args!("{x} + {y} = {total}, from a thread, after {ticks} ticks"));
        assert_eq!((total, ticks), (3, 4));
        stage.took(1.0);
    });
}

fn main() {
    scene(Stage::full());
}

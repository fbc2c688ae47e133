//! `loop.run_in_executor(ThreadPoolExecutor(5), ..)`: a pool of your own, five calls at once.
//!
//! ```python
//! pool = concurrent.futures.ThreadPoolExecutor(5)
//! loop = asyncio.get_running_loop()
//! calls = [loop.run_in_executor(pool, blocking, n) for n in range(1, 6)]
//! print(await asyncio.gather(*calls))   # [1, 2, 3, 4, 5] after three seconds
//! ```

use evenkeel::ThreadPool;
use evenkeel_examples::Stage;
use std::time::Duration;

/// Blocks its thread for three seconds.
fn blocking(number: u32, pause: Duration) -> u32 {
    std::thread::sleep(pause);
    number
}

/// Three seconds.
pub(crate) fn scene(mut stage: Stage) {
    evenkeel::run(async {
        stage.lap();
        // Why a pool of your own, when `to_thread` has one? To bound one kind of call (five
        // connections, say), whatever else is blocking. The sixth would wait for its turn.
        let pool = ThreadPool::new(5);
        let pause = stage.seconds(3.0);
        let calls = [1, 2, 3, 4, 5].map(|number| pool.run(move || blocking(number, pause)));
        stage.say(format_args!("{} calls of {pause:?} begin", calls.len()));
        let numbers = evenkeel::gather(calls).await;
        stage.say(format_args!("all are back: {numbers:?}"));
        assert_eq!(numbers, [1, 2, 3, 4, 5]);
        stage.took(3.0);
    });
}

fn main() {
    scene(Stage::full());
}

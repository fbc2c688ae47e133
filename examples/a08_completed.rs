//! A completed `Future`: awaiting what is already there costs no turn of the loop.
//!
//! ```python
//! future = asyncio.get_running_loop().create_future()
//! future.set_result(7)
//! print(await future)          # at once
//!
//! task = asyncio.create_task(seven())
//! await asyncio.sleep(0)       # it runs, and is done
//! print(await task)            # at once
//! ```

use evenkeel::Task;
use evenkeel_examples::Stage;
use futures_lite::future;

/// No time at all.
pub(crate) fn scene(mut stage: Stage) {
    evenkeel::run(async {
        stage.lap();
        // A task that was never run: it is born with its value. It goes wherever a task goes
        // (`gather`, `wait`, `timeout`), which is handy for caches and in tests.
        let value = Task::ready(7).await;
        stage.say(format_args!("Task::ready gave {value}"));
        assert_eq!(value, 7);

        // A task that has run to its end before anybody asked. `poll_once` proves that the
        // await does not suspend: one look is enough.
        let mut task = evenkeel::create_task(async { 7 });
        while !task.is_finished() {
            evenkeel::sleep(std::time::Duration::ZERO).await; // one turn for the others
        }
        assert!(!task.cancel(), "too late to cancel what is done");
        assert_eq!(future::poll_once(&mut task).await, Some(7));
        stage.say("a finished task gave 7 at the first look");

        // asyncio's bare `Future` is a one-shot channel here: one end sets the result, the
        // other is awaited. Setting it twice does not compile.
        let (promise, result) = evenkeel::oneshot();
        promise.send(7).expect("the other end is still there");
        assert_eq!(future::poll_once(result).await, Some(Ok(7)));
        stage.say("a future with a result gave 7 at the first look");
        stage.took(0.0);
    });
}

fn main() {
    scene(Stage::full());
}

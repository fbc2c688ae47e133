//! `asyncio.create_task`: it runs from now on, whether or not anyone is waiting yet.
//!
//! ```python
//! async def main():
//!     first = asyncio.create_task(ten())
//!     second = asyncio.create_task(ten())
//!     print(await first + await second)   # 20 after one second, not two
//! ```

use evenkeel::Task;
use evenkeel_examples::Stage;

async fn ten(stage: Stage) -> i32 {
    evenkeel::sleep(stage.second()).await;
    10
}

/// One second.
pub(crate) fn scene(mut stage: Stage) {
    evenkeel::run(async {
        stage.lap();
        // Both start here. Awaiting two plain futures one after the other would take two
        // seconds, as it would in Python.
        let first: Task<i32> = evenkeel::create_task(ten(stage));
        let second: Task<i32> = evenkeel::create_task(ten(stage));
        stage.say("two tasks are running");
        let sum = first.await + second.await;
        stage.say(format_args!("the sum is {sum}"));
        assert_eq!(sum, 20);
        stage.took(1.0);

        // A task is cancelled as in asyncio, with a reason if you like; `join` is the `await`
        // that hands you the cancellation instead of passing it on.
        let task = evenkeel::create_task(ten(stage));
        task.cancel_with("no longer needed");
        let error = task.join().await.expect_err("it was cancelled before it could be done");
        stage.say(format_args!("cancelled: {:?}", error.reason()));
        assert!(error.is_cancelled());
        assert_eq!(error.reason(), Some("no longer needed"));

        // Two habits to change. Dropping the handle cancels the task: keep it, await it, or
        // say `.detach()` (asyncio only *may* lose a task nobody holds, which is worse). And a
        // panic in a task is an error of its `join`; it takes nothing else down.
        let (tell, told) = evenkeel::oneshot();
        evenkeel::create_task(async move { tell.send("done, unobserved").is_ok() }).detach();
        assert_eq!(told.await, Ok("done, unobserved"));
    });
}

fn main() {
    scene(Stage::full());
}

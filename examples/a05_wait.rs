//! `asyncio.wait`: until the first is done, until one fails, until all are, until time is up.
//!
//! ```python
//! done, pending = await asyncio.wait(tasks)
//! done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
//! done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
//! done, pending = await asyncio.wait(tasks, timeout=0.25)
//! ```

use evenkeel::{Done, Task, Waited, create_task};
use evenkeel_examples::Stage;

/// A task that gives back for how long it slept.
fn sleeper(stage: Stage, seconds: f64) -> Task<f64> {
    create_task(async move {
        evenkeel::sleep(stage.seconds(seconds)).await;
        seconds
    })
}

/// A task that fails after so long.
fn failing(stage: Stage, seconds: f64) -> Task<Result<f64, &'static str>> {
    create_task(async move {
        evenkeel::sleep(stage.seconds(seconds)).await;
        Err("broken pipe")
    })
}

fn results<T>(done: Vec<Done<T>>) -> Vec<T> {
    done.into_iter().map(|task| task.result()).collect()
}

/// A second and a half.
pub(crate) fn scene(mut stage: Stage) {
    evenkeel::run(async {
        // Until the first is done. The others go on: they come back as handles.
        stage.lap();
        let tasks = [sleeper(stage, 1.0), sleeper(stage, 0.5)];
        let Waited { done, pending } = evenkeel::wait(tasks).first_completed().await;
        let first = results(done);
        stage.say(format_args!("first completed: done {first:?}, pending {}", pending.len()));
        assert_eq!((first, pending.len()), (vec![0.5], 1));
        stage.took(0.5);

        // Until all are done, which is what `wait` does when told nothing.
        let Waited { done, pending } = evenkeel::wait(pending).await;
        let rest = results(done);
        stage.say(format_args!("all completed: done {rest:?}, pending {}", pending.len()));
        assert_eq!((rest, pending.len()), (vec![1.0], 0));
        stage.took(1.0);

        // Until one fails. An exception in Python is an `Err` here, so the tasks must give a
        // `Result`.
        stage.lap();
        let fine = create_task(async move { Ok(sleeper(stage, 1.0).await) });
        let tasks = [fine, failing(stage, 0.25)];
        let Waited { done, pending } = evenkeel::wait(tasks).first_exception().await;
        let failed = results(done);
        stage.say(format_args!("first exception: done {failed:?}, pending {}", pending.len()));
        assert_eq!((failed, pending.len()), (vec![Err("broken pipe")], 1));
        stage.took(0.25);
        // Nobody wants the other one any more. Dropping the handle cancels it.
        drop(pending);

        // Until time is up. That is no error and cancels nothing.
        stage.lap();
        let tasks = [sleeper(stage, 1.0), sleeper(stage, 0.1)];
        let Waited { done, pending } = evenkeel::wait(tasks).timeout(stage.seconds(0.25)).await;
        let in_time = results(done);
        stage.say(format_args!("timeout: done {in_time:?}, pending {}", pending.len()));
        assert_eq!((in_time, pending.len()), (vec![0.1], 1));
        stage.took(0.25);
    });
}

fn main() {
    scene(Stage::full());
}

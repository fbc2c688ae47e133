//! `asyncio.Lock`: one at a time, in the order of asking; the others are not held up.
//!
//! ```python
//! async def hold(lock, name):
//!     async with lock:
//!         await asyncio.sleep(1)
//!
//! async def main():
//!     lock = asyncio.Lock()
//!     await asyncio.gather(hold(lock, "first"), hold(lock, "second"))   # two seconds
//! ```

use evenkeel::Lock;
use evenkeel_examples::Stage;
use std::sync::Arc;

/// A lock in Rust holds what it protects: here the list of those who had it.
async fn hold(lock: Arc<Lock<Vec<&'static str>>>, name: &'static str, stage: Stage) {
    let mut names = lock.lock().await; // async with lock:
    stage.say(format_args!("{name} has the lock"));
    evenkeel::sleep(stage.second()).await;
    names.push(name);
} // The guard goes out of scope, and the lock goes to the next in the line.

/// Needs no lock, and so does not wait.
async fn bystander(stage: Stage) {
    for _ in 0..3 {
        evenkeel::sleep(stage.seconds(0.5)).await;
        stage.say("meanwhile, somebody else");
    }
}

/// Two seconds.
pub(crate) fn scene(mut stage: Stage) {
    // asyncio's loop has one thread; with one worker evenkeel's runs tasks in asyncio's order.
    let options = evenkeel::Options { workers: 1, ..Default::default() };
    let mut runner = evenkeel::Runner::new(options).expect("threads and descriptors are to be had");
    runner.run(async {
        stage.lap();
        let lock = Arc::new(Lock::new(Vec::new()));
        let first = evenkeel::create_task(hold(lock.clone(), "first", stage));
        let second = evenkeel::create_task(hold(lock.clone(), "second", stage));
        let other = evenkeel::create_task(bystander(stage));
        evenkeel::gather((first, second, other)).await;
        stage.say("both had it, one after the other");
        assert_eq!(*lock.lock().await, ["first", "second"]);
        stage.took(2.0);
    });
}

fn main() {
    scene(Stage::full());
}

//! The scenes in the order of the tour, and the one line each is about, in both languages.

use evenkeel_examples::Stage;
use std::time::Duration;

/// Includes an example as a module. Its `main` is not called here.
macro_rules! examples {
    ($($name:ident in $path:literal;)*) => {$(
        #[path = $path]
        #[allow(dead_code, reason = "the example's own main")]
        mod $name;
    )*};
}

examples! {
    a01_run in "../a01_run.rs";
    a02_sleep in "../a02_sleep.rs";
    a03_gather in "../a03_gather.rs";
    a04_create_task in "../a04_create_task.rs";
    a05_wait in "../a05_wait.rs";
    a06_to_thread in "../a06_to_thread.rs";
    a07_lock in "../a07_lock.rs";
    a08_completed in "../a08_completed.rs";
    a09_thread_pool in "../a09_thread_pool.rs";
}

/// One scene: an example file, and what to say about it.
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    /// The line a Python programmer would write.
    pub(crate) asyncio: &'static str,
    /// The same in the example; it stands there word for word (see the test below).
    pub(crate) evenkeel: &'static str,
    /// How many of the stage's seconds it takes.
    seconds: f64,
    pub(crate) play: fn(Stage),
}

impl Scene {
    /// How long it takes if a second is so long, in real seconds.
    pub(crate) fn length(&self, second: Duration) -> f64 {
        self.seconds * second.as_secs_f64()
    }
}

pub(crate) const SCENES: &[Scene] = &[
    Scene {
        name: "a01_run",
        asyncio: "value = asyncio.run(ten())",
        evenkeel: "let value = evenkeel::run(ten(stage));",
        seconds: 1.0,
        play: a01_run::scene,
    },
    Scene {
        name: "a02_sleep",
        asyncio: "await asyncio.gather(*(asyncio.sleep(1) for _ in range(10_000)))",
        evenkeel: "evenkeel::gather(sleeps).await;",
        seconds: 1.0,
        play: a02_sleep::scene,
    },
    Scene {
        name: "a03_gather",
        asyncio: "a, b, c = await asyncio.gather(ten(), ten(), ten())",
        evenkeel: "let (a, b, c) = evenkeel::gather((ten(stage), ten(stage), ten(stage))).await;",
        seconds: 2.1,
        play: a03_gather::scene,
    },
    Scene {
        name: "a04_create_task",
        asyncio: "first = asyncio.create_task(ten()); ...; await first + await second",
        evenkeel: "let first: Task<i32> = evenkeel::create_task(ten(stage));",
        seconds: 1.0,
        play: a04_create_task::scene,
    },
    Scene {
        name: "a05_wait",
        asyncio: "done, pending = await asyncio.wait(tasks, return_when=FIRST_COMPLETED)",
        evenkeel: "let Waited { done, pending } = evenkeel::wait(tasks).first_completed().await;",
        seconds: 1.5,
        play: a05_wait::scene,
    },
    Scene {
        name: "a06_to_thread",
        asyncio: "total = await asyncio.to_thread(add, 1, 2)",
        evenkeel: "let total = evenkeel::to_thread(move || add(x, y, pause));",
        seconds: 1.0,
        play: a06_to_thread::scene,
    },
    Scene {
        name: "a07_lock",
        asyncio: "async with lock:",
        evenkeel: "let mut names = lock.lock().await;",
        seconds: 2.0,
        play: a07_lock::scene,
    },
    Scene {
        name: "a08_completed",
        asyncio: "future.set_result(7); value = await future",
        evenkeel: "let value = Task::ready(7).await;",
        seconds: 0.0,
        play: a08_completed::scene,
    },
    Scene {
        name: "a09_thread_pool",
        asyncio: "await asyncio.gather(*(loop.run_in_executor(pool, blocking, n) for n in ...))",
        evenkeel: "let calls = [1, 2, 3, 4, 5].map(|number| pool.run(move || blocking(number, pause)));",
        seconds: 3.0,
        play: a09_thread_pool::scene,
    },
];

#[cfg(test)]
mod tests {
    use super::SCENES;

    #[test]
    fn each_line_shown_stands_in_its_example() {
        for scene in SCENES {
            let path = format!("{}/{}.rs", env!("CARGO_MANIFEST_DIR"), scene.name);
            let source = std::fs::read_to_string(&path).expect("the example is there");
            assert!(source.contains(scene.evenkeel), "{}: {}", scene.name, scene.evenkeel);
        }
    }
}

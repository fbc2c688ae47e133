//! Seeded schedules: the same again for the same seed, other ones for others, and failures that are found,
//! shrunk and told.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::testing::{self, Schedule, Seed, Test, schedules, wait_all_blocked};
use evenkeel::{
    Event, Lock, Options, Runner, Semaphore, Task, create_local_task, create_task, gather, oneshot,
    sleep, timeout, to_thread, wait, yield_now,
};

use crate::child;
use crate::loops::{ms, options, secs};
use crate::transcript::Transcript;

/// A program with much to choose: tasks that yield, spawn, lock, sleep and stay on main's thread.
async fn busy(log: Transcript) {
    let lock = Arc::new(Lock::new(()));
    let work = |n: usize| {
        let (log, lock) = (log.clone(), Arc::clone(&lock));
        async move {
            log.say(n);
            yield_now().await;
            let guard = lock.lock().await;
            log.say(n);
            sleep(ms(n as u64 % 3)).await;
            drop(guard);
            let child = create_task({
                let log = log.clone();
                async move { log.say(100 + n) }
            });
            yield_now().await;
            log.say(n);
            child.await;
        }
    };
    let tasks: Vec<Task<()>> = (0..6).map(|n| create_task(work(n))).collect();
    let local: Vec<Task<()>> = (6..9).map(|n| create_local_task(work(n))).collect();
    gather(tasks).await;
    gather(local).await;
}

/// What the program said under a seed, and the schedule's trace.
fn transcript(seed: u64, workers: usize) -> (String, u64) {
    let log = Transcript::new();
    let (options, _) = options(workers);
    let mut runner = Runner::new(Options { seed: Some(seed), ..options }).unwrap();
    runner.run(busy(log.clone()));
    let trace = runner.schedule().unwrap().trace;
    runner.close();
    (log.said(), trace)
}

#[test]
fn one_seed_is_one_schedule_and_another_is_another() {
    for workers in [1, 2, 3] {
        let mut all = std::collections::HashSet::new();
        for seed in 0..100 {
            let once = transcript(seed, workers);
            assert_eq!(once, transcript(seed, workers), "seed {seed} on {workers}");
            all.insert(once.0);
        }
        // Of that many orders two are hardly ever the same.
        assert!(all.len() > 95, "{} on {workers}", all.len());
    }
}

#[test]
fn a_seeded_runner_starts_no_worker_thread_and_all_workers_work() {
    let (options, _) = options(3);
    let mut runner = Runner::new(Options { seed: Some(7), ..options }).unwrap();
    let here = std::thread::current().id();
    runner.run(async move {
        let tasks = [0; 50].map(|_| {
            create_task(async move {
                yield_now().await;
                std::thread::current().id() == here
            })
        });
        assert!(gather(tasks).await.into_iter().all(|is_here| is_here));
    });
    // Tasks stay between runs, as they do with one worker.
    let mut task = None;
    runner.run(async { task = Some(create_task(async { 7 })) });
    assert_eq!(runner.run(task.unwrap()), 7);
}

#[test]
fn zero_seeded_workers_are_an_error_too() {
    assert!(Runner::new(Options { workers: 0, seed: Some(1), ..Options::default() }).is_err());
}

#[test]
fn blocking_calls_and_real_time_go_with_a_seed() {
    for workers in [1, 2] {
        let (paused, _) = options(workers);
        let real = Options { workers, ..Options::default() };
        for options in [paused, real] {
            let mut runner = Runner::new(Options { seed: Some(3), ..options }).unwrap();
            let sum = runner.run(async {
                sleep(ms(3)).await;
                let calls = [1, 2, 3].map(|n| to_thread(move || n));
                let thread = std::thread::spawn({
                    let handle = evenkeel::Handle::current();
                    move || handle.block_on(async { create_task(async { 10 }).await })
                });
                let joined = to_thread(move || thread.join().unwrap()).await;
                gather(calls).await.into_iter().sum::<i32>() + joined
            });
            assert_eq!(sum, 16);
        }
    }
}

/// The message of a test that fails.
fn failure_of(test: impl FnOnce()) -> String {
    let payload = catch_unwind(AssertUnwindSafe(test)).expect_err("it should fail");
    payload.downcast_ref::<String>().unwrap().clone()
}

/// A race that needs the second task between two steps of the first.
async fn racy(_: Seed) {
    let shared = Arc::new(Mutex::new(0));
    let add = |shared: Arc<Mutex<u32>>| async move {
        for _ in 0..3 {
            yield_now().await;
        }
        let seen = *shared.lock().unwrap();
        yield_now().await;
        *shared.lock().unwrap() = seen + 1;
    };
    let first = create_task(add(Arc::clone(&shared)));
    first.await_after(create_task(add(Arc::clone(&shared)))).await;
    assert_eq!(*shared.lock().unwrap(), 2, "an addition was lost");
}

/// Both, one after the other.
trait AwaitAfter {
    async fn await_after(self, other: Task<()>);
}

impl AwaitAfter for Task<()> {
    async fn await_after(self, other: Task<()>) {
        other.await;
        self.await;
    }
}

#[test]
fn a_failure_is_found_shrunk_and_replayed() {
    let runs = AtomicUsize::new(0);
    let told = failure_of(|| {
        schedules(1000, async |seed| {
            runs.fetch_add(1, SeqCst);
            racy(seed).await;
        });
    });
    assert!(told.contains("an addition was lost"), "{told}");
    assert!(runs.load(SeqCst) < 100, "{}", runs.load(SeqCst));
    // Its last line is what a person types.
    let line = told.lines().last().unwrap().trim();
    let seed = line.strip_prefix("EVENKEEL_SEED=").unwrap().split(' ').next().unwrap();
    assert!(
        line.ends_with("cargo test schedules::a_failure_is_found_shrunk_and_replayed"),
        "{line}"
    );
    let seed: Seed = seed.parse().unwrap();
    let replay = Test { schedule: Schedule::Seed(seed), ..Test::default() };
    for _ in 0..3 {
        assert!(failure_of(|| replay.run(racy)).contains("an addition was lost"));
    }
}

#[test]
fn the_environment_chooses_one_schedule_or_more_of_them() {
    if child::is_this() {
        let runs = AtomicUsize::new(0);
        schedules(3, async |seed| {
            runs.fetch_add(1, SeqCst);
            eprintln!("seed {seed:?}");
        });
        eprintln!("{} runs", runs.load(SeqCst));
        return;
    }
    let name = "schedules::the_environment_chooses_one_schedule_or_more_of_them";
    // Empty is as good as not set, whatever this process has.
    let errors = |seed: &str, seeds: &str| {
        let variables = [("EVENKEEL_SEED", seed), ("EVENKEEL_SEEDS", seeds)];
        child::errors(&child::run(name, &variables))
    };
    assert!(errors("", "").contains("6 runs"));
    assert!(errors("", "50").contains("100 runs"));
    let one = errors("0x51ED@2:17", "50");
    assert!(one.contains("1 runs") && one.contains(&format!("value: {}", 0x51ED)), "{one}");
    assert!(errors("0x51ED", "").contains("2 runs"));
}

#[test]
fn a_lost_wake_up_is_told_and_does_not_hang() {
    let waits_for_ever = async |_: Seed| {
        let event = Arc::new(Event::new());
        let task = evenkeel::Builder::new().name("the one who waits").create_task({
            let event = Arc::clone(&event);
            async move { event.wait().await }
        });
        task.await;
    };
    let told = failure_of(|| schedules(1, waits_for_ever));
    assert!(told.contains("deadlock: main waits and nothing can wake it"), "{told}");
    assert!(told.contains("the one who waits") && told.contains("Event"), "{told}");
    assert!(told.contains("Join of task"), "{told}");
    // With workers that are threads, too.
    for workers in [1, 2] {
        let test = Test { workers: Some(workers), ..Test::default() };
        let told = failure_of(|| test.run(waits_for_ever));
        assert!(told.starts_with("deadlock: main waits"), "{told}");
    }
}

#[test]
fn a_test_fails_by_a_result_a_timeout_a_panic_and_a_panic_nobody_awaits() {
    let seeded =
        Test { schedule: Schedule::Seed(Seed::new(5)), workers: Some(1), ..Test::default() };
    let told = failure_of(|| seeded.run(async |_| "x".parse::<u32>()));
    assert!(
        told.starts_with("schedule 0x5@1:0 fails: the test returned Err(ParseIntError"),
        "{told}"
    );
    let told = failure_of(|| {
        let body = async |_| create_task(async { std::panic::panic_any("unheard") }).detach();
        seeded.run(async |seed| {
            body(seed).await;
            sleep(secs(1)).await;
        });
    });
    assert!(told.contains("unheard"), "{told}");
    let late = Test { timeout: Some(secs(5)), ..Test::default() };
    let told = failure_of(|| late.run(async |_| sleep(secs(6)).await));
    assert!(told.starts_with("the test did not end within 5s of its clock"), "{told}");
    assert!(told.contains("main") && told.contains("Sleep"), "{told}");
    late.run(async |_| sleep(secs(4)).await);
}

#[test]
fn the_order_of_a_test_without_a_seed_is_asyncios() {
    Test::default().run(async |_| {
        let log = Transcript::new();
        let tasks = [1, 2, 3].map(|n| {
            let log = log.clone();
            create_task(async move { log.say(n) })
        });
        gather(tasks).await;
        assert_eq!(log.said(), "1 2 3");
    });
}

#[test]
fn all_blocked_comes_before_the_clock_jumps() {
    let body = async |_| {
        let (event, begun) = (Arc::new(Event::new()), evenkeel::now());
        let waiters = [0; 3].map(|_| {
            let event = Arc::clone(&event);
            create_task(async move {
                for _ in 0..5 {
                    yield_now().await;
                }
                event.wait().await;
            })
        });
        let sleeper = create_task(sleep(secs(60)));
        let call = create_task(async { to_thread(|| std::thread::sleep(ms(20))).await });
        wait_all_blocked().await;
        assert_eq!((event.statistics().waiting, evenkeel::now() - begun), (3, Duration::ZERO));
        assert!(call.is_finished() && !sleeper.is_finished());
        // Nobody waits for one who went away.
        drop(create_task(wait_all_blocked()));
        wait_all_blocked().await;
        event.set();
        gather(waiters).await;
        sleeper.await;
        assert_eq!(evenkeel::now() - begun, secs(60));
    };
    schedules(5, body);
    for workers in [1, 2] {
        Test { workers: Some(workers), ..Test::default() }.run(body);
    }
}

#[test]
fn all_blocked_needs_a_clock_that_stands_still() {
    let mut runner = Runner::new(Options { workers: 1, ..Options::default() }).unwrap();
    let told = catch_unwind(AssertUnwindSafe(|| runner.run(wait_all_blocked()))).unwrap_err();
    assert!(told.downcast_ref::<String>().unwrap().contains("needs a clock that stands still"));
}

#[test]
fn seeds_are_read_as_they_are_written() {
    for text in ["0x51ED", "0x0", "0x51ED@2", "0x51ED@2:17", "0x7:0"] {
        assert_eq!(text.parse::<Seed>().unwrap().to_string(), text);
    }
    assert_eq!("7".parse(), Ok(Seed::new(7)));
    for text in ["", "0x", "x", "0x1@0", "0x1:", "0x1@:", "-1"] {
        assert!(text.parse::<Seed>().is_err(), "{text}");
    }
    assert_eq!(
        "?".parse::<Seed>().unwrap_err().to_string(),
        "`?` is no seed: write 0x51ED, 0x51ED@2 or 0x51ED@2:17"
    );
}

#[test]
fn a_paused_run_takes_no_time() {
    let begun = std::time::Instant::now();
    assert_eq!(
        testing::run(async {
            sleep(secs(3600)).await;
            5
        }),
        5
    );
    assert!(begun.elapsed() < secs(60));
}

// Under many seeds: what is asserted may not rest on any order, and nothing may be lost in any.

/// Enough to see each order of a few tasks; `EVENKEEL_SEEDS` makes it more.
const SEEDS: u64 = 500;

#[test]
fn lck_02_under_seeds_a_cancelled_waiter_passes_the_lock_on() {
    schedules(SEEDS, async |seed| {
        let lock = Arc::new(Lock::new(0));
        let mut numbers = seed.numbers();
        let tasks: Vec<Task<()>> = (0..6)
            .map(|_| {
                let lock = Arc::clone(&lock);
                create_task(async move {
                    for _ in 0..3 {
                        let mut count = lock.lock().await;
                        *count += 1;
                        yield_now().await;
                    }
                })
            })
            .collect();
        for _ in 0..numbers.next().unwrap() % 20 {
            yield_now().await;
        }
        // Two are cancelled wherever they are.
        for _ in 0..2 {
            tasks[numbers.next().unwrap() as usize % tasks.len()].cancel();
        }
        for task in tasks {
            let _ = task.join().await;
        }
        assert!(!lock.is_locked());
        assert_eq!(lock.statistics().waiting, 0);
        assert!(*timeout(secs(1), lock.lock()).await.unwrap() >= 12);
    });
}

#[test]
fn sem_under_seeds_permits_come_back_whoever_times_out() {
    schedules(SEEDS, async |seed| {
        let semaphore = Arc::new(Semaphore::new(2));
        let users = seed.numbers().take(8).map(|number| {
            let semaphore = Arc::clone(&semaphore);
            create_task(async move {
                // Some give up at the very moment at which a permit comes free.
                let permit = timeout(ms(number % 4), semaphore.acquire()).await;
                sleep(ms(number / 4 % 3)).await;
                permit.is_ok()
            })
        });
        let had = gather(users.collect::<Vec<_>>()).await;
        assert!(had.into_iter().filter(|had| *had).count() >= 2);
        assert_eq!((semaphore.available(), semaphore.statistics().waiting), (2, 0));
    });
}

#[test]
fn evt_under_seeds_everybody_hears_of_it() {
    schedules(SEEDS, async |seed| {
        let event = Arc::new(Event::new());
        let waiters = [0; 5].map(|_| {
            let event = Arc::clone(&event);
            create_task(async move { event.wait().await })
        });
        for _ in 0..seed.numbers().next().unwrap() % 8 {
            yield_now().await;
        }
        event.set();
        gather(waiters).await;
    });
}

#[test]
fn wai_under_seeds_wait_and_oneshot_lose_nobody() {
    schedules(SEEDS, async |_| {
        let (senders, receivers): (Vec<_>, Vec<_>) = (0..4).map(|_| oneshot::<usize>()).unzip();
        let receivers = receivers
            .into_iter()
            .map(|receiver| create_task(async move { receiver.await.unwrap() }));
        let receivers: Vec<Task<usize>> = receivers.collect();
        let senders = senders.into_iter().enumerate().map(|(n, sender)| {
            create_task(async move {
                yield_now().await;
                sender.send(n).unwrap();
            })
        });
        gather(senders.collect::<Vec<_>>()).await;
        let waited = wait(receivers).await;
        assert_eq!(waited.done.len(), 4);
    });
}

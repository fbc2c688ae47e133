//! asyncio's cases of `to_thread` and of pools.
//!
//! THR-11 measures real time, the others none: while a call runs, the clock that jumps stands still.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use evenkeel::task::WaitReason;
use evenkeel::{
    Handle, Options, Runner, Task, ThreadPool, create_task, gather, now, oneshot, sleep,
    task_local, to_thread,
};

use crate::loops::{ms, on_one_and_two, options};
use crate::transcript::{Count, Transcript};

#[test]
fn thr_01_the_value_comes_back_and_the_call_was_made_once() {
    on_one_and_two(|| async {
        let (count, captured) = (Count::default(), "captured".to_owned());
        let counted = count.clone();
        let length = to_thread(move || {
            counted.one();
            captured.len()
        });
        assert_eq!((length.await, count.get()), (8, 1));
    });
}

#[test]
fn thr_02_an_error_passes_and_a_panic_is_one_of_its_task() {
    for workers in [1, 2] {
        let options = Options { blocking_threads: 1, ..options(workers).0 };
        Runner::new(options).unwrap().run(async {
            let first = to_thread(|| thread::current().id()).await;
            assert_eq!(to_thread(|| Err::<(), _>("failed")).await, Err("failed"));
            let panics: Task<()> = to_thread(|| std::panic::panic_any("went wrong"));
            let error = panics.join().await.unwrap_err();
            assert_eq!(error.into_panic().downcast_ref(), Some(&"went wrong"));
            assert_eq!(to_thread(|| thread::current().id()).await, first, "the same thread");
        });
    }
}

#[test]
fn thr_03_ten_at_once_give_their_results_in_argument_order() {
    on_one_and_two(|| async {
        let count = Count::default();
        let calls: Vec<_> = (0..10)
            .map(|n| {
                let counted = count.clone();
                to_thread(move || {
                    counted.one();
                    n * n
                })
            })
            .collect();
        let squares = gather(calls).await;
        assert_eq!(squares, (0..10).map(|n| n * n).collect::<Vec<_>>());
        assert_eq!(count.get(), 10);
    });
}

task_local! {
    static ANIMAL: &'static str = "none";
}

#[test]
fn thr_04_task_locals_are_seen_by_the_call_and_what_it_sets_stays_there() {
    on_one_and_two(|| async {
        ANIMAL.set("parrot");
        let seen = to_thread(|| {
            let seen = ANIMAL.get();
            ANIMAL.set("shark");
            (seen, ANIMAL.get())
        });
        assert_eq!(seen.await, ("parrot", "shark"));
        assert_eq!(ANIMAL.get(), "parrot");
    });
}

#[test]
fn thr_05_it_runs_on_another_thread_and_begins_at_once_awaited_or_not() {
    on_one_and_two(|| async {
        let (begun, has_begun) = mpsc::channel();
        let call = to_thread(move || {
            begun.send(()).unwrap();
            thread::current().id()
        });
        has_begun.recv_timeout(Duration::from_secs(30)).expect("it waits to be awaited");
        assert_ne!(call.await, thread::current().id());
    });
}

#[test]
fn thr_06_a_caller_cancelled_during_the_call_ends_at_once_and_the_result_is_dropped_once() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let (release, held) = mpsc::channel::<()>();
        let (begun, has_begun) = oneshot();
        let (said, result) = (log.clone(), log.guard("result"));
        let call = to_thread(move || {
            begun.send(()).unwrap();
            held.recv().unwrap();
            said.say("finished");
            result
        });
        has_begun.await.unwrap();
        let caller = create_task(call);
        // The clock stands still while the call runs, so passes have to do.
        crate::loops::ticks(3).await;
        assert!(caller.cancel());
        assert!(caller.join().await.map(drop).unwrap_err().is_cancelled());
        assert_eq!(log.said(), "", "the thread goes on");
        release.send(()).unwrap();
        sleep(ms(1)).await; // The clock jumps when the call has ended.
        assert_eq!(log.said(), "finished result");
    });
}

#[test]
fn thr_06_a_call_cancelled_before_it_began_never_runs() {
    for workers in [1, 2] {
        let options = Options { blocking_threads: 1, ..options(workers).0 };
        Runner::new(options).unwrap().run(async {
            let log = Transcript::new();
            let (release, held) = mpsc::channel::<()>();
            let first = to_thread(move || held.recv().unwrap());
            let (said, captured) = (log.clone(), log.guard("dropped"));
            let second = to_thread(move || {
                said.say("ran");
                drop(captured);
            });
            assert!(second.cancel());
            let third = to_thread(|| 3);
            release.send(()).unwrap();
            first.await;
            assert_eq!(third.await, 3);
            assert!(second.join().await.unwrap_err().is_cancelled());
            assert_eq!(log.said(), "dropped");
        });
    }
}

#[test]
fn thr_08_no_more_threads_than_the_limit_and_calls_begin_in_order() {
    let cpus = thread::available_parallelism().unwrap().get();
    assert_eq!(Options::default().blocking_threads, (cpus + 4).min(32));
    const LIMIT: usize = 3;
    for workers in [1, 2] {
        let options = Options { blocking_threads: LIMIT, ..options(workers).0 };
        Runner::new(options).unwrap().run(async {
            let begun = Arc::new(Mutex::new(Vec::new()));
            let (release, held) = mpsc::channel::<()>();
            let held = Arc::new(Mutex::new(held));
            let calls: Vec<_> = (0..LIMIT + 1)
                .map(|n| {
                    let (begun, held) = (Arc::clone(&begun), Arc::clone(&held));
                    to_thread(move || {
                        begun.lock().unwrap().push(n);
                        held.lock().unwrap().recv().unwrap();
                    })
                })
                .collect();
            let blocking = || Handle::current().statistics().unwrap().blocking;
            while blocking().busy < LIMIT || begun.lock().unwrap().len() < LIMIT {
                thread::yield_now();
            }
            let pool = blocking();
            assert_eq!((pool.threads, pool.busy, pool.queued), (LIMIT, LIMIT, 1));
            assert!(!begun.lock().unwrap().contains(&LIMIT), "one too many waits");
            for _ in 0..=LIMIT {
                release.send(()).unwrap();
            }
            gather(calls).await;
            assert_eq!(begun.lock().unwrap().last(), Some(&LIMIT));
            assert_eq!(blocking().most_threads, LIMIT);
        });
        // With one thread the whole order is to be seen.
        let options = Options { blocking_threads: 1, ..crate::loops::options(workers).0 };
        Runner::new(options).unwrap().run(async {
            let log = Transcript::new();
            let calls: Vec<_> = (0..20)
                .map(|n| {
                    let log = log.clone();
                    to_thread(move || log.say(n))
                })
                .collect();
            gather(calls).await;
            let order: Vec<_> = (0..20).map(|n| n.to_string()).collect();
            assert_eq!(log.said(), order.join(" "));
        });
    }
}

#[test]
fn thr_09_one_panics_one_sleeps_and_the_others_do_not_care() {
    on_one_and_two(|| async {
        let calls: Vec<_> = (0..20)
            .map(|n| {
                let call = to_thread(move || match n {
                    7 => std::panic::panic_any("seven"),
                    11 => thread::sleep(ms(20)),
                    _ => (),
                });
                async move { call.join().await.map(|()| n) }
            })
            .collect();
        for (n, outcome) in gather(calls).await.into_iter().enumerate() {
            match outcome {
                Ok(value) => assert_eq!(value, n),
                Err(error) => assert!(n == 7 && error.is_panic(), "{error}"),
            }
        }
        // A thread says that its call is done before it counts itself as idle.
        let blocking = || Handle::current().statistics().unwrap().blocking;
        while blocking().busy > 0 {
            thread::yield_now();
        }
        let pool = blocking();
        assert_eq!((pool.queued, pool.finished), (0, 20));
        assert!(pool.threads <= pool.limit, "{pool:?}");
        assert_eq!(to_thread(|| 1).await, 1);
    });
}

#[test]
fn thr_09_a_pool_of_ones_own_blocks_five_at_a_time() {
    on_one_and_two(|| async {
        let pool = ThreadPool::new(5);
        let (meet, met) = (Arc::new(std::sync::Barrier::new(5)), Count::default());
        let calls: Vec<_> = (1..=5)
            .map(|n| {
                let (meet, met) = (Arc::clone(&meet), met.clone());
                pool.run(move || {
                    meet.wait(); // All five are here, or nobody goes on.
                    met.one();
                    n
                })
            })
            .collect();
        assert_eq!((gather(calls).await, met.get()), (vec![1, 2, 3, 4, 5], 5));
        pool.join(Duration::from_secs(30)).unwrap();
    });
}

#[test]
fn thr_11_a_wake_from_a_foreign_thread_is_felt_at_once() {
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        // The best of several: how soon it can be, not how busy the machine is.
        let soonest = (0..10).map(|_| {
            let handle = runner.handle();
            let (sender, receiver) = oneshot();
            let thread = thread::spawn(move || {
                while !main_waits(&handle) {
                    thread::yield_now();
                }
                // Time to fall asleep; if it has not by then, the round is merely easier.
                thread::sleep(ms(2));
                sender.send(Instant::now()).unwrap();
            });
            let took = runner.run(async { receiver.await.unwrap().elapsed() });
            thread.join().unwrap();
            took
        });
        let soonest = soonest.min().unwrap();
        assert!(soonest <= ms(20), "{soonest:?}");
    }
}

fn main_waits(handle: &Handle) -> bool {
    handle.all_tasks().iter().any(|task| {
        task.name() == "main" && task.polls() > 0 && task.waits_for().0 != WaitReason::Nothing
    })
}

#[test]
fn a_blocking_call_holds_the_clock_and_not_the_loop() {
    on_one_and_two(|| async {
        let begun = now();
        let (release, held) = mpsc::channel::<()>();
        let call = to_thread(move || held.recv().unwrap());
        let others = create_task(async { crate::loops::ticks(100).await });
        others.await;
        release.send(()).unwrap();
        call.await;
        assert_eq!(now(), begun);
    });
}

#[test]
fn a_call_that_waits_for_the_loop_does_not_hold_the_clock_and_one_beside_it_does() {
    on_one_and_two(|| async {
        let (begun, handle) = (now(), Handle::current());
        let (release, held) = mpsc::channel::<()>();
        let waits = to_thread(move || {
            handle.block_on(async move {
                sleep(ms(10)).await;
                now()
            })
        });
        let blocks = to_thread(move || held.recv().unwrap());
        crate::loops::ticks(100).await;
        assert_eq!(now(), begun);
        release.send(()).unwrap();
        blocks.await;
        assert_eq!(waits.await - begun, ms(10));
    });
}

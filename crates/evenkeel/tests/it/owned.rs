//! The rule everything rests on: a task, a scope and a run are done only when all they own is.

use std::convert::Infallible;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evenkeel::*;
#[cfg(feature = "macros")]
use std::prelude::v1::test; // not our attribute of that name

use crate::child;
use crate::loops::{ms, on_one, on_one_and_two, options, secs};
use crate::transcript::Transcript;

type Reports = Arc<Mutex<Vec<FailureReport>>>;

/// Options with a clock that jumps, and the failures they report.
fn watched(workers: usize) -> (Options, Reports) {
    let reports = Reports::default();
    let told = Arc::clone(&reports);
    let hook = move |report: &FailureReport| told.lock().unwrap().push(report.clone());
    (Options { on_failure: Some(Arc::new(hook)), ..options(workers).0 }, reports)
}

/// Sleeps for ever, and takes `needs` to clean up when it is cancelled.
async fn tidy(log: Transcript, name: &'static str, needs: Duration) {
    let _guard = log.guard(name);
    let said = log.clone();
    defer(async move {
        sleep(needs).await;
        said.say("clean");
    });
    pending::<()>().await;
}

#[test]
fn run_05_a_leftover_that_fails_as_it_cleans_up_is_reported_once_and_changes_nothing() {
    for workers in [1, 2] {
        let (options, reports) = watched(workers);
        let mut runner = Runner::new(options).unwrap();
        let value = runner.run(async {
            Builder::new()
                .name("leftover")
                .create_task(async {
                    defer(async { panic!("unclean") });
                    pending::<()>().await;
                })
                .detach();
            sleep(ms(1)).await;
            123
        });
        assert_eq!(value, 123);
        assert!(runner.close().is_empty());
        let reports = reports.lock().unwrap();
        assert_eq!(reports.len(), 1, "{reports:?}");
        let text = reports[0].to_string();
        assert!(text.contains("during run() shutdown: unclean"), "{text}");
        assert!(text.contains("\"leftover\"") && text.contains("owned.rs"), "{text}");
    }
}

#[test]
fn run_06_the_run_returns_after_all_leftovers_have_cleaned_up() {
    for workers in [1, 2] {
        let log = Transcript::new();
        let mut runner = Runner::new(options(workers).0).unwrap();
        runner.run(async {
            for name in ["a", "b", "c"] {
                create_task(tidy(log.clone(), name, ms(10))).detach();
            }
            sleep(ms(1)).await;
        });
        let left = runner.close();
        assert!(left.is_empty(), "{left}");
        assert_eq!(log.sorted(), "a b c clean clean clean");
    }
}

#[test]
fn wfr_06_and_10_the_timeout_is_reported_after_the_inner_task_has_cleaned_up() {
    on_one_and_two(|| async {
        for limit in [Duration::ZERO, ms(100)] {
            let (log, start) = (Transcript::new(), now());
            let inner = create_task(tidy(log.clone(), "gone", ms(200)));
            sleep(ms(1)).await;
            assert_eq!(wait_for(inner, limit).await, Err(TimeoutError));
            assert_eq!(log.said(), "gone clean");
            assert_eq!(now() - start, ms(1) + limit + ms(200));
        }
    });
}

#[test]
fn wfr_11_a_shielded_task_goes_on_when_its_awaiter_times_out() {
    on_one_and_two(|| async {
        for limit in [Duration::ZERO, ms(10)] {
            let start = now();
            let (done, mut value) = oneshot();
            let task = create_task(async move {
                sleep(ms(50)).await;
                done.send("done").unwrap();
            });
            assert_eq!(timeout(limit, shield(task)).await, Err(TimeoutError));
            assert_eq!(now() - start, limit, "at once");
            assert_eq!((&mut value).await, Ok("done"));
            assert_eq!(now() - start, ms(50));
        }
    });
}

#[test]
fn shd_04_a_cancelled_gather_of_shields_leaves_their_work_going_on() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let step = |name: &'static str, after| {
            let log = log.clone();
            async move {
                sleep(after).await;
                log.say(name);
            }
        };
        let both = (shield(step("c1", ms(10))), shield(step("c2", ms(20))));
        let outer = create_task(async move { gather(both).await });
        sleep(ms(5)).await;
        outer.cancel();
        assert!(outer.join().await.is_err());
        assert_eq!(log.said(), "c1 c2", "owned: the outer is done when they are");
        let inner = (step("d1", ms(10)), step("d2", ms(10)));
        let outer = create_task(shield(async move { gather(inner).await }));
        sleep(ms(5)).await;
        outer.cancel();
        assert!(outer.join().await.is_err());
        assert_eq!(log.sorted(), "c1 c2 d1 d2");
    });
}

#[test]
fn shd_06_shielded_work_without_another_owner_ends_before_the_run_does() {
    for workers in [1, 2] {
        let (options, reports) = watched(workers);
        let log = Transcript::new();
        let mut runner = Runner::new(options).unwrap();
        let said = log.clone();
        runner.run(async move {
            let inner = async move {
                sleep(secs(2)).await;
                said.say("done");
            };
            create_task(async move { shield(inner).await }).detach();
            sleep(ms(1)).await;
        });
        assert!(runner.close().is_empty());
        assert_eq!(log.said(), "done");
        assert!(reports.lock().unwrap().is_empty());
    }
}

#[test]
fn shielded_work_and_clean_ups_that_overrun_the_grace_are_cut_off_and_named() {
    let (options, reports) = watched(1);
    let log = Transcript::new();
    let mut runner = Runner::new(options).unwrap();
    let start = runner.run(async {
        let guard = log.guard("shielded gone");
        create_task(async move {
            shield(async move {
                let _guard = guard;
                pending::<()>().await;
            })
            .await;
        })
        .detach();
        create_task(tidy(log.clone(), "task gone", secs(3600))).detach();
        sleep(ms(1)).await;
        now()
    });
    let left = runner.close();
    assert!(left.is_empty(), "{left}");
    assert_eq!(log.sorted(), "shielded gone task gone");
    let reports = reports.lock().unwrap();
    let texts: Vec<_> = reports.iter().map(ToString::to_string).collect();
    assert!(reports.iter().all(|report| report.kind == FailureKind::Overran), "{texts:?}");
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("\"shielded\"")), "{texts:?}");
    assert!(texts.iter().any(|text| text.contains("clean-up registered at")), "{texts:?}");
    let _ = start;
}

#[test]
fn gat_12_a_cancelled_gather_ends_after_all_its_children_have_cleaned_up() {
    on_one_and_two(|| async {
        let (log, start) = (Transcript::new(), now());
        let said = log.clone();
        let outer = create_task(async move {
            let child = |name| create_task(tidy(said.clone(), name, ms(20)));
            gather([child("a"), child("b"), child("c")]).await;
        });
        sleep(ms(5)).await;
        outer.cancel();
        assert!(outer.join().await.unwrap_err().is_cancelled());
        assert_eq!(log.sorted(), "a b c clean clean clean");
        assert_eq!(now() - start, ms(25));
    });
}

#[test]
fn gat_04_try_gather_joins_the_siblings_of_the_first_that_fails() {
    on_one_and_two(|| async {
        let (log, start) = (Transcript::new(), now());
        let sibling = create_task({
            let tidy = tidy(log.clone(), "sibling", ms(20));
            async move {
                tidy.await;
                Ok::<(), &str>(())
            }
        });
        let fails = create_task(async {
            sleep(ms(5)).await;
            Err::<(), _>("zero")
        });
        assert_eq!(try_gather((sibling, fails)).await, Err("zero"));
        assert_eq!((log.said().as_str(), now() - start), ("sibling clean", ms(25)));
    });
}

#[test]
fn a_parent_cancelled_three_levels_up_is_done_after_the_deepest_child() {
    on_one_and_two(|| async {
        let (log, start) = (Transcript::new(), now());
        let said = log.clone();
        let top = create_task(async move {
            let middle = create_task(async move {
                create_task(tidy(said, "leaf", ms(30))).await;
            });
            middle.await;
        });
        sleep(ms(5)).await;
        assert_eq!(top.cancelled().await, None);
        assert_eq!((log.said().as_str(), now() - start), ("leaf clean", ms(35)));
    });
}

#[test]
fn groups_run_their_children_on_all_workers_also_from_main() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    let here = std::thread::current().id();
    runner.run(async {
        TaskGroup::<Infallible>::scope(async |group| {
            // Two, for the last to be spawned waits for its spawner to yield.
            let [first, _] =
                [(); 2].map(|()| group.create_task(async { Ok(std::thread::current().id()) }));
            // Main holds its thread: only another worker can run the child.
            while !first.is_finished() {
                std::thread::yield_now();
            }
            assert_ne!(first.await, here);
        })
        .await
        .unwrap();
    });
}

#[test]
fn tgr_21_a_second_cancel_does_not_interrupt_a_childs_clean_up() {
    on_one_and_two(|| async {
        let (log, start) = (Transcript::new(), now());
        let said = log.clone();
        let parent = create_task(async move {
            let scope = TaskGroup::<Infallible>::scope(async |group| {
                group.create_task(tidy(said.clone(), "child", ms(100)));
                pending::<()>().await;
            });
            let _ = scope.await;
        });
        sleep(ms(5)).await;
        parent.cancel();
        sleep(ms(5)).await;
        assert!(!parent.is_finished() && parent.cancel());
        assert!(parent.join().await.unwrap_err().is_cancelled());
        assert_eq!((log.said().as_str(), now() - start), ("child clean", ms(105)));
    });
}

#[test]
fn a_timed_out_group_is_gone_before_the_timeout_is_reported() {
    on_one_and_two(|| async {
        let (log, start) = (Transcript::new(), now());
        let scope = TaskGroup::<Infallible>::scope(async |group| {
            group.create_task(tidy(log.clone(), "child", ms(20)));
            pending::<()>().await;
        });
        assert!(timeout(ms(10), scope).await.is_err());
        assert_eq!((log.said().as_str(), now() - start), ("child clean", ms(30)));
    });
}

#[test]
fn a_closed_runner_tells_what_is_left() {
    // A clock that jumps may do so while the run ends, and the timer would be gone.
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    runner.run(async {
        let mut carried = Box::pin(sleep(secs(3600)));
        assert!(futures_lite::future::poll_once(&mut carried).await.is_none());
        std::mem::forget(carried);
    });
    let left = runner.close();
    assert_eq!((left.timers, left.sources, left.tasks.len()), (1, 0, 0));
    assert!(!left.is_empty() && left.to_string().contains("1 timers"));
    assert!(runner.close().is_empty());
}

#[test]
fn a_clean_up_may_spawn_and_await_and_its_locals_are_the_tasks() {
    task_local! { static WHO: u32 = 0; }
    let log = on_one(|| async {
        let log = Transcript::new();
        let said = log.clone();
        let task = create_task(async move {
            WHO.set(7);
            defer(async move {
                let helper = create_task(async { sleep(ms(1)).await });
                helper.await;
                said.say(WHO.get());
                said.say(current().is_some());
            });
        });
        task.await;
        log
    });
    assert_eq!(log.said(), "7 true");
}

#[test]
fn tgr_12_errors_beside_a_panic_are_reported() {
    let (options, reports) = watched(1);
    let mut runner = Runner::new(options).unwrap();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        runner.run(async {
            let scope = TaskGroup::scope(async |group| {
                group.create_task(async { Err::<(), _>("lost".to_owned()) });
                group.create_task(async {
                    defer(async { sleep(ms(1)).await });
                    panic!("thrown");
                    #[expect(unreachable_code, reason = "it says the type")]
                    ()
                });
                pending::<Result<(), String>>().await
            });
            let _ = scope.await;
        })
    }));
    assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"thrown"));
    let reports = reports.lock().unwrap();
    assert_eq!(reports.len(), 1, "{reports:?}");
    assert!(reports[0].message.ends_with("beside a panic in its group: \"lost\""), "{reports:?}");
}

#[test]
fn a_deadline_that_passes_while_the_clock_is_moved_by_hand_is_not_slept_over() {
    let (options, clock) = options(1);
    let mut runner = Runner::new(options).unwrap();
    let limited = runner.run(timeout(ms(2), async move {
        clock.advance(ms(10));
        sleep(secs(1)).await;
    }));
    assert_eq!(limited, Err(TimeoutError));
}

/// Oxide's RFD 609: a future that waits for a lock is given up for another that locks it again.
#[test]
fn a_lock_granted_to_a_place_nobody_polls_any_more_goes_to_the_tasks_other_place() {
    on_one_and_two(|| async {
        let lock = Arc::new(Lock::new(()));
        let held = Arc::clone(&lock);
        let holder = create_task(async move {
            let _guard = held.lock().await;
            sleep(secs(5)).await;
        });
        sleep(ms(1)).await;
        let mut first = Box::pin(lock.lock());
        race! {
            _guard = &mut first => unreachable!("it is held"),
            _ = sleep(ms(500)) => drop(lock.lock().await),
        }
        drop(first);
        holder.await;
    });
}

#[test]
fn debug_mode_names_tasks_that_wait_for_each_others_locks() {
    if !child::is_this() {
        let name = "owned::debug_mode_names_tasks_that_wait_for_each_others_locks";
        let errors = child::errors(&child::run(name, &[("EVENKEEL_DEBUG", "1")]));
        assert!(errors.contains("deadlock: task"), "{errors}");
        return;
    }
    on_one(|| async {
        let locks = [Arc::new(Lock::new(())), Arc::new(Lock::new(()))];
        let crossed = |first: usize| {
            let (one, two) = (Arc::clone(&locks[first]), Arc::clone(&locks[1 - first]));
            create_task(async move {
                let _one = one.lock().await;
                sleep(ms(1)).await;
                let _two = two.lock().await;
            })
        };
        let both = gather((crossed(0), crossed(1)));
        assert!(timeout(ms(5), both).await.is_err(), "cancelled, they let go");
    });
}

#[test]
fn a_long_end_asks_a_task_once_and_not_at_each_turn() {
    for workers in [1, 2] {
        let polls = Arc::new(Mutex::new(0));
        let mut runner = Runner::new(options(workers).0).unwrap();
        runner.run(async {
            let counted = Arc::clone(&polls);
            let gate = Arc::new(Event::new());
            let opens = Arc::clone(&gate);
            create_task(async move {
                defer(async move {
                    let mut opened = std::pin::pin!(gate.wait());
                    std::future::poll_fn(move |cx| {
                        *counted.lock().unwrap() += 1;
                        opened.as_mut().poll(cx)
                    })
                    .await;
                });
                pending::<()>().await;
            })
            .detach();
            create_task(async move {
                defer(async move {
                    for _ in 0..1000 {
                        yield_now().await;
                    }
                    opens.set();
                });
                pending::<()>().await;
            })
            .detach();
            sleep(ms(1)).await;
        });
        assert!(runner.close().is_empty());
        // Once to wait and once to go on; some more if all are asked again before a worker sleeps.
        let polls = *polls.lock().unwrap();
        assert!(polls < 50, "{polls} polls of one that waits");
    }
}

#[test]
fn an_end_with_clean_ups_of_a_thousand_deadlines_walks_once_over_all() {
    for (workers, walks) in [(1, 1), (2, 2)] {
        let done = Arc::new(Mutex::new(0));
        let grace = Options { shutdown_grace: secs(60), ..options(workers).0 };
        let mut runner = Runner::new(grace).unwrap();
        runner.run(async {
            for nth in 1..=1000 {
                let done = Arc::clone(&done);
                create_task(async move {
                    defer(async move {
                        // A task of its own, which is asked to end as it comes.
                        let late = create_task(pending::<()>());
                        sleep(Duration::from_micros(nth)).await;
                        assert!(late.join().await.is_err_and(|error| error.is_cancelled()));
                        *done.lock().unwrap() += 1;
                    });
                    pending::<()>().await;
                })
                .detach();
            }
            sleep(ms(1)).await;
        });
        let (before, began) = (evenkeel_task::walks(), Instant::now());
        assert!(runner.close().is_empty());
        assert!(began.elapsed() < secs(30), "a worker slept through the end");
        assert_eq!(*done.lock().unwrap(), 1000);
        // One for each executor that this thread works for, and one for each as it is dropped.
        let walked = evenkeel_task::walks() - before;
        assert!((walks..=2 * walks).contains(&walked), "{walked} walks");
    }
}

#[test]
fn a_thread_that_spawns_while_the_run_ends_keeps_nobody_waiting() {
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        let handle = runner.handle();
        let stop = Arc::new(AtomicBool::new(false));
        let stops = Arc::clone(&stop);
        let spawner = std::thread::spawn(move || {
            while !stops.load(Ordering::Relaxed) {
                handle.spawn(pending::<()>()).detach();
                std::thread::yield_now();
            }
        });
        runner.run(async {
            create_task(async {
                defer(sleep(ms(5)));
                pending::<()>().await;
            })
            .detach();
            sleep(ms(5)).await;
        });
        // They may come faster than they go; but when no more come, all end.
        let stopper = std::thread::spawn(move || {
            std::thread::sleep(ms(20));
            stop.store(true, Ordering::Relaxed);
        });
        let left = runner.close();
        assert!(left.is_empty(), "{left}");
        stopper.join().unwrap();
        spawner.join().unwrap();
    }
}

#[test]
fn a_run_that_leaves_very_many_tasks_names_twenty() {
    if !child::is_this() {
        let name = "owned::a_run_that_leaves_very_many_tasks_names_twenty";
        let errors = child::errors(&child::run(name, &[("EVENKEEL_DEBUG", "1")]));
        let lines = |text: &str| errors.lines().filter(|line| line.contains(text)).count();
        assert_eq!(lines("was still pending when"), 20, "{errors}");
        assert_eq!(lines("and 80 more were still pending"), 1, "{errors}");
        assert_eq!(lines("did not end in time"), 21, "{errors}");
        assert_eq!(lines("and 180 more did not end in time"), 1, "{errors}");
        return;
    }
    let mut runner = Runner::new(Options {
        workers: 1,
        shutdown_grace: ms(20),
        cleanup_grace: secs(3600),
        ..Options::default()
    })
    .unwrap();
    runner.run(async {
        for _ in 0..100 {
            create_task(async {
                defer(pending());
                pending::<()>().await;
            })
            .detach();
        }
        sleep(ms(1)).await;
    });
    let left = runner.close();
    assert_eq!(left.tasks.len(), 100);
    assert!(left.to_string().contains("and 80 more tasks"), "{left}");
}

/// Holds its thread for a while as it is dropped.
struct Slow;

impl Drop for Slow {
    fn drop(&mut self) {
        std::thread::sleep(ms(150));
    }
}

// A worker that had said that nothing was left for it ran one more, and the other, which waited for that one, slept
// until the grace was over.
#[test]
fn what_ends_last_on_a_worker_that_had_nothing_left_keeps_no_other_waiting() {
    let mut runner = Runner::new(Options { workers: 2, ..Options::default() }).unwrap();
    let handle = runner.handle();
    let (ends, has_begun) = std::sync::mpsc::channel();
    let spawner = std::thread::spawn(move || {
        has_begun.recv().unwrap();
        let slow = Slow;
        let late = async move {
            let _slow = slow;
            pending::<()>().await;
        };
        handle.spawn(late).detach();
    });
    runner.run(async {
        let own = async move {
            defer(async move {
                ends.send(()).unwrap();
                std::thread::sleep(ms(50)); // So that the other worker takes what comes.
            });
            pending::<()>().await;
        };
        create_local_task(own).detach();
        sleep(ms(1)).await;
    });
    let began = Instant::now();
    assert!(runner.close().is_empty());
    assert!(began.elapsed() < secs(3), "a worker slept through the end");
    spawner.join().unwrap();
}

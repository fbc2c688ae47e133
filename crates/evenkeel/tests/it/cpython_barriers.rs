//! What CPython's BarrierTests ask, on the loop: five parties, as there.

use std::sync::Arc;

use evenkeel::sync::Barrier;
use evenkeel::{Task, create_task, gather};

use crate::loops::{on_one, on_one_and_two, settle, ticks};
use crate::transcript::{Count, Transcript};

const N: usize = 5;

/// Starts `count` tasks that do the same.
fn parties<F>(count: usize, party: impl Fn() -> F) -> Vec<Task<F::Output>>
where
    F: Future<Output: Send> + Send + 'static,
{
    (0..count).map(|_| create_task(party())).collect()
}

fn assert_at_rest(barrier: &Barrier) {
    assert_eq!((barrier.n_waiting(), barrier.is_broken()), (0, false));
    let seen = barrier.statistics();
    assert_eq!((seen.waiting, seen.leaving), (0, 0));
}

/// test_context_manager, test_filling_tasks_wait_twice, test_filling_tasks_check_return_value.
#[test]
fn bar_01_each_has_an_index_of_its_own_in_every_round() {
    on_one_and_two(|| async {
        let barrier = Arc::new(Barrier::new(N));
        let tasks = parties(N, || {
            let barrier = Arc::clone(&barrier);
            async move { (barrier.wait().await.unwrap(), barrier.wait().await.unwrap()) }
        });
        let (mut first, mut second): (Vec<_>, Vec<_>) = gather(tasks).await.into_iter().unzip();
        first.sort_unstable();
        second.sort_unstable();
        assert_eq!((first, second), ((0..N).collect(), (0..N).collect()));
        assert_at_rest(&barrier);
    });
}

/// test_filling_one_task, test_filling_one_task_twice, test_barrier, test_reset_barrier,
/// test_abort_barrier.
#[test]
fn bar_01_a_barrier_of_one_lets_everybody_through() {
    on_one_and_two(|| async {
        let barrier = Barrier::new(1);
        assert_eq!((barrier.parties(), barrier.n_waiting()), (1, 0));
        for _ in 0..2 {
            assert_eq!(barrier.wait().await, Ok(0));
            assert_at_rest(&barrier);
        }
        barrier.reset();
        assert_at_rest(&barrier);
        barrier.abort();
        assert_eq!((barrier.n_waiting(), barrier.is_broken()), (0, true));
    });
}

/// test_filling_task_by_task, test_draining_state: the one who fills it goes on first, and until the others
/// have, it is draining.
#[test]
fn bar_01_it_fills_one_by_one_and_drains() {
    on_one(|| async {
        let (barrier, log) = (Arc::new(Barrier::new(3)), Transcript::new());
        let party = || {
            let (barrier, log) = (Arc::clone(&barrier), log.clone());
            create_task(async move {
                barrier.wait().await.unwrap();
                log.say(barrier.statistics().leaving);
            })
        };
        let mut tasks = Vec::new();
        for waiting in [1, 2] {
            tasks.push(party());
            ticks(1).await;
            assert_eq!(barrier.n_waiting(), waiting);
        }
        tasks.push(party());
        gather(tasks).await;
        assert_eq!(log.said(), "2 1 0", "still to go on");
        assert_at_rest(&barrier);
    });
}

/// test_blocking_tasks_while_draining.
#[test]
fn bar_03_two_come_back_early_and_three_meet_elsewhere() {
    on_one_and_two(|| async {
        let (barrier, elsewhere) = (Arc::new(Barrier::new(N)), Arc::new(Barrier::new(N - 2)));
        let early = Count::default();
        let tasks = parties(N, || {
            let (barrier, elsewhere) = (Arc::clone(&barrier), Arc::clone(&elsewhere));
            let early = early.clone();
            async move {
                if barrier.wait().await.unwrap() < 2 {
                    early.one();
                } else {
                    elsewhere.wait().await.unwrap();
                }
                barrier.wait().await.unwrap();
            }
        });
        gather(tasks).await;
        assert_eq!(early.get(), 2);
        assert_at_rest(&barrier);
    });
}

/// test_filling_tasks_cancel_one.
#[test]
fn bar_02_one_is_cancelled_and_another_takes_its_place() {
    on_one_and_two(|| async {
        let (barrier, passed) = (Arc::new(Barrier::new(3)), Count::default());
        let party = || {
            let (barrier, passed) = (Arc::clone(&barrier), passed.clone());
            create_task(async move {
                barrier.wait().await.unwrap();
                passed.one();
            })
        };
        let (first, second) = (party(), party());
        settle().await;
        assert_eq!(barrier.n_waiting(), 2);
        first.cancel();
        assert!(first.join().await.unwrap_err().is_cancelled());
        assert_eq!(barrier.n_waiting(), 1);
        let third = party();
        settle().await;
        assert_eq!((barrier.n_waiting(), passed.get()), (2, 0));
        gather((second, third, party())).await;
        assert_eq!(passed.get(), 3);
        assert_at_rest(&barrier);
    });
}

/// test_reset_barrier_while_tasks_waiting, test_reset_barrier_while_tasks_waiting_and_waiting_again.
#[test]
fn bar_04_a_reset_breaks_those_who_wait_and_they_come_again() {
    on_one_and_two(|| async {
        let (barrier, broken) = (Arc::new(Barrier::new(N)), Count::default());
        let tasks = parties(N - 1, || {
            let (barrier, broken) = (Arc::clone(&barrier), broken.clone());
            async move {
                if barrier.wait().await.is_err() {
                    broken.one();
                }
                barrier.wait().await.unwrap();
            }
        });
        settle().await;
        barrier.reset();
        barrier.wait().await.unwrap();
        gather(tasks).await;
        assert_eq!(broken.get(), N - 1);
        assert_at_rest(&barrier);
    });
}

/// test_reset_barrier_when_tasks_half_draining, ..._half_draining_half_blocking and ..._while_tasks_draining.
/// There a reset while the barrier drains breaks those who have not gone on yet. Here they have passed: what
/// they were promised stands, and the reset is for those who came early for the next round.
#[test]
fn bar_04_a_reset_while_it_drains_is_for_those_who_came_early() {
    on_one(|| async {
        let (barrier, log) = (Arc::new(Barrier::new(N)), Transcript::new());
        let count = Count::default();
        let tasks = parties(N, || {
            let (barrier, log, count) = (Arc::clone(&barrier), log.clone(), count.clone());
            async move {
                barrier.wait().await.unwrap();
                count.one();
                if count.get() == 3 {
                    barrier.reset(); // Two are early, two have yet to go on.
                }
                match barrier.wait().await {
                    Ok(_) => log.say("passed"),
                    Err(_) => {
                        log.say("broken");
                        barrier.wait().await.unwrap();
                        log.say("passed");
                    }
                }
            }
        });
        gather(tasks).await;
        assert_eq!(log.said(), "broken broken passed passed passed passed passed");
        assert_at_rest(&barrier);
    });
}

/// test_abort_barrier_when_tasks_half_draining_half_blocking. As with the reset: those who were let go have
/// passed.
#[test]
fn bar_04_an_abort_while_it_drains_breaks_those_who_came_early_and_all_who_come() {
    on_one(|| async {
        let (barrier, log) = (Arc::new(Barrier::new(N)), Transcript::new());
        let count = Count::default();
        let tasks = parties(N, || {
            let (barrier, log, count) = (Arc::clone(&barrier), log.clone(), count.clone());
            async move {
                barrier.wait().await.unwrap();
                count.one();
                if count.get() == 3 {
                    barrier.abort();
                }
                log.say(if barrier.wait().await.is_err() { "broken" } else { "passed" });
            }
        });
        gather(tasks).await;
        assert_eq!(log.said(), "broken broken broken broken broken");
        assert_eq!((barrier.n_waiting(), barrier.is_broken()), (0, true));
    });
}

/// test_abort_barrier_when_exception, test_abort_barrier_when_exception_then_resetting.
#[test]
fn bar_07_one_fails_and_aborts_and_after_a_reset_all_pass() {
    on_one_and_two(|| async {
        let (barrier, other) = (Arc::new(Barrier::new(N)), Arc::new(Barrier::new(N)));
        let log = Transcript::new();
        let tasks = parties(N, || {
            let (barrier, other) = (Arc::clone(&barrier), Arc::clone(&other));
            let log = log.clone();
            async move {
                if barrier.wait().await.unwrap() == N / 2 {
                    barrier.abort(); // It has failed.
                } else if barrier.wait().await.is_err() {
                    log.say("broken");
                }
                if other.wait().await.unwrap() == N / 2 {
                    barrier.reset();
                }
                other.wait().await.unwrap();
                barrier.wait().await.unwrap();
                log.say("passed");
            }
        });
        gather(tasks).await;
        let said = log.sorted();
        assert_eq!(said, "broken broken broken broken passed passed passed passed passed");
        assert_at_rest(&barrier);
    });
}

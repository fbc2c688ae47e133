//! asyncio's cases of `wait`.
//!
//! `wait` owns its tasks and gives back those that are pending; `wait_mut` borrows them, and is the form
//! whose cancellation leaves them alone, as asyncio's does.

use std::sync::Arc;
use std::time::Duration;

use evenkeel::{
    Done, Lock, Task, TimeoutError, Waited, create_task, now, oneshot, sleep, timeout, wait,
    wait_mut,
};

use crate::loops::{ms, on_one, on_one_and_two, secs, settle};
use crate::transcript::{Count, Transcript};

fn sleeper(delay: Duration) -> Task<Duration> {
    create_task(async move {
        sleep(delay).await;
        delay
    })
}

#[test]
fn wai_01_all_are_done_when_the_last_is() {
    on_one_and_two(|| async {
        let begun = now();
        let mut tasks = [sleeper(ms(100)), sleeper(ms(150))];
        assert_eq!(wait_mut(&mut tasks).await.done, [0, 1]);
        assert_eq!(now() - begun, ms(150));
        let Waited { done, pending } = wait(tasks).await; // Again: at once.
        assert_eq!(now() - begun, ms(150));
        assert_eq!(done.into_iter().map(Done::result).collect::<Vec<_>>(), [ms(100), ms(150)]);
        assert!(pending.is_empty());
    });
}

#[test]
fn wai_02_first_completed() {
    on_one_and_two(|| async {
        let begun = now();
        let (a, b) = (sleeper(secs(10)), sleeper(ms(100)));
        let (a_id, b_id) = (a.id(), b.id());
        let Waited { done, pending } = wait([a, b]).first_completed().await;
        assert_eq!(now() - begun, ms(100));
        assert_eq!(done.iter().map(Done::id).collect::<Vec<_>>(), [b_id]);
        assert_eq!(pending.iter().map(Task::id).collect::<Vec<_>>(), [a_id]);
        let [a] = <[Task<_>; 1]>::try_from(pending).unwrap();
        assert!(!a.is_finished());
        assert_eq!(a.await, secs(10));
        assert_eq!(now() - begun, secs(10), "it was left alone");
    });
}

#[test]
fn wai_02_whoever_has_ended_when_the_waiter_goes_on_is_done() {
    on_one(|| async {
        let tasks = [sleeper(ms(10)), sleeper(ms(10)), sleeper(ms(20))];
        let Waited { done, pending } = wait(tasks).first_completed().await;
        assert_eq!((done.len(), pending.len()), (2, 1));
    });
}

#[test]
fn wai_04_first_exception() {
    for fails_after in [0, 10] {
        on_one_and_two(|| async move {
            let begun = now();
            let a = create_task(async {
                sleep(secs(10)).await;
                Ok(1)
            });
            let b = create_task(async move {
                sleep(ms(fails_after)).await;
                Err("failed")
            });
            let quick = create_task(async { Ok(3) });
            let Waited { done, pending } = wait([a, b, quick]).first_exception().await;
            assert_eq!(now() - begun, ms(fails_after));
            let outcomes: Vec<_> = done.into_iter().map(Done::result).collect();
            if fails_after > 0 {
                assert_eq!(outcomes, [Err("failed"), Ok(3)]);
            }
            assert!(outcomes.contains(&Err("failed")));
            assert!(pending.iter().all(|task| !task.is_finished() || fails_after == 0));
        });
    }
}

#[test]
fn wai_04_a_panic_is_an_exception_and_a_cancellation_is_none() {
    on_one_and_two(|| async {
        let begun = now();
        let task = |delay: u64, panics: bool| {
            create_task(async move {
                sleep(ms(delay)).await;
                if panics {
                    std::panic::panic_any("panicked");
                }
                Ok::<_, ()>(delay)
            })
        };
        let (cancelled, panics, slow) = (task(50, false), task(20, true), task(60, false));
        cancelled.cancel();
        let Waited { done, pending } = wait([cancelled, panics, slow]).first_exception().await;
        assert_eq!((now() - begun, done.len(), pending.len()), (ms(20), 2, 1));
        assert!(done[0].as_outcome().unwrap_err().is_cancelled());
        assert!(done[1].as_outcome().unwrap_err().is_panic());
    });
}

#[test]
fn wai_04_a_failing_child_is_done_like_any_other_and_keeps_its_error() {
    on_one_and_two(|| async {
        let begun = now();
        let a = create_task(async {
            sleep(ms(20)).await;
            Ok(1)
        });
        let b = create_task(async {
            sleep(ms(10)).await;
            Err("failed")
        });
        let Waited { done, pending } = wait([a, b]).await;
        assert_eq!((now() - begun, pending.len()), (ms(20), 0));
        assert_eq!(done.into_iter().map(Done::result).collect::<Vec<_>>(), [Ok(1), Err("failed")]);
    });
}

#[test]
fn wai_06_a_timeout_is_no_error_and_cancels_nobody() {
    on_one_and_two(|| async {
        let begun = now();
        let Waited { done, mut pending } =
            wait([sleeper(ms(100)), sleeper(ms(150))]).timeout(ms(110)).await;
        assert_eq!((now() - begun, done.len(), pending.len()), (ms(110), 1, 1));
        assert_eq!(pending.remove(0).await, ms(150));
        assert_eq!(now() - begun, ms(150));
    });
}

#[test]
fn wai_06_a_timeout_of_zero_takes_one_pass_and_sorts_rightly() {
    on_one_and_two(|| async {
        let finished = create_task(async { ms(0) });
        settle().await;
        let begun = now();
        let pending = sleeper(ms(10));
        let mut tasks = [finished, pending];
        let waited = wait_mut(&mut tasks).timeout(Duration::ZERO).await;
        assert_eq!((waited.done, waited.pending, now()), (vec![0], vec![1], begun));
        let Waited { done, pending } = wait(tasks).timeout(Duration::ZERO).await;
        assert_eq!((done.len(), pending.len(), now()), (1, 1, begun));
    });
}

#[test]
fn wai_07_a_task_that_ends_at_the_very_timeout_is_done() {
    on_one(|| async {
        let tasks = [sleeper(ms(100)), sleeper(secs(10))];
        settle().await; // Their timers are set before ours, as in asyncio.
        let at = now() + ms(100) - Duration::from_nanos(1);
        let Waited { done, pending } = wait(tasks).until(evenkeel::sleep_until(at)).await;
        assert_eq!((done.len(), pending.len()), (1, 1));
        assert_eq!(done.into_iter().next().unwrap().result(), ms(100));
    });
}

#[test]
fn wai_08_no_tasks_no_wait() {
    on_one_and_two(|| async {
        let none: [Task<Result<(), ()>>; 0] = [];
        let Waited { done, pending } = wait(none).first_exception().await;
        assert!(done.is_empty() && pending.is_empty());
        let none: Vec<Task<()>> = Vec::new();
        let Waited { done, pending } = wait(none).first_completed().timeout(secs(1)).await;
        assert!(done.is_empty() && pending.is_empty());
        assert!(wait_mut::<()>(&mut []).await.done.is_empty());
    });
}

#[test]
fn wai_09_who_cancels_the_waiter_leaves_the_children_alone() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let children = [1, 2].map(|n| {
            let log = log.clone();
            create_task(async move {
                sleep(ms(10 * n)).await;
                log.say(n);
                n
            })
        });
        let children = Arc::new(Lock::new(children));
        let shared = Arc::clone(&children);
        let waiter = create_task(async move {
            let mut children = shared.lock_owned().await;
            wait_mut(&mut *children).await;
            unreachable!("it was not cancelled");
        });
        settle().await;
        assert!(waiter.cancel());
        let ended: Result<(), _> = waiter.join().await;
        assert!(ended.unwrap_err().is_cancelled());
        let mut children = children.lock().await;
        assert_eq!(wait_mut(&mut *children).await.done, [0, 1]);
        assert_eq!(log.said(), "1 2");
    });
    // The same by a timeout around the wait.
    on_one_and_two(|| async {
        let mut children = [sleeper(ms(10)), sleeper(ms(20))];
        assert_eq!(timeout(ms(5), wait_mut(&mut children)).await, Err(TimeoutError));
        assert_eq!(wait_mut(&mut children).await.done, [0, 1]);
    });
}

#[test]
fn wai_09_the_wait_that_owns_its_tasks_takes_them_along() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let guard = log.guard("gone");
        let (sender, receiver) = oneshot::<()>();
        let child = create_task(async move {
            let _guard = guard;
            receiver.await
        });
        assert!(timeout(ms(5), wait([child])).await.is_err());
        assert_eq!(log.said(), "gone");
        assert!(sender.is_closed());
    });
}

#[test]
fn wait_polls_a_child_no_more_than_it_must() {
    on_one_and_two(|| async {
        let polls = Count::default();
        let children = [0; 100].map(|_| create_task(polls.polls_of(sleep(ms(10)))));
        wait(children).await.done.into_iter().for_each(Done::result);
        assert_eq!(polls.get(), 200);
    });
}

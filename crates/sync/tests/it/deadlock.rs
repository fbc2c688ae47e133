//! Circles of tasks that wait for each other's locks: found at once, and nothing that is not one.

use std::future::Future;
use std::panic::Location;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use evenkeel_context::{Record, enter};
use evenkeel_sync::{Condition, Deadlock, Lock, unwatch_deadlocks, watch_deadlocks};

use crate::fifo::{Count, now, poll};

/// A task with one strand, or another task's second one.
struct Task {
    record: Arc<Record>,
    waker: Waker,
}

impl Task {
    fn new(id: u64) -> Self {
        let record = Arc::new(Record::new());
        record.open(id, 0, Location::caller());
        Self { record, waker: Count::new().1 }
    }

    fn strand(&self) -> Self {
        Self { record: self.record.clone(), waker: Count::new().1 }
    }

    fn poll<F: Future + ?Sized>(&self, future: Pin<&mut F>) -> Poll<F::Output> {
        enter(&self.record, || future.poll(&mut Context::from_waker(&self.waker)))
    }

    fn now<F: Future>(&self, future: F) -> F::Output {
        match self.poll(pin!(future)) {
            Poll::Ready(output) => output,
            Poll::Pending => panic!("it would have to wait"),
        }
    }
}

fn ids(deadlock: &Deadlock) -> Vec<u64> {
    deadlock.tasks().iter().map(|id| id.get()).collect()
}

#[test]
fn a_task_that_has_the_lock_itself() {
    let task = Task::new(3);
    let lock = Lock::new(());
    let held = task.now(lock.lock_checked()).unwrap();
    let deadlock = task.now(lock.lock_checked()).unwrap_err();
    assert_eq!(ids(&deadlock), [3]);
    assert_eq!(deadlock.to_string(), "deadlock: task #3 waits for a lock that it holds itself");
    assert_eq!(lock.statistics().waiting, 0);
    drop(held);
    // Taken by a plain `lock` it is known as well; and free is free.
    let held = task.now(lock.lock());
    assert!(task.now(lock.lock_checked()).is_err());
    drop(held);
    drop(task.now(lock.lock_checked()).unwrap());
    assert!(lock.try_lock().is_some());
}

#[test]
fn two_tasks_that_wait_for_each_other() {
    let (three, five) = (Task::new(3), Task::new(5));
    let (one, two) = (Lock::new(()), Lock::new(()));
    let of_three = three.now(one.lock());
    let of_five = five.now(two.lock());
    let mut waiting = pin!(one.lock_checked());
    assert!(five.poll(waiting.as_mut()).is_pending());
    let deadlock = three.now(two.lock_checked()).unwrap_err();
    assert_eq!(ids(&deadlock), [3, 5]);
    assert_eq!(
        deadlock.to_string(),
        "deadlock: task #3 waits for a lock held by task #5, which waits for a lock held by task #3"
    );
    // The one that was told lets go, and the other goes on.
    drop(of_three);
    drop(five.now(waiting).unwrap());
    drop(of_five);
    assert!(one.try_lock().is_some() && two.try_lock().is_some());
    // Nothing is left of it: the same waits are no circle without the other's.
    let _of_three = three.now(one.lock());
    let _of_five = five.now(two.lock());
    assert!(poll_checked(&three, &two).is_pending());
}

fn poll_checked(task: &Task, lock: &Lock<()>) -> Poll<Result<(), Deadlock>> {
    task.poll(pin!(lock.lock_checked())).map(|outcome| outcome.map(drop))
}

#[test]
fn a_circle_over_hand_overs_and_a_chain_that_is_none() {
    let tasks: Vec<_> = (1..=4).map(Task::new).collect();
    let locks: Vec<_> = (0..4).map(|_| Lock::new(())).collect();
    let mut held: Vec<_> = (0..4).map(|n| Some(tasks[n].now(locks[n].lock()))).collect();
    // 1 waits for 2 waits for 3; 4 waits behind 1 for the lock of 2. No circle.
    let mut first = pin!(locks[1].lock_checked());
    let mut second = pin!(locks[2].lock_checked());
    let mut fourth = pin!(locks[1].lock_checked());
    assert!(tasks[0].poll(first.as_mut()).is_pending());
    assert!(tasks[1].poll(second.as_mut()).is_pending());
    assert!(tasks[3].poll(fourth.as_mut()).is_pending());
    // 3 waits for nobody: if it asked for the lock of 1 or of 4 it would.
    let deadlock = tasks[2].now(locks[0].lock_checked()).unwrap_err();
    assert_eq!(ids(&deadlock), [3, 1, 2]);
    assert_eq!(ids(&tasks[2].now(locks[3].lock_checked()).unwrap_err()), [3, 4, 2]);
    // 2 gives up, and gives its lock to 1: now 4 waits for 1.
    second.set(locks[2].lock_checked());
    held[1] = None;
    assert_eq!(ids(&tasks[0].now(locks[3].lock_checked()).unwrap_err()), [1, 4]);
    assert!(poll_checked(&tasks[2], &locks[0]).is_pending(), "1 has all it wants");
    drop(tasks[0].now(first).unwrap());
    drop(tasks[3].now(fourth).unwrap());
    drop(held);
    assert!(locks.iter().all(|lock| lock.try_lock().is_some()));
}

#[test]
fn branches_of_a_task_may_wait_for_each_other() {
    let one = Task::new(1);
    let branch = one.strand();
    let lock = Lock::new(());
    let held = one.now(lock.lock_checked()).unwrap();
    let mut waiting = pin!(lock.lock_checked());
    assert!(branch.poll(waiting.as_mut()).is_pending());
    drop(held);
    drop(branch.now(waiting).unwrap());
    // Whose strand is not known is nobody's.
    let held = enter(&one.record, || lock.try_lock()).unwrap();
    assert!(poll_checked(&one, &lock).is_pending());
    drop(held);
    assert!(lock.try_lock().is_some());
}

#[test]
fn outside_of_tasks_it_waits() {
    let lock = Lock::new(());
    let held = now(lock.lock_checked()).unwrap();
    let mut waiting = pin!(lock.lock_checked());
    assert!(poll(waiting.as_mut()).is_pending());
    drop(held);
    drop(now(waiting).unwrap());
}

#[test]
fn a_grant_that_the_task_has_not_come_for_is_no_deadlock() {
    let one = Task::new(1);
    let lock = Lock::new(());
    let held = lock.try_lock().unwrap();
    let mut forgotten = pin!(lock.lock());
    assert!(one.poll(forgotten.as_mut()).is_pending());
    drop(held);
    let mut second = pin!(lock.lock_checked());
    assert!(one.poll(second.as_mut()).is_pending());
    drop(one.now(second).unwrap());
    drop(one.now(forgotten));
    assert!(lock.try_lock().is_some());
}

/// The watch is one for the process.
static WATCH: Mutex<()> = Mutex::new(());
static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn watch() -> MutexGuard<'static, ()> {
    let watch = WATCH.lock().unwrap_or_else(PoisonError::into_inner);
    watch_deadlocks(|deadlock| {
        // Other tests have their deadlocks meanwhile.
        if deadlock.tasks().iter().all(|id| id.get() > 1_000) {
            HEARD.lock().unwrap().push(deadlock.to_string());
        }
    });
    watch
}

fn heard() -> Vec<String> {
    std::mem::take(&mut *HEARD.lock().unwrap())
}

#[test]
fn watched_plain_locks_report_once_and_go_on_waiting() {
    let _watch = watch();
    let (one, two) = (Task::new(1_001), Task::new(1_002));
    let (red, blue) = (Arc::new(Lock::new(())), Lock::new(()));
    let of_one = one.now(red.lock_owned());
    let of_two = two.now(blue.lock());
    let mut waits_for_two = pin!(blue.lock());
    let mut waits_for_one = Box::pin(red.lock_owned());
    assert!(one.poll(waits_for_two.as_mut()).is_pending());
    assert_eq!(heard(), [""; 0]);
    for _ in 0..3 {
        assert!(two.poll(waits_for_one.as_mut()).is_pending());
    }
    let circle = "deadlock: task #1002 waits for a lock held by task #1001, \
                  which waits for a lock held by task #1002";
    assert_eq!(heard(), [circle]);
    // It can be cancelled, and then is heard of again.
    drop(waits_for_one);
    let mut again = pin!(red.lock_owned());
    assert!(two.poll(again.as_mut()).is_pending());
    assert_eq!(heard(), [circle]);
    drop(of_one);
    drop(two.now(again));
    drop(of_two);
    drop(one.now(waits_for_two));
    unwatch_deadlocks();
    assert!(red.try_lock().is_some());
    let _held = one.now(red.lock_owned());
    assert!(one.poll(pin!(red.lock())).is_pending());
    assert_eq!(heard(), [""; 0], "nobody watches");
}

#[test]
fn watched_conditions_take_their_lock_again_like_anybody() {
    let _watch = watch();
    let task = Task::new(1_003);
    let (lock, condition) = (Lock::new(()), Condition::new());
    let mut waiting = pin!(condition.wait(task.now(lock.lock())));
    assert!(task.poll(waiting.as_mut()).is_pending());
    let held = task.now(lock.lock());
    condition.notify(1);
    assert!(task.poll(waiting.as_mut()).is_pending());
    assert_eq!(heard(), ["deadlock: task #1003 waits for a lock that it holds itself"]);
    drop(held);
    drop(task.now(waiting));
    unwatch_deadlocks();
}

/// Eight threads take two of a few locks each, in any order, and give the second up if they are told
/// to: that none of them is left waiting shows that every circle was found, and by whoever closed it.
#[test]
fn no_circle_is_missed() {
    let locks: Vec<_> = (0..4).map(|_| Lock::new(0_usize)).collect();
    let found = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for thread in 0..8_u64 {
            let (locks, found) = (&locks, &found);
            scope.spawn(move || {
                let record = Record::new();
                record.open(100 + thread, 0, Location::caller());
                let mut seed = 0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(thread + 1);
                let mut dice = move || {
                    seed ^= seed << 13;
                    seed ^= seed >> 7;
                    seed ^= seed << 17;
                    (seed >> 32) as usize % 4
                };
                for _ in 0..500 {
                    let (first, second) = (dice(), dice());
                    let mut work = pin!(async {
                        let mut one = locks[first].lock_checked().await.expect("it holds none");
                        std::thread::yield_now();
                        match locks[second].lock_checked().await {
                            Ok(mut two) => *two += 1,
                            Err(_) => {
                                *one += 1;
                                found.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                            }
                        }
                    });
                    let inside =
                        std::future::poll_fn(|cx| enter(&record, || work.as_mut().poll(cx)));
                    futures_lite::future::block_on(inside);
                }
            });
        }
    });
    assert_eq!(locks.iter().map(|lock| *lock.try_lock().unwrap()).sum::<usize>(), 8 * 500);
    assert!(found.into_inner() >= 8, "a lock asked for twice is found at the least");
}

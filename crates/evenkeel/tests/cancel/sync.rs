//! Locks, permits and signals: dropped while they are waited for, or with the thing in hand.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use evenkeel::sync::{
    Barrier, BoundedSemaphore, Condition, Event, Lock, Once, OnceCell, RwLock, Semaphore,
};

use crate::harness::{Case, Token, World, case, each, pause};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = locks();
    cases.extend(rwlocks());
    cases.extend(semaphores());
    cases.extend(bounded());
    cases.extend(conditions());
    cases.extend(signals());
    cases.extend(once_cells());
    cases.extend(onces());
    cases
}

fn locks() -> Vec<Case> {
    fn world(lock: &Arc<Lock<usize>>) -> World {
        let held = lock.try_lock_owned().unwrap();
        let seen = Arc::clone(lock);
        World::new().alone(lock).event("release", move || drop(held)).check(move |end| {
            assert_eq!(seen.statistics().waiting, 0);
            assert_eq!(*seen.try_lock().expect("nobody holds it"), end.finished());
        })
    }
    vec![
        case("lock", &["sync/lock Lock::lock"], || {
            let lock = Arc::new(Lock::new(0));
            world(&lock).futures(3, each!(lock => *lock.lock().await += 1))
        }),
        case("lock_held_across_a_wait", &["sync/lock Lock::lock"], || {
            let lock = Arc::new(Lock::new(0));
            world(&lock).futures(
                2,
                each!(lock => {
                    let mut value = lock.lock().await;
                    pause().await;
                    *value += 1;
                }),
            )
        }),
        case("lock_checked", &["sync/checked Lock::lock_checked"], || {
            let lock = Arc::new(Lock::new(0));
            world(&lock).futures(3, each!(lock => *lock.lock_checked().await.unwrap() += 1))
        }),
        case("lock_owned", &["sync/lock Lock::lock_owned"], || {
            let lock = Arc::new(Lock::new(0));
            world(&lock).futures(3, each!(lock => *lock.lock_owned().await += 1))
        }),
    ]
}

fn rwlocks() -> Vec<Case> {
    /// Behind a reader or a writer.
    fn world(lock: &Arc<RwLock<usize>>, behind_writer: bool, writers: u32) -> World {
        let writer = behind_writer.then(|| lock.try_write_owned().unwrap());
        let reader = (!behind_writer).then(|| lock.try_read_owned().unwrap());
        let seen = Arc::clone(lock);
        World::new().alone(lock).event("release", move || drop((writer, reader))).check(
            move |end| {
                assert_eq!(seen.statistics().waiting, 0);
                let written = *seen.try_write().expect("nobody holds it") as u32;
                assert!(written == writers || end.cut() && written + 1 == writers);
            },
        )
    }
    let mut cases = Vec::new();
    // Which of the three write.
    for writers in 0..8_u32 {
        for behind_writer in [false, true] {
            let name = format!("rwlock_writers_{writers:03b}_behind_writer_{behind_writer}");
            let covers = &["sync/rwlock RwLock::read", "sync/rwlock RwLock::write"];
            cases.push(case(name, covers, move || {
                let lock = Arc::new(RwLock::new(0));
                let mut world = world(&lock, behind_writer, writers.count_ones());
                for n in 0..3 {
                    world = match writers >> n & 1 {
                        1 => world.future(each!(lock => *lock.write().await += 1)()),
                        _ => world.future(each!(lock => drop(lock.read().await))()),
                    };
                }
                world
            }));
        }
    }
    let covers = &["sync/rwlock RwLock::read_owned", "sync/rwlock RwLock::write_owned"];
    for behind_writer in [false, true] {
        cases.push(case(
            format!("rwlock_owned_behind_writer_{behind_writer}"),
            covers,
            move || {
                let lock = Arc::new(RwLock::new(0));
                world(&lock, behind_writer, 1)
                    .future(each!(lock => drop(lock.read_owned().await))())
                    .future(each!(lock => *lock.write_owned().await += 1)())
                    .future(each!(lock => drop(lock.read_owned().await))())
            },
        ));
    }
    cases
}

fn semaphores() -> Vec<Case> {
    fn world(semaphore: &Arc<Semaphore>) -> World {
        let one = semaphore.try_acquire_owned().unwrap();
        let two = semaphore.try_acquire_many_owned(2).unwrap();
        let seen = Arc::clone(semaphore);
        World::new()
            .alone(semaphore)
            .event("release-1", move || drop(one))
            .event("release-2", move || drop(two))
            .check(move |_| {
                assert_eq!((seen.statistics().waiting, seen.available()), (0, 3));
                assert!(!seen.is_locked());
            })
    }
    vec![
        case("semaphore", &["sync/semaphore Semaphore::acquire"], || {
            let semaphore = Arc::new(Semaphore::new(3));
            world(&semaphore).futures(3, each!(semaphore => drop(semaphore.acquire().await)))
        }),
        case("semaphore_held_across_a_wait", &["sync/semaphore Semaphore::acquire"], || {
            let semaphore = Arc::new(Semaphore::new(3));
            let make = each!(semaphore => {
                let _permit = semaphore.acquire_many(2).await;
                pause().await;
            });
            world(&semaphore).futures(2, make)
        }),
        case("semaphore_many", &["sync/semaphore Semaphore::acquire_many"], || {
            let semaphore = Arc::new(Semaphore::new(3));
            let want = |n| each!(semaphore => drop(semaphore.acquire_many(n).await))();
            world(&semaphore).future(want(1)).future(want(3)).future(want(2))
        }),
        case("semaphore_owned", &["sync/semaphore Semaphore::acquire_owned"], || {
            let semaphore = Arc::new(Semaphore::new(3));
            world(&semaphore).futures(3, each!(semaphore => drop(semaphore.acquire_owned().await)))
        }),
        case("semaphore_many_owned", &["sync/semaphore Semaphore::acquire_many_owned"], || {
            let semaphore = Arc::new(Semaphore::new(3));
            let want = |n| each!(semaphore => drop(semaphore.acquire_many_owned(n).await))();
            world(&semaphore).future(want(2)).future(want(2)).future(want(1))
        }),
    ]
}

fn bounded() -> Vec<Case> {
    fn world(semaphore: &Arc<BoundedSemaphore>) -> World {
        semaphore.try_acquire_many(3).unwrap().forget();
        let (one, two, seen) = (semaphore.clone(), semaphore.clone(), semaphore.clone());
        World::new()
            .alone(semaphore)
            .event("add-1", move || one.add_permits(1).unwrap())
            .event("add-2", move || two.add_permits(2).unwrap())
            .check(move |_| {
                assert_eq!((seen.statistics().waiting, seen.available()), (0, 3));
                assert!(seen.add_permits(1).is_err(), "the bound stands");
            })
    }
    vec![
        case("bounded", &["sync/bounded BoundedSemaphore::acquire"], || {
            let semaphore = Arc::new(BoundedSemaphore::new(3));
            world(&semaphore).futures(3, each!(semaphore => drop(semaphore.acquire().await)))
        }),
        case("bounded_many", &["sync/bounded BoundedSemaphore::acquire_many"], || {
            let semaphore = Arc::new(BoundedSemaphore::new(3));
            let want = |n| each!(semaphore => drop(semaphore.acquire_many(n).await))();
            world(&semaphore).future(want(1)).future(want(3)).future(want(2))
        }),
        case("bounded_owned", &["sync/bounded BoundedSemaphore::acquire_owned"], || {
            let semaphore = Arc::new(BoundedSemaphore::new(3));
            world(&semaphore).futures(3, each!(semaphore => drop(semaphore.acquire_owned().await)))
        }),
        case("bounded_many_owned", &["sync/bounded BoundedSemaphore::acquire_many_owned"], || {
            let semaphore = Arc::new(BoundedSemaphore::new(3));
            let want = |n| each!(semaphore => drop(semaphore.acquire_many_owned(n).await))();
            world(&semaphore).future(want(2)).future(want(2)).future(want(1))
        }),
    ]
}

type Room = (Arc<Lock<usize>>, Condition);

fn conditions() -> Vec<Case> {
    fn world(room: &Arc<Room>) -> World {
        let seen = Arc::clone(room);
        World::new().alone(room).check(move |end| {
            assert_eq!((seen.0.statistics().waiting, seen.1.statistics().waiting), (0, 0));
            assert_eq!(*seen.0.try_lock().expect("nobody holds it"), end.finished());
        })
    }
    fn room() -> Arc<Room> {
        Arc::new((Arc::new(Lock::new(0)), Condition::new()))
    }
    async fn wait(room: Arc<Room>) {
        let guard = room.0.lock().await;
        *room.1.wait(guard).await += 1;
    }
    vec![
        case("condition_notify_all", &["sync/condition Condition::wait"], || {
            let room = room();
            let told = room.clone();
            // Who comes when all have been told waits for the next time.
            world(&room)
                .futures(3, each!(room => wait(room).await))
                .event("notify_all", move || told.1.notify_all())
                .victim_may_wait()
        }),
        case("condition_notify_one", &["sync/condition Condition::wait"], || {
            let room = room();
            let told = room.clone();
            // Who is told and dropped passes it on: one of the two always goes.
            world(&room)
                .futures(2, each!(room => wait(room).await))
                .event("notify", move || told.1.notify(1))
                .all_may_wait()
                .check(|end| assert_eq!(end.finished(), 1))
        }),
        case("condition_relock", &["sync/condition Condition::wait"], || {
            let room = room();
            let (told, guard) = (room.clone(), room.0.clone());
            let held = Rc::new(Cell::new(None));
            let holder = held.clone();
            // Told by one who keeps the lock for a while.
            world(&room)
                .futures(2, each!(room => wait(room).await))
                .event("notify_all", move || {
                    holder.set(Some(guard.try_lock_owned().expect("nobody holds it")));
                    told.1.notify_all();
                })
                .event("release", move || drop(held.take()))
                .in_order()
                .victim_may_wait()
        }),
        case("condition_wait_for", &["sync/condition Condition::wait_for"], || {
            let (room, open) = (room(), Rc::new(Cell::new(false)));
            let (early, told, opens) = (room.clone(), room.clone(), open.clone());
            let make = each!(room, open => {
                let guard = room.0.lock().await;
                *room.1.wait_for(guard, |_| open.get()).await += 1;
            });
            world(&room)
                .futures(2, make)
                .event("notify-early", move || early.1.notify_all())
                .event("open", move || {
                    opens.set(true);
                    told.1.notify_all();
                })
                .in_order()
        }),
        case("condition_wait_until", &["sync/condition Condition::wait_until"], || {
            let (room, elapsed) = (room(), Arc::new(Event::new()));
            let (told, late) = (room.clone(), elapsed.clone());
            let notified = Rc::new(Cell::new(0));
            let make = each!(room, elapsed, notified => {
                let guard = room.0.lock().await;
                let (mut guard, timed_out) = room.1.wait_until(guard, elapsed.wait()).await;
                *guard += 1;
                notified.set(notified.get() + usize::from(!timed_out));
            });
            world(&room)
                .alone(&elapsed)
                .futures(2, make)
                .event("notify", move || told.1.notify(1))
                .event("elapse", move || late.set())
                .check(move |_| assert!(notified.get() <= 1, "one notification for two"))
        }),
    ]
}

fn signals() -> Vec<Case> {
    fn event_world(event: &Arc<Event>) -> World {
        let (set, clear, seen) = (event.clone(), event.clone(), event.clone());
        // Who comes after it was cleared waits for the next time.
        World::new()
            .alone(event)
            .event("set", move || set.set())
            .event("clear", move || clear.clear())
            .in_order()
            .victim_may_wait()
            .check(move |_| assert_eq!(seen.statistics().waiting, 0))
    }
    fn barrier_world(end: &'static str, happen: fn(&Barrier)) -> World {
        let barrier = Arc::new(Barrier::new(3));
        let (happens, seen, through) = (barrier.clone(), barrier.clone(), Rc::new(Cell::new(0)));
        let make = each!(barrier, through => {
            let passed = barrier.wait().await.is_ok();
            through.set(through.get() + usize::from(passed));
        });
        World::new()
            .alone(&barrier)
            .futures(3, make)
            .event(end, move || happen(&happens))
            // Of two, after it was reset, each waits for a third.
            .victim_may_wait()
            .check(move |end| {
                let statistics = seen.statistics();
                assert_eq!((statistics.waiting, statistics.leaving), (0, 0));
                let through = through.get();
                let left = usize::from(end.cut());
                let went = if statistics.trips == 1 { 3 - left } else { 0 };
                assert_eq!(through, went, "all or none");
            })
    }
    vec![
        case("event", &["sync/event Event::wait"], || {
            let event = Arc::new(Event::new());
            event_world(&event).futures(3, each!(event => event.wait().await))
        }),
        case("event_owned", &["sync/event Event::wait_owned"], || {
            let event = Arc::new(Event::new());
            event_world(&event).futures(3, each!(event => event.wait_owned().await))
        }),
        case("barrier_abort", &["sync/barrier Barrier::wait"], || {
            barrier_world("abort", Barrier::abort)
        }),
        case("barrier_reset", &["sync/barrier Barrier::wait"], || {
            barrier_world("reset", Barrier::reset)
        }),
    ]
}

fn once_cells() -> Vec<Case> {
    fn world(cell: &Arc<OnceCell<Token>>, gate: &Arc<Event>) -> World {
        let (open, seen) = (gate.clone(), cell.clone());
        World::new().alone(cell).alone(gate).event("open", move || open.set()).check(move |_| {
            let statistics = seen.statistics();
            assert_eq!((statistics.waiting, statistics.initialising), (0, false));
            assert!(seen.get().is_some());
        })
    }
    vec![
        case("once_cell_get_or_init", &["sync/once OnceCell::get_or_init"], || {
            let (cell, gate) = (Arc::new(OnceCell::new()), Arc::new(Event::new()));
            let init = each!(cell, gate => {
                cell.get_or_init(async || {
                    let made = Token::new(); // Made, and not yet kept.
                    gate.wait().await;
                    made
                }).await
            });
            world(&cell, &gate).futures(3, init)
        }),
        case("once_cell_get_or_try_init", &["sync/once OnceCell::get_or_try_init"], || {
            let (cell, gate) = (Arc::new(OnceCell::new()), Arc::new(Event::new()));
            let failures = Rc::new(Cell::new(0));
            let init = each!(cell, gate, failures => {
                let made = cell.get_or_try_init(async || {
                    gate.wait().await;
                    failures.set(failures.get() + 1);
                    if failures.get() == 1 { Err(()) } else { Ok(Token::new()) }
                });
                let _failed = made.await;
            });
            // The first fails, or is dropped: another takes over.
            world(&cell, &gate).futures(3, init)
        }),
        case("once_cell_wait", &["sync/once OnceCell::wait"], || {
            let (cell, gate) = (Arc::new(OnceCell::new()), Arc::new(Event::new()));
            let set = cell.clone();
            world(&cell, &gate)
                .futures(3, each!(cell => drop(cell.wait().await.clone())))
                .event("set", move || set.set(Token::new()).unwrap())
        }),
    ]
}

fn onces() -> Vec<Case> {
    fn world(once: &Arc<Once>, gate: &Arc<Event>) -> World {
        let (open, seen) = (gate.clone(), once.clone());
        World::new().alone(once).alone(gate).event("open", move || open.set()).check(move |_| {
            let statistics = seen.statistics();
            assert_eq!((statistics.waiting, statistics.initialising), (0, false));
        })
    }
    vec![
        case("once_call", &["sync/once Once::call"], || {
            let (once, gate) = (Arc::new(Once::new()), Arc::new(Event::new()));
            let seen = once.clone();
            world(&once, &gate)
                .futures(3, each!(once, gate => once.call(async || gate.wait().await).await))
                .check(move |_| assert!(seen.is_done()))
        }),
        case("once_try_call", &["sync/once Once::try_call"], || {
            let (once, gate) = (Arc::new(Once::new()), Arc::new(Event::new()));
            let call = each!(once, gate => {
                let called = once.try_call(async || {
                    gate.wait().await;
                    Err(())
                });
                assert_eq!(called.await, Err(()));
            });
            world(&once, &gate).futures(3, call)
        }),
        case("once_wait", &["sync/once Once::wait"], || {
            let (once, gate) = (Arc::new(Once::new()), Arc::new(Event::new()));
            let call = once.clone();
            world(&once, &gate)
                .futures(3, each!(once => once.wait().await))
                .event("call", move || call.call_blocking(|| ()))
        }),
    ]
}

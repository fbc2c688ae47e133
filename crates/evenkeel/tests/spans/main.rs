//! The feature `tracing`: the span of a task, from its spawn to its end, whatever that end is.
#![cfg(feature = "tracing")]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::task::{Executor, LocalExecutor};
use evenkeel::{
    Builder, Event, LocalGroup, Options, Runner, TaskGroup, create_task, defer, gather, shield,
    sleep, to_thread, yield_now,
};
use tracing::{Instrument, info_span};

mod seen;

use seen::{current, here, log, task};

fn named(name: impl Into<String>) -> Builder {
    Builder::new().name(name)
}

/// On one worker and on two; `main` is told which, for names of its own.
fn on_each<F: Future<Output = ()>>(main: impl Fn(usize) -> F) {
    drop(log()); // It listens from here on.
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(main(workers));
        runner.close();
    }
    let log = log();
    assert!(log.faults.is_empty(), "{:?}", log.faults);
}

#[test]
fn it_has_the_name_the_place_and_the_parent_of_its_task() {
    on_each(|n| async move {
        let inner = async move {
            yield_now().await;
            assert_eq!(here(), format!("inner {n}"));
        };
        let outer = named(format!("outer {n}")).create_task(async move {
            let inner = named(format!("inner {n}")).create_task(inner);
            inner.await;
            inner_span(n).await;
        });
        outer.await;
        let (outer, inner) = (task(&format!("outer {n}")), task(&format!("inner {n}")));
        assert_eq!(log().span(inner.parent.unwrap()).field("name"), format!("outer {n}"));
        assert!(outer.parent.is_some(), "main has one as well");
        assert!(inner.field("spawned_at").contains("spans/main.rs:"), "{inner:?}");
        assert!(!inner.field("id").is_empty() && inner.field("id") != outer.field("id"));
        assert_eq!(inner.field("kind"), if n == 1 { "local" } else { "task" });
        assert_eq!(inner.field("ended"), "completed");
        assert!(inner.is_closed() && outer.is_closed(), "joined, so done");
        assert!(inner.entered >= 2, "each poll enters it");
    });
}

/// A task that is spawned within a span of the user's lies in that.
async fn inner_span(n: usize) {
    let request = info_span!("request", name = format!("request {n}"));
    let spawned = async { named(format!("in request {n}")).create_task(async {}).await };
    spawned.instrument(request).await;
    let spawned = task(&format!("in request {n}"));
    assert_eq!(log().span(spawned.parent.unwrap()).field("name"), format!("request {n}"));
}

#[test]
fn a_panic_closes_it() {
    on_each(|n| async move {
        let name = format!("panics {n}");
        let panics = named(&*name).create_task(async {
            yield_now().await;
            std::panic::resume_unwind(Box::new("on purpose"));
        });
        assert!(panics.join().await.unwrap_err().is_panic());
        let told = task(&name);
        assert_eq!((told.field("ended"), told.is_closed()), ("panicked", true));
        assert_eq!((told.is_inside, here().starts_with("panics")), (false, false));
    });
}

/// Says where it was dropped.
struct Says(Arc<Mutex<Vec<String>>>);

impl Drop for Says {
    fn drop(&mut self) {
        self.0.lock().unwrap().push(format!("dropped in {}", here()));
    }
}

#[test]
fn a_cancelled_task_leaves_it_after_its_clean_ups() {
    on_each(|n| async move {
        let said = Arc::default();
        let (says, cleans) = (Says(Arc::clone(&said)), Arc::clone(&said));
        let name = format!("cancelled {n}");
        let waits = named(&*name).create_task(async move {
            let _says = says;
            defer(async move {
                sleep(Duration::from_millis(1)).await;
                let (name, closed) = (here(), task(&here()).is_closed());
                cleans.lock().unwrap().push(format!("cleaned in {name}, closed: {closed}"));
            });
            std::future::pending::<()>().await
        });
        while task(&name).entered == 0 {
            yield_now().await;
        }
        waits.cancel();
        waits.cancelled().await;
        let said = std::mem::take(&mut *said.lock().unwrap());
        let expected = [format!("dropped in {name}"), format!("cleaned in {name}, closed: false")];
        assert_eq!(said, expected);
        assert_eq!((task(&name).field("ended"), task(&name).is_closed()), ("cancelled", true));
    });
}

#[test]
fn a_task_that_never_ran_has_one_too() {
    on_each(|n| async move {
        let said = Arc::default();
        let says = Says(Arc::clone(&said));
        let name = format!("never ran {n}");
        let never = named(&*name).create_task(async move { drop(says) });
        never.cancel();
        never.cancelled().await;
        let told = task(&name);
        assert_eq!((told.field("ended"), told.is_closed()), ("cancelled", true));
        assert_eq!(*said.lock().unwrap(), [format!("dropped in {name}")]);
    });
    // Those that an executor holds when it is dropped.
    for (name, is_local) in [("left by one", true), ("left by many", false)] {
        if is_local {
            let executor = LocalExecutor::new();
            let builder = evenkeel::task::Builder::new().name(name);
            builder.spawn_local(&executor, std::future::pending::<()>()).detach();
        } else {
            let executor = Executor::new();
            let builder = evenkeel::task::Builder::new().name(name);
            builder.spawn(&executor, std::future::pending::<()>()).detach();
        }
        let told = task(name);
        assert_eq!((told.field("ended"), told.is_closed()), ("cancelled", true));
    }
}

#[test]
fn a_call_that_blocks_lies_in_its_callers() {
    on_each(|n| async move {
        let name = format!("calls {n}");
        let calls = named(&*name)
            .create_task(async { to_thread(current).await.expect("it is in its span") });
        let id = calls.await;
        let call = log().span(id).clone();
        assert_eq!(call.field("kind"), "to_thread");
        assert!(call.field("spawned_at").contains("spans/main.rs:"), "{call:?}");
        assert_eq!(log().span(call.parent.unwrap()).field("name"), name);
        assert_eq!((call.entered, call.is_closed(), call.field("ended")), (1, true, "completed"));
    });
}

#[test]
fn groups_shields_and_eager_tasks_have_theirs() {
    on_each(|n| async move {
        let parent = format!("group {n}");
        let group = named(&*parent).create_local_task(async move {
            let served = TaskGroup::<()>::scope(async |group| {
                let child = named(format!("child {n}"));
                Ok(group.create_task_as(child, async { Ok(here()) }).await)
            });
            assert_eq!(served.await.unwrap(), format!("child {n}"));
            // Polled in place: no tasks, so no spans.
            let local = LocalGroup::<()>::scope(async |group| {
                Ok(group.create_task(async { Ok(here()) }).await)
            });
            assert_eq!(local.await.unwrap(), format!("group {n}"));
            assert_eq!(gather((async { here() },)).await.0, format!("group {n}"));
            shield(async { yield_now().await }).await;
            let eager = named(format!("eager {n}")).eager(true).create_task(async { here() });
            assert_eq!(here(), format!("group {n}"), "left again");
            assert_eq!(eager.await, format!("eager {n}"));
        });
        group.await;
        for child in ["child", "eager"] {
            let child = task(&format!("{child} {n}"));
            assert_eq!(log().span(child.parent.unwrap()).field("name"), parent);
            assert!(child.is_closed());
        }
    });
}

#[test]
fn a_subscriber_that_panics_costs_a_task_its_span_and_no_more() {
    on_each(|_| async {
        let served = TaskGroup::<()>::scope(async |group| {
            Ok(group.create_task_as(named("no span"), async { Ok(here()) }).await)
        });
        assert_eq!(served.await.unwrap(), "");
    });
}

#[test]
fn one_that_panics_when_a_span_is_entered_or_left_costs_no_more_either() {
    on_each(|_| async {
        for name in ["never entered", "never left"] {
            let returns = named(name).create_task(async { 3 });
            assert_eq!(returns.join().await.unwrap(), 3, "{name}");
            let waits = named(name).create_task(async {
                yield_now().await;
                defer(yield_now());
                4
            });
            assert_eq!(waits.join().await.unwrap(), 4, "{name}");
            let panics = named(name).create_task(async {
                yield_now().await;
                std::panic::resume_unwind(Box::new("on purpose"));
            });
            assert!(panics.join().await.unwrap_err().is_panic(), "{name}");
            let cancelled = named(name).create_task(std::future::pending::<()>());
            yield_now().await;
            assert_eq!(cancelled.cancelled().await, None, "{name}");
            assert_eq!(to_thread(|| 5).await, 5, "{name}");
        }
        assert_eq!(create_task(async { 6 }).await, 6);
    });
}

#[test]
fn many_on_many_workers_are_entered_and_left_in_order() {
    on_each(|n| async move {
        let stop = Arc::new(Event::new());
        let tasks: Vec<_> = (0..300)
            .map(|i| {
                let stop = Arc::clone(&stop);
                named(format!("many {n}")).create_task(async move {
                    for _ in 0..i % 7 {
                        create_task(yield_now()).await;
                    }
                    match i % 5 {
                        0 => drop(to_thread(|| ())),
                        1 => std::panic::resume_unwind(Box::new("on purpose")),
                        2 => stop.wait().await,
                        _ => drop(create_task(yield_now())),
                    }
                })
            })
            .collect();
        sleep(Duration::from_millis(5)).await;
        for task in tasks.iter().skip(2).step_by(5) {
            task.cancel();
        }
        stop.set();
        for task in tasks {
            let _ = task.join().await;
        }
        let log = log();
        let name = format!("many {n}");
        let many: Vec<_> = log.tasks().filter(|told| told.field("name") == name).collect();
        assert!(many.iter().all(|told| told.is_closed() && !told.is_inside));
        assert_eq!(many.len(), 300);
    });
}

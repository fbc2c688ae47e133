//! asyncio's cases of `call_soon`, `call_later` and `call_at`.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{
    CallHandle, FailureReport, Handle, Options, Runner, call_at, call_later, call_soon,
    create_task, current, now, oneshot, sleep, task_local, yield_now,
};

use crate::loops::{ms, on_one, on_one_and_two, options, secs, ticks};
use crate::transcript::{Count, Transcript};

task_local! {
    static WHO: &'static str = "nobody";
}

fn registered() -> usize {
    Handle::current().statistics().unwrap().timers.registered
}

#[test]
fn slp_01_a_callback_runs_exactly_once_before_main_goes_on() {
    on_one_and_two(|| async {
        let count = Count::default();
        let counted = count.clone();
        call_soon(move || counted.one());
        assert_eq!(count.get(), 0);
        sleep(Duration::ZERO).await;
        assert_eq!(count.get(), 1);
        ticks(5).await;
        assert_eq!(count.get(), 1);
    });
}

#[test]
fn slp_10_soon_then_later_zero_then_what_a_callback_queues() {
    let said = on_one(|| async {
        let log = Transcript::new();
        let (soon, later, nested) = (log.clone(), log.clone(), log.clone());
        call_soon(move || {
            soon.say("soon");
            call_soon(move || nested.say("nested"));
        });
        call_later(Duration::ZERO, move || later.say("later"));
        ticks(3).await;
        log.said()
    });
    assert_eq!(said, "soon later nested");
}

#[test]
fn slp_10_never_early() {
    on_one_and_two(|| async {
        let begun = now();
        let (sender, receiver) = oneshot();
        call_later(ms(50), move || sender.send(now()).unwrap());
        assert_eq!(receiver.await.unwrap() - begun, ms(50));
    });
}

#[test]
fn slp_06_deadlines_that_have_passed_are_served_in_their_order() {
    let said = on_one(|| async {
        sleep(secs(10)).await;
        let log = Transcript::new();
        for (ago, word) in [(1, "a"), (2, "b")] {
            let log = log.clone();
            call_at(now() - secs(ago), move || log.say(word));
        }
        ticks(3).await;
        log.said()
    });
    assert_eq!(said, "b a");
}

#[test]
fn slp_07_equal_deadlines_are_served_in_order_of_registration() {
    let said = on_one(|| async {
        let log = Transcript::new();
        let at = now() + ms(10);
        for number in 0..12 {
            let log = log.clone();
            if number % 2 == 0 {
                call_at(at, move || log.say(number));
            } else {
                call_later(ms(10), move || log.say(number));
            }
        }
        sleep(ms(11)).await;
        log.said()
    });
    assert_eq!(said, "0 1 2 3 4 5 6 7 8 9 10 11");
}

#[test]
fn callbacks_and_tasks_stand_in_one_queue() {
    let said = on_one(|| async {
        let log = Transcript::new();
        let say = |word| {
            let log = log.clone();
            move || log.say(word)
        };
        call_soon(say("a"));
        let b = say("b");
        create_task(async move { b() }).detach();
        call_soon(say("c"));
        ticks(1).await;
        log.said()
    });
    assert_eq!(said, "a b c");
}

#[test]
fn a_callback_need_not_be_send_and_runs_on_its_thread_outside_any_task() {
    on_one_and_two(|| async {
        WHO.set("main");
        let seen = Rc::new(Cell::new(None));
        let see = Rc::clone(&seen);
        call_soon(move || {
            see.set(Some((std::thread::current().id(), current().is_none(), WHO.get())));
            WHO.set("callback");
        });
        WHO.set("main, later");
        yield_now().await;
        assert_eq!(seen.get(), Some((std::thread::current().id(), true, "main")));
        assert_eq!(WHO.get(), "main, later", "what it sets stays with it");
    });
}

#[test]
fn a_cancelled_callback_is_never_called_and_its_timer_is_gone_at_once() {
    on_one_and_two(|| async {
        let called = Rc::new(Cell::new(0));
        let count = || {
            let called = Rc::clone(&called);
            move || called.set(called.get() + 1)
        };
        let handles = [
            call_soon(count()),
            call_later(ms(10), count()),
            call_at(now() + ms(10), count()),
            call_later(Duration::ZERO, count()),
            call_later(Duration::MAX, count()),
        ];
        let due: Vec<_> = handles.iter().map(|handle| handle.when().is_some()).collect();
        assert_eq!(due, [false, true, true, true, false]);
        assert_eq!(registered(), 2);
        assert!(handles.iter().all(CallHandle::cancel));
        assert_eq!(registered(), 0, "before anything else ran");
        assert!(handles.iter().all(CallHandle::is_cancelled));
        assert!(!handles.iter().any(CallHandle::cancel), "once");
        sleep(ms(20)).await;
        assert_eq!((called.get(), Rc::strong_count(&called)), (0, 1), "dropped uncalled");
    });
}

#[test]
fn ten_thousand_cancelled_timers_leave_nothing() {
    on_one(|| async {
        let live = call_later(secs(3000), || unreachable!());
        for _ in 0..10_000 {
            assert!(call_later(secs(3600), || unreachable!()).cancel());
        }
        assert_eq!(registered(), 1);
        ticks(2).await;
        assert_eq!(evenkeel::all_tasks().len(), 2, "main, and the one that is left");
        drop(live); // Which does not cancel it.
        assert_eq!(registered(), 1);
    });
}

#[test]
fn a_callback_that_was_called_cannot_be_cancelled() {
    on_one(|| async {
        let handle = Rc::new(Cell::new(None::<CallHandle>));
        let own = Rc::clone(&handle);
        let inside = Rc::new(Cell::new(true));
        let answer = Rc::clone(&inside);
        let made = call_soon(move || answer.set(own.take().unwrap().cancel()));
        handle.set(Some(made.clone()));
        yield_now().await;
        assert!(!inside.get(), "it is being called");
        assert!(!made.cancel() && !made.is_cancelled());
    });
}

#[test]
fn a_callback_cancels_the_next() {
    on_one(|| async {
        let second = Rc::new(Cell::new(None::<CallHandle>));
        let other = Rc::clone(&second);
        call_soon(move || assert!(other.take().unwrap().cancel()));
        second.set(Some(call_soon(|| unreachable!("cancelled by the first"))));
        ticks(3).await;
    });
}

#[test]
fn a_panic_is_reported_with_the_site_of_the_call_and_the_others_run() {
    for workers in [1, 2] {
        let told: Arc<Mutex<Vec<(FailureReport, &'static str)>>> = Arc::default();
        let keep = Arc::clone(&told);
        let hook = move |report: &FailureReport| {
            keep.lock().unwrap().push((report.clone(), WHO.get()));
        };
        let options = Options { on_failure: Some(Arc::new(hook)), ..options(workers).0 };
        let mut runner = Runner::new(options).unwrap();
        let line = runner.run(async {
            WHO.set("registrar");
            let after = Count::default();
            let count = after.clone();
            let line = line!() + 1;
            call_soon(|| panic!("soon"));
            call_later(ms(1), || panic!("later"));
            call_soon(move || count.one());
            sleep(ms(2)).await;
            assert_eq!(after.get(), 1);
            line
        });
        drop(runner);
        let told = told.lock().unwrap();
        let seen: Vec<_> = told
            .iter()
            .map(|(report, who)| {
                let at = report.spawned_at.unwrap();
                (report.message.as_str(), at.line() - line, at.file() == file!(), *who)
            })
            .collect();
        assert_eq!(seen, [("soon", 0, true, "registrar"), ("later", 1, true, "registrar")]);
    }
}

#[test]
fn thr_11_a_thread_calls_in_order_and_the_sleeping_loop_hears_it() {
    on_one_and_two(|| async {
        let (sender, receiver) = oneshot();
        let log = Transcript::new();
        let said = log.clone();
        let (handle, main) = (Handle::current(), std::thread::current().id());
        let thread = std::thread::spawn(move || {
            for number in 0..3 {
                let log = log.clone();
                handle.call_soon(move || {
                    assert_eq!(std::thread::current().id(), main);
                    assert!(current().is_none());
                    log.say(number);
                });
            }
            handle.call_soon(|| unreachable!("cancelled")).cancel();
            handle.call_soon(move || sender.send(()).unwrap());
        });
        // The clock jumps only when nothing is to be done: a thread of our own does not hold it.
        receiver.await.unwrap();
        thread.join().unwrap();
        assert_eq!(said.said(), "0 1 2");
    });
}

#[test]
fn a_loop_that_ends_drops_what_it_has_not_called() {
    for workers in [1, 2] {
        let mut runner = crate::loops::runner(workers);
        let witness = Rc::new(());
        let (kept, later) = (Rc::clone(&witness), Rc::clone(&witness));
        let (handle, soon, timer) = runner.run(async move {
            let timer = call_later(secs(1), move || drop(later));
            (Handle::current(), call_soon(move || drop(kept)), timer)
        });
        runner.close();
        assert!(timer.is_cancelled());
        assert_eq!(Rc::strong_count(&witness), 1);
        assert!(!timer.cancel() && !soon.cancel());
        let late = handle.call_soon(|| unreachable!("the loop is closed"));
        assert!(late.is_cancelled() && !late.cancel());
    }
}

#[test]
#[should_panic(expected = "no running event loop")]
fn outside_a_loop_there_is_nobody_to_call() {
    call_soon(|| ());
}

//! `race!`, `gather!`, `try_gather!`, and `race_staggered` on the clock.

use std::cell::Cell;
use std::future::{pending, ready};
use std::time::Duration;

use evenkeel::task::defer;
use evenkeel::{
    Handle, Raced, create_task, gather, now, oneshot, race, race_staggered, sleep, try_gather,
    yield_now,
};

use crate::loops::{ms, on_one, on_one_and_two, secs, ticks};
use crate::transcript::{Count, Transcript};

#[test]
fn the_first_branch_that_is_ready_runs_its_arm() {
    on_one_and_two(|| async {
        let begun = now();
        let word = race! {
            () = sleep(secs(2)) => "slow".to_owned(),
            n = async { sleep(secs(1)).await; 7 } => format!("quick {n}"),
        };
        assert_eq!((word.as_str(), now() - begun), ("quick 7", secs(1)));
    });
}

#[test]
fn of_several_that_are_ready_the_first_wins_and_those_behind_are_not_polled() {
    on_one_and_two(|| async {
        let (before, behind) = (Count::default(), Count::default());
        for _ in 0..20 {
            let won = race! {
                () = before.polls_of(pending()) => 0,
                n = ready(1) => n,
                n = behind.polls_of(ready(2)) => n,
            };
            assert_eq!(won, 1);
        }
        assert_eq!((before.get(), behind.get()), (20, 0));
    });
}

#[test]
fn losers_have_ended_with_their_guards_and_clean_ups_before_the_arm() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let slow = {
            let log = log.clone();
            create_task(async move {
                let _guard = log.guard("guard");
                let after = log.clone();
                defer(async move {
                    sleep(ms(5)).await;
                    after.say("clean-up");
                });
                pending::<()>().await;
            })
        };
        sleep(ms(1)).await;
        let begun = now();
        race! {
            () = slow => unreachable!(),
            () = sleep(ms(10)) => log.say("arm"),
        }
        assert_eq!((log.said().as_str(), now() - begun), ("guard clean-up arm", ms(15)));
    });
}

#[test]
fn a_task_by_reference_goes_on_and_keeps_its_value() {
    on_one_and_two(|| async {
        let mut task = create_task(async {
            sleep(ms(10)).await;
            7
        });
        race! {
            _ = &mut task => unreachable!("not yet"),
            () = sleep(ms(5)) => {}
        }
        sleep(ms(10)).await;
        assert!(task.is_finished());
        race! {
            () = ready(()) => {}
            _ = &mut task => unreachable!("behind the winner"),
        }
        assert_eq!(task.await, 7);
    });
}

#[test]
fn conditions_patterns_and_else() {
    on_one_and_two(|| async {
        let made = Cell::new(0);
        let make = || {
            made.set(made.get() + 1);
            ready(0)
        };
        let off = made.get() > 0;
        let word = race! {
            n = make(), if off => n,
            Some(n) = ready(None) => n,
            (mut n, Ok::<_, ()>(m)) = ready((1, Ok(2))), if !off => { n += m; n }
        };
        assert_eq!((word, made.get()), (3, 0));
        // One that does not fit is over; the others go on.
        let begun = now();
        let late = race! {
            Some(()) = async { sleep(ms(1)).await; None } => "some",
            () = sleep(ms(5)) => "late",
        };
        assert_eq!((late, now() - begun), ("late", ms(5)));
        let none = race! {
            Some(()) = ready(None) => "some",
            Err(ref error) = async { Ok::<(), String>(()) } => if error.is_empty() { "a" } else { "b" },
            n = make(), if off => { let _ = n; "off" },
            else => "none",
        };
        assert_eq!(none, "none");
    });
}

#[test]
#[should_panic(expected = "race! has no branch left")]
fn no_branch_left_and_no_else_is_a_panic() {
    on_one(|| async {
        race! { Some(()) = ready(None) => () }
    });
}

#[test]
fn the_arm_is_outside_the_futures_and_may_leave_the_loop_around_it() {
    async fn sum(limit: u32) -> Result<u32, String> {
        let mut sum = 0;
        let mut beat = 0;
        loop {
            let add = async |n: &u32| *n + 1;
            race! {
                next = add(&beat) => {
                    beat = next; // The future that borrowed it is gone.
                    yield_now().await;
                    sum += beat;
                    if beat == 3 {
                        continue;
                    }
                    if sum > 8 {
                        break;
                    }
                    let () = Some(()).filter(|()| beat < limit).ok_or("limit".to_owned())?;
                }
                () = pending() => return Err("never".to_owned()),
            }
        }
        Ok(sum)
    }
    on_one_and_two(|| async {
        assert_eq!(sum(9).await, Ok(10));
        assert_eq!(sum(2).await, Err("limit".to_owned()));
    });
}

#[test]
fn values_need_not_be_copied_and_the_future_can_be_sent() {
    on_one_and_two(|| async {
        let task = create_task(async {
            let (sender, receiver) = oneshot();
            sender.send(String::from("moved")).unwrap();
            race! {
                Ok(text) = receiver => text,
                never = pending::<String>() => never,
            }
        });
        assert_eq!(task.await, "moved");
    });
}

#[test]
fn a_cancelled_race_cancels_its_tasks() {
    on_one_and_two(|| async {
        let log = Transcript::new();
        let keep = log.clone();
        let task = create_task(async move {
            let child = create_task(async move {
                let _guard = keep.guard("child");
                pending::<()>().await;
            });
            race! { () = child => {}, () = pending() => {} }
        });
        sleep(ms(1)).await;
        task.cancelled().await;
        assert_eq!(log.said(), "child");
    });
}

#[test]
fn gather_as_a_macro() {
    on_one_and_two(|| async {
        assert_eq!(gather!(ready(1), async { "two" }, ready('3'),).await, (1, "two", '3'));
        let ok = try_gather!(async { Ok::<_, ()>(1) }, async { Ok("two") }).await;
        assert_eq!(ok, Ok((1, "two")));
        assert_eq!(gather((ready(1), ready(2))).await, (1, 2), "beside the function");
    });
}

#[test]
fn the_function_form_on_the_loop() {
    on_one_and_two(|| async {
        let sleepers = [30, 10, 20].map(|delay| {
            create_task(async move {
                sleep(ms(delay)).await;
                delay
            })
        });
        assert_eq!(race(sleepers).await, Raced { index: 1, value: 10 });
        assert_eq!(evenkeel::all_tasks().len(), 1, "the losers are gone");
    });
}

/// Answers after so long, well or badly.
async fn answer(log: Transcript, delay: u64, good: bool) -> Result<u64, u64> {
    log.say(format!("{delay}@{}", now().duration_since(log_begin(&log)).as_millis()));
    sleep(ms(delay)).await;
    if good { Ok(delay) } else { Err(delay) }
}

thread_local! {
    static BEGIN: Cell<Option<std::time::Instant>> = const { Cell::new(None) };
}

fn log_begin(_: &Transcript) -> std::time::Instant {
    BEGIN.with(|begin| begin.get().unwrap())
}

/// Runs the attempts, 250 ms apart; what came of it, when each began, and how long it took.
fn staggered(attempts: &[(u64, bool)]) -> (Result<Raced<u64>, Vec<u64>>, String, Duration) {
    on_one(|| async {
        let begun = now();
        BEGIN.with(|begin| begin.set(Some(begun)));
        let log = Transcript::new();
        let attempts = attempts.iter().map(|(delay, good)| answer(log.clone(), *delay, *good));
        let outcome = race_staggered(attempts, ms(250)).await;
        let armed = Handle::current().statistics().unwrap().timers.registered;
        assert_eq!(armed, 0, "pause and losers have left no timer");
        (outcome, log.said(), now() - begun)
    })
}

#[test]
fn staggered_race_by_the_clock() {
    // The first is silent; the second answers in time.
    let (won, began, took) = staggered(&[(5000, true), (100, true), (1, true)]);
    assert_eq!((won, took), (Ok(Raced { index: 1, value: 100 }), ms(350)));
    assert_eq!(began, "5000@0 100@250");
    // A failure starts the next at once, and its pause counts from there.
    let (won, began, took) = staggered(&[(10, false), (400, true), (300, true), (1, true)]);
    assert_eq!((won, took), (Ok(Raced { index: 1, value: 400 }), ms(410)));
    assert_eq!(began, "10@0 400@10 300@260");
    // The failure of an earlier one starts nobody.
    let (won, began, took) = staggered(&[(300, false), (200, true), (1, true)]);
    assert_eq!((won, took), (Ok(Raced { index: 1, value: 200 }), ms(450)));
    assert_eq!(began, "300@0 200@250");
    // All fail: all errors, in the order of the attempts.
    let (lost, began, took) = staggered(&[(600, false), (10, false), (20, false)]);
    assert_eq!((lost, took), (Err(vec![600, 10, 20]), ms(600)));
    assert_eq!(began, "600@0 10@250 20@260");
    assert_eq!(staggered(&[]).0, Err(vec![]));
}

#[cfg(feature = "net")]
#[test]
fn connect_tries_the_next_address_when_one_is_refused() {
    use evenkeel::net::{TcpListener, TcpStream};

    evenkeel::run(async {
        let closed = {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            listener.local_addr().unwrap()
        };
        let open = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = open.local_addr().unwrap();
        let stream = TcpStream::connect([closed, address]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), address);
        let error = TcpStream::connect([closed, closed]).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionRefused);
        ticks(1).await;
    });
}

//! What CPython's test_runners asks beyond the cases.

use evenkeel::{Handle, Options, Runner, create_task, current, sleep};

use crate::loops::{ms, options, runner, settle};
use crate::transcript::Transcript;

/// test_set_event_loop_called_once, test_asyncio_run_set_event_loop: inside a run the loop is the
/// runner's, the same in every run, and outside there is none.
#[test]
fn a_runner_is_the_current_loop_while_it_runs_and_only_then() {
    for workers in [1, 2] {
        let mut runner = runner(workers);
        for _ in 0..2 {
            assert!(Handle::try_current().is_err());
            runner.run(async {
                assert!(Handle::try_current().is_ok());
                let task = create_task(async { current().unwrap().parent() });
                assert_eq!(task.await, current().map(|main| main.id()));
            });
        }
        runner.close();
        assert!(Handle::try_current().is_err());
    }
}

/// test_custom_factory, test_asyncio_run_loop_factory, test_loop_factory_default_event_loop: what the
/// loop is made of is said by `Options`.
#[test]
fn a_runner_is_made_as_its_options_say() {
    for workers in [1, 3] {
        let (options, clock) = options(workers);
        let mut runner = Runner::new(options).unwrap();
        runner.run(async {
            assert_eq!(Handle::current().statistics().unwrap().workers, workers);
            sleep(ms(3_600_000)).await;
        });
        assert_eq!(clock.elapsed(), ms(3_600_000), "it runs on the clock it was given");
    }
}

/// test_debug, test_non_debug.
#[test]
fn debug_is_what_was_asked_for() {
    for debug in [true, false] {
        let options = Options { debug: Some(debug), ..options(1).0 };
        assert_eq!(Runner::new(options).unwrap().handle().is_debug(), debug);
    }
}

/// test_asyncio_run_closes_gens_after_hanging_tasks_errors: what a leftover holds is dropped although
/// another leftover's clean-up fails, and main's error comes out.
#[test]
fn all_leftovers_are_gone_although_one_of_them_fails() {
    for workers in [1, 2] {
        let told = crate::transcript::Count::default();
        let count = told.clone();
        let options = Options {
            on_failure: Some(std::sync::Arc::new(move |_| count.one())),
            ..options(workers).0
        };
        let (mut runner, log) = (Runner::new(options).unwrap(), Transcript::new());
        let guards = [log.guard("a"), log.guard("b"), log.guard("c")];
        let outcome = runner.run(async {
            for (n, guard) in guards.into_iter().enumerate() {
                create_task(async move {
                    let _guard = guard;
                    let _fails = (n == 1).then(|| crate::transcript::Grenade("clean-up"));
                    std::future::pending::<()>().await;
                })
                .detach();
            }
            settle().await;
            Err::<(), _>("fancy exit")
        });
        runner.close();
        assert_eq!((outcome, log.sorted().as_str(), told.get()), (Err("fancy exit"), "a b c", 1));
    }
}

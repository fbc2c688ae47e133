//! `#[evenkeel::test]` and `#[evenkeel::main]`: what they make of a function.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use evenkeel::{create_task, gather, now, sleep, yield_now};

use crate::loops::secs;

mod renamed {
    //! The crate under another name.
    pub(crate) use ::evenkeel as keel;
}

#[evenkeel::test]
async fn hours_take_no_time_on_one_worker_in_strict_order() {
    let begun = now();
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(now() - begun, Duration::from_secs(3600));
    let here = std::thread::current().id();
    let tasks = [0; 5].map(|_| create_task(async move { std::thread::current().id() == here }));
    assert!(gather(tasks).await.into_iter().all(|is_here| is_here));
}

static SEEDS: AtomicUsize = AtomicUsize::new(0);

#[evenkeel::test(seeds = 10, timeout = "1.5s")]
async fn under_many_seeds() {
    SEEDS.fetch_add(1, SeqCst);
    sleep(secs(1)).await;
}

#[test]
fn many_seeds_are_as_many_runs_on_one_and_two_workers() {
    under_many_seeds();
    assert!(SEEDS.load(SeqCst) % 20 == 0 || std::env::var_os("EVENKEEL_SEEDS").is_some());
}

#[evenkeel::test(seed = "0x51ED@2:17", crate = renamed::keel)]
async fn one_seed_as_it_was_printed() {
    yield_now().await;
}

#[evenkeel::test(seed = 0x51ED, workers = 3)]
/// Documented, and answers with a result.
async fn with_a_result() -> Result<(), std::num::ParseIntError> {
    "7".parse::<u32>()?;
    Ok(())
}

#[evenkeel::test]
#[should_panic(expected = "the test returned Err(ParseIntError")]
async fn an_error_fails_it() -> Result<u32, std::num::ParseIntError> {
    "x".parse::<u32>()
}

#[evenkeel::test(seeds = 3)]
#[should_panic(expected = "of 3: four")]
async fn a_panic_fails_it_and_names_the_seed() {
    std::panic::panic_any("four".to_owned());
}

#[evenkeel::test(timeout = "5s")]
#[should_panic(expected = "the test did not end within 5s of its clock")]
async fn a_timeout_fails_it() {
    sleep(secs(6)).await;
}

#[evenkeel::test(clock = "real", timeout = "2h", workers = 2)]
async fn on_the_systems_clock_time_passes() {
    let begun = std::time::Instant::now();
    sleep(Duration::from_millis(5)).await;
    assert!(begun.elapsed() >= Duration::from_millis(5));
}

mod main_of {
    //! A function called `main`, which the attribute needs; each in a module of its own.

    pub(super) mod plain {
        //! Nothing returned.

        #[evenkeel::main(workers = 1)]
        pub(in super::super) async fn main() {
            evenkeel::yield_now().await;
        }
    }

    pub(super) mod failing {
        //! An error returned.

        #[evenkeel::main]
        pub(in super::super) async fn main() -> Result<(), String> {
            evenkeel::sleep(std::time::Duration::from_millis(1)).await;
            Err("as it should".to_owned())
        }
    }

    pub(super) mod waiting {
        //! Until Ctrl-C.

        #[evenkeel::main(workers = 1)]
        pub(in super::super) async fn main() {
            println!("ready");
            std::future::pending().await
        }
    }

    pub(super) mod code {
        //! A code returned.

        #[evenkeel::main(crate = ::evenkeel)]
        pub(in super::super) async fn main() -> std::process::ExitCode {
            std::process::ExitCode::from(7)
        }
    }
}

#[test]
fn main_answers_with_an_exit_code() {
    let code = |code: std::process::ExitCode| format!("{code:?}");
    use std::process::ExitCode;
    assert_eq!(code(main_of::plain::main()), code(ExitCode::SUCCESS));
    assert_eq!(code(main_of::failing::main()), code(ExitCode::FAILURE));
    assert_eq!(code(main_of::code::main()), code(ExitCode::from(7)));
}

#[cfg(all(unix, feature = "signal"))]
#[test]
fn main_that_is_interrupted_exits_with_130() {
    let name = "attributes::main_that_is_interrupted_exits_with_130";
    let Some((said, status)) = crate::interrupt::interrupted(name) else {
        println!("> {:?}", main_of::waiting::main());
        return;
    };
    assert_eq!(said.trim(), format!("{:?}", std::process::ExitCode::from(130)));
    assert!(status.success(), "{status}");
}

//! Accepting goes on, whatever goes wrong; here the trouble is made up, and the clock jumps.

use std::cell::Cell;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::net::{Acceptor, Listener};
use evenkeel::{ManualClock, Options, Runner, now};

const EMFILE: i32 = 24;
/// No more descriptors may be waited for.
const ENOSPC: i32 = 28;
const ECONNABORTED: i32 = 103;
const EINVAL: i32 = 22;

/// Answers one after the other: `Err` with an error's number, or a connection.
struct Script(Mutex<VecDeque<Result<u32, i32>>>);

impl Script {
    fn new(answers: impl IntoIterator<Item = Result<u32, i32>>) -> Script {
        Script(Mutex::new(answers.into_iter().collect()))
    }
}

impl Listener for Script {
    type Stream = u32;
    type Address = ();

    async fn accept(&self) -> io::Result<(u32, ())> {
        match self.0.lock().unwrap().pop_front().expect("not asked too often") {
            Ok(stream) => Ok((stream, ())),
            Err(number) => Err(io::Error::from_raw_os_error(number)),
        }
    }
}

/// Runs on a clock that jumps; what the failure hook was told.
fn told(main: impl AsyncFnOnce()) -> Vec<String> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let options = Options {
        workers: 1,
        clock: Arc::new(ManualClock::auto_jump()),
        on_failure: Some(Arc::new(move |report| hook.lock().unwrap().push(report.message.clone()))),
        ..Options::default()
    };
    Runner::new(options).unwrap().run(main());
    Arc::into_inner(told).expect("the runner is gone").into_inner().unwrap()
}

#[test]
fn a_shortage_is_waited_out_and_told_once() {
    let told = told(async || {
        let script = [Err(EMFILE), Err(ENOSPC), Err(EMFILE), Ok(1), Err(EMFILE), Ok(2)];
        let mut acceptor = Acceptor::new(Script::new(script));
        let begun = now();
        assert_eq!(acceptor.accept().await.unwrap().0, 1);
        assert_eq!(now() - begun, Duration::from_millis(5 + 10 + 20));
        let begun = now();
        assert_eq!(acceptor.accept().await.unwrap().0, 2);
        assert_eq!(now() - begun, Duration::from_millis(5), "it was over meanwhile");
        assert_eq!(acceptor.shortages(), 4);
    });
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("cannot accept connections for now, they wait: "), "{told:?}");
}

#[test]
fn a_long_shortage_is_asked_about_every_second() {
    let told = told(async || {
        let script = std::iter::repeat_n(Err(EMFILE), 100).chain([Ok(1)]);
        let mut acceptor = Acceptor::new(Script::new(script));
        let begun = now();
        acceptor.accept().await.unwrap();
        // 5, 10, .. 640 ms, then a second each.
        let lasted = Duration::from_millis(1275) + Duration::from_secs(100 - 8);
        assert_eq!(now() - begun, lasted);
    });
    assert_eq!(told.len(), 1, "{told:?}");
}

#[test]
fn after_a_quiet_minute_it_is_told_again() {
    let told = told(async || {
        let script = [Err(EMFILE), Ok(1), Err(EMFILE), Ok(2), Err(EMFILE), Ok(3)];
        let mut acceptor = Acceptor::new(Script::new(script));
        acceptor.accept().await.unwrap();
        evenkeel::sleep(Duration::from_secs(59)).await;
        acceptor.accept().await.unwrap();
        evenkeel::sleep(Duration::from_secs(61)).await;
        acceptor.accept().await.unwrap();
    });
    assert_eq!(told.len(), 2, "{told:?}");
}

#[test]
fn a_client_that_left_is_passed_over_and_the_end_is_the_end() {
    let ended = Cell::new(None);
    let told = told(async || {
        let script = [Err(ECONNABORTED), Err(ECONNABORTED), Ok(1), Err(EINVAL)];
        let mut acceptor = Acceptor::new(Script::new(script));
        assert_eq!(acceptor.accept().await.unwrap().0, 1);
        ended.set(acceptor.accept().await.unwrap_err().raw_os_error());
    });
    assert_eq!((ended.get(), told.len()), (Some(EINVAL), 0));
}

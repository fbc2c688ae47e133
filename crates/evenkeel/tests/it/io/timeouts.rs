//! Limits on the silence of a stream. The clock jumps, so times are exact.

use std::io::ErrorKind;
use std::time::Duration;

use evenkeel::io::prelude::*;
use evenkeel::io::{Timeouts, duplex};
use evenkeel::{create_task, now, sleep, testing, timeout};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn reads_and_writes_have_their_own() {
    testing::run(async {
        let (one, _two) = duplex(4);
        let mut one = Timeouts::new(one).reading(3 * SECOND).writing(5 * SECOND);
        let begun = now();
        let error = one.read(&mut [0; 1]).await.unwrap_err();
        assert_eq!((error.kind(), now() - begun), (ErrorKind::TimedOut, 3 * SECOND));
        assert_eq!(error.to_string(), "nothing came to be read for 3s");
        let error = one.write_all(b"ahoy!").await.unwrap_err();
        assert_eq!((error.kind(), now() - begun), (ErrorKind::TimedOut, 8 * SECOND));
        assert_eq!(error.to_string(), "nothing could be written for 5s");
        assert_eq!(format!("{one:?}"), "Timeouts { read: Some(3s), write: Some(5s), .. }");
    });
}

#[test]
fn each_byte_begins_it_anew() {
    testing::run(async {
        let (mut one, two) = duplex(4);
        let drips = create_task(async move {
            for _ in 0..10 {
                sleep(2 * SECOND).await;
                one.write_all(b"x").await.unwrap();
            }
            sleep(4 * SECOND).await;
        });
        let mut two = Timeouts::new(two).reading(3 * SECOND);
        let begun = now();
        let mut heard = Vec::new();
        let error = two.read_to_end(&mut heard).await.unwrap_err();
        assert_eq!((error.kind(), heard.len()), (ErrorKind::TimedOut, 10));
        assert_eq!(now() - begun, 23 * SECOND);
        drips.await;
    });
}

/// Else a loop that races its reads would wait for ever.
#[test]
fn reads_that_are_dropped_are_timed_as_one() {
    testing::run(async {
        let (mut one, two) = duplex(4);
        let mut two = Timeouts::new(two).reading(10 * SECOND);
        let begun = now();
        let error = loop {
            if let Ok(read) = timeout(3 * SECOND, two.read(&mut [0; 1])).await {
                break read.unwrap_err();
            }
        };
        assert_eq!((error.kind(), now() - begun), (ErrorKind::TimedOut, 10 * SECOND));
        // It goes on while nobody reads; what is there is read all the same.
        assert!(timeout(SECOND, two.read(&mut [0; 1])).await.is_err());
        sleep(100 * SECOND).await;
        one.write_all(b"x").await.unwrap();
        assert_eq!(two.read(&mut [0; 1]).await.unwrap(), 1);
        // If nothing is there, it fails at once; unless it was begun anew.
        for anew in [false, true] {
            assert!(timeout(SECOND, two.read(&mut [0; 1])).await.is_err());
            sleep(100 * SECOND).await;
            if anew {
                two.set_reading(Some(10 * SECOND));
            }
            let begun = now();
            assert!(two.read(&mut [0; 1]).await.is_err());
            assert_eq!(now() - begun, if anew { 10 * SECOND } else { Duration::ZERO });
        }
    });
}

#[test]
fn nobody_is_timed_who_does_not_wait() {
    testing::run(async {
        let (mut one, two) = duplex(4);
        let mut two = Timeouts::new(two).reading(3 * SECOND);
        sleep(100 * SECOND).await;
        one.write_all(b"x").await.unwrap();
        assert_eq!(two.read(&mut [0; 1]).await.unwrap(), 1);
        // Nor after a limit was taken back, or begun anew.
        assert!(timeout(SECOND, two.read(&mut [0; 1])).await.is_err());
        two.set_reading(Some(9 * SECOND));
        let begun = now();
        assert!(two.read(&mut [0; 1]).await.is_err());
        assert_eq!(now() - begun, 9 * SECOND);
        two.set_reading(None);
        assert!(timeout(1000 * SECOND, two.read(&mut [0; 1])).await.is_err());
        two.set_writing(Some(5 * SECOND));
        let begun = now();
        assert_eq!(two.write_all(b"ahoy!").await.unwrap_err().kind(), ErrorKind::TimedOut);
        assert_eq!(now() - begun, 5 * SECOND);
        two.set_writing(None);
        assert!(timeout(1000 * SECOND, two.write(b"!")).await.is_err());
        let _ = two.get_ref();
        drop(two.into_inner());
    });
}

//! `CancelScope`: a limit that is moved from within; without one it never ends, until it gets one.

use evenkeel::{CancelScope, now, sleep, timeout};

use crate::stage::{ms, run, secs};

pub(crate) fn main() {
    run(async {
        let limit = CancelScope::within(ms(20));
        let steps = limit.run(async {
            for step in 0..4 {
                sleep(ms(15)).await;
                println!("step {step}");
                if step < 2 {
                    limit.set_deadline(Some(now() + ms(20)));
                }
            }
        });
        if steps.await.is_err() {
            println!("too late");
        }

        let limit = CancelScope::new();
        let waits = limit.run(async {
            sleep(ms(50)).await;
            println!("it had all the time");
            limit.set_deadline(Some(now() + ms(10)));
            sleep(secs(60)).await;
        });
        if waits.await.is_err() {
            println!("and now it has none");
        }

        let outer = timeout(ms(20), async {
            let inner = timeout(ms(20), async {
                sleep(secs(60)).await;
            });
            if inner.await.is_err() {
                println!("never: both are over");
            }
        });
        if outer.await.is_err() {
            println!("of two that are over the outer one tells");
        }
    });
}

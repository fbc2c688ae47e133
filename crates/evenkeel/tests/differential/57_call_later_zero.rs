//! `call_later(0)`: after what was ready before, and before whatever those ask for.

use std::time::Duration;

use evenkeel::{call_later, call_soon, sleep};

use crate::stage::{ms, run};

pub(crate) fn main() {
    run(async {
        call_soon(|| {
            println!("first");
            call_soon(|| println!("asked for by the first"));
        });
        call_later(Duration::ZERO, || println!("in no time"));
        call_soon(|| println!("second"));
        sleep(ms(10)).await;
        println!("main is done");
    });
}

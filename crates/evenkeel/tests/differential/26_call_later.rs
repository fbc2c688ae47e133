//! `call_later`, `call_at`: in the order of their times, not of the asking; a cancelled one never.

use evenkeel::{call_at, call_later, call_soon, now, sleep};

use crate::stage::{ms, run, secs};

pub(crate) fn main() {
    run(async {
        let begun = now();
        call_later(ms(60), || println!("third"));
        call_later(ms(20), || println!("first"));
        call_at(begun + ms(40), || println!("second"));
        let never = call_later(ms(30), || println!("never"));
        call_later(ms(10), move || {
            never.cancel();
        });
        let late = call_later(secs(60), || println!("never either"));
        sleep(ms(80)).await;
        println!("main has slept");
        late.cancel();

        call_at(begun + ms(10), || println!("a while ago"));
        call_soon(|| println!("soon"));
        call_at(begun, || println!("long ago"));
        println!("not yet");
        sleep(ms(20)).await;
        println!("main is done");
    });
}

//! `Handle`: a thread has the loop run something, and waits for it.

use evenkeel::{Handle, block_on, sleep, to_thread};

use crate::stage::{ms, run, secs};

async fn add(a: i32, b: i32) -> i32 {
    sleep(ms(10)).await;
    a + b
}

async fn fails() -> Result<(), &'static str> {
    Err("not on my loop")
}

fn from_a_thread(handle: &Handle) -> &'static str {
    println!("sum: {}", handle.block_on(add(1, 2)));
    if let Err(error) = handle.block_on(fails()) {
        println!("error: {error}");
    }

    let hangs = handle.spawn(sleep(secs(60)));
    hangs.cancel();
    if block_on(hangs.join()).is_err() {
        println!("cancelled");
    }
    "the thread is done"
}

pub(crate) fn main() {
    run(async {
        let handle = Handle::current();
        println!("{}", to_thread(move || from_a_thread(&handle)).await);
    });
}

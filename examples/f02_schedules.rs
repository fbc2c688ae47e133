//! Tests under many schedules: a race is found, shrunk, and had again by its seed.
//!
//! In a test of your own this is `#[evenkeel::test(seeds = 100)]` on an `async fn`.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::time::Duration;

use evenkeel::testing::{Schedule, Seed, Test, schedules};
use evenkeel::{Lock, create_task, gather, sleep, yield_now};

/// Two withdrawals from an account. The wrong one looks, and locks again to take: in between the other
/// may have been there.
async fn withdraw(account: Arc<Lock<u32>>, careful: bool) {
    let mut balance = account.lock().await;
    if *balance < 10 {
        return;
    }
    if !careful {
        drop(balance);
        yield_now().await;
        balance = account.lock().await;
    }
    *balance = balance.checked_sub(10).expect("more was taken than there was");
}

async fn two_of_them(careful: bool) {
    sleep(Duration::from_secs(3600)).await; // no test waits: the clock jumps when all do
    let account = Arc::new(Lock::new(10));
    let first = create_task(withdraw(account.clone(), careful));
    let second = create_task({
        let account = account.clone();
        async move {
            yield_now().await; // it comes two turns later: too late to be there in between
            yield_now().await;
            withdraw(account, careful).await;
        }
    });
    gather((first, second)).await;
    assert_eq!(*account.lock().await, 0);
}

/// What a test that fails says.
fn failure(test: impl FnOnce()) -> String {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| ())); // we print it ourselves
    let failed = panic::catch_unwind(AssertUnwindSafe(test));
    panic::set_hook(hook);
    let payload = failed.expect_err("there is a race");
    *payload.downcast::<String>().expect("a text")
}

fn main() {
    // Whatever the order in which two tasks go on, on one worker or two.
    schedules(50, async |_seed| two_of_them(true).await);
    println!("the careful one holds");

    // Tried once, in order, the other one holds as well.
    Test::default().run(async |_| two_of_them(false).await);

    let told = failure(|| schedules(50, async |_seed| two_of_them(false).await));
    println!("under other schedules, the other one does not:\n{told}");

    // The seed it names has the same failure again, as often as you like; so would
    // `EVENKEEL_SEED=.. cargo test`.
    let named = told.split_whitespace().nth(1).expect("`schedule SEED fails`");
    let seed: Seed = named.parse().expect("a seed");
    let again = Test { schedule: Schedule::Seed(seed), ..Test::default() };
    let same = failure(|| again.run(async |_seed| two_of_them(false).await));
    assert!(same.contains("more was taken than there was"));
}

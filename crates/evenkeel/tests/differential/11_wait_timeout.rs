//! `wait(..).timeout(..)`: no error and no cancellation; what is not done by then is pending.

use std::time::Duration;

use evenkeel::{Builder, Done, Waited, sleep, wait, wait_mut};

use crate::stage::{ms, run, secs, sorted};

async fn child(name: &'static str, delay: Duration) -> &'static str {
    sleep(delay).await;
    println!("{name} ends");
    name
}

pub(crate) fn main() {
    run(async {
        let a = Builder::new().name("a").create_task(child("a", ms(20)));
        let b = Builder::new().name("b").create_task(child("b", ms(60)));
        let mut tasks = [a, b];
        let waited = wait_mut(&mut tasks).timeout(Duration::ZERO).await;
        println!("at once: {} done, {} pending", waited.done.len(), waited.pending.len());
        let Waited { done, pending } = wait(tasks).timeout(ms(40)).await;
        let names = sorted(done.iter().map(Done::name));
        println!("later: {names} done, {} pending", pending.len());
        let Waited { done, pending } = wait(pending).timeout(secs(60)).await;
        let names = sorted(done.iter().map(Done::name));
        println!("at last: {names} done, {} pending", pending.len());
    });
}

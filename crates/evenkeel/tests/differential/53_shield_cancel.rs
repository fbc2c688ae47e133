//! `shield`: who awaits it is cancelled, then main ends.

use evenkeel::{create_task, shield, sleep};

use crate::stage::{finally, ms, run};

async fn save(name: &'static str) {
    let _finally = finally(|| println!("{name} is gone"));
    sleep(ms(40)).await;
    println!("{name} is saved");
}

async fn saves(name: &'static str) {
    shield(save(name)).await;
    println!("never here");
}

pub(crate) fn main() {
    run(async {
        let task = create_task(saves("first"));
        sleep(ms(20)).await;
        task.cancel();
        if task.join().await.is_err() {
            println!("the first is cancelled");
        }
        sleep(ms(40)).await;

        let task = create_task(saves("second"));
        sleep(ms(20)).await;
        task.cancel();
        println!("main is done");
    });
    println!("run has returned");
}

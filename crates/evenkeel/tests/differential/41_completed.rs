//! `Task::ready`: awaited at once, without a turn of the loop, as often as one likes if it is shared.

use evenkeel::{Task, create_task, gather, wait_for, yield_now};

use crate::stage::{ms, run};

async fn other() {
    println!("the other one has a turn");
}

pub(crate) fn main() {
    run(async {
        let ready = Task::ready(7).shared();
        let turn = create_task(other());
        println!("it gives {}", ready.clone().await);
        println!("and again {}", ready.clone().await);
        turn.await;
        println!("gathered {:?}", gather([ready.clone(), ready.clone()]).await);
        println!("in no time {}", wait_for(ready.clone(), ms(0)).await.unwrap());
        println!("{}", if ready.is_finished() { "done" } else { "pending" });
        if !ready.cancel() {
            println!("what is done is not cancelled");
        }

        let finished = create_task(other());
        yield_now().await;
        let turn = create_task(other());
        finished.await;
        println!("a finished task takes no turn either");
        turn.await;
    });
}

//! Two tasks and two events: each wakes the other, turn by turn, and a third one sees every turn.

use std::sync::Arc;

use evenkeel::{Event, Task, create_task, yield_now};

use crate::stage::run;

async fn player(name: &'static str, mine: Arc<Event>, other: Arc<Event>) {
    for stroke in 0..3 {
        mine.wait().await;
        mine.clear();
        println!("{name} {stroke}");
        other.set();
    }
}

async fn watches(tasks: [Task<()>; 2]) {
    let mut turn = 0;
    while !tasks.iter().all(Task::is_finished) {
        println!("turn {turn}");
        turn += 1;
        yield_now().await;
    }
}

pub(crate) fn main() {
    run(async {
        let (ping, pong) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let tasks = [
            create_task(player("ping", ping.clone(), pong.clone())),
            create_task(player("pong", pong.clone(), ping.clone())),
        ];
        let watching = create_task(watches(tasks));
        ping.set();
        watching.await;
    });
}

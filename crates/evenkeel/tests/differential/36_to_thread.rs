//! `to_thread`: calls that block, on threads; results in argument order, errors where they are awaited.

use std::cell::Cell;
use std::rc::Rc;
use std::thread;

use evenkeel::{create_local_task, gather, to_thread, yield_now};

use crate::stage::{ms, run};

fn blocks(number: u64) -> u64 {
    thread::sleep(ms(5 * (4 - number)));
    number * number
}

fn fails() -> Result<(), &'static str> {
    Err("it did not work")
}

pub(crate) fn main() {
    run(async {
        let here = thread::current().id();
        let there = to_thread(|| thread::current().id()).await;
        println!("{}", if here != there { "another thread" } else { "the same thread" });
        println!("{:?}", gather((0..4).map(|number| to_thread(move || blocks(number)))).await);
        if let Err(error) = to_thread(fails).await {
            println!("error: {error}");
        }

        let steps = Rc::new(Cell::new(0));

        async fn ticks(steps: Rc<Cell<i32>>) {
            while steps.get() < 3 {
                steps.set(steps.get() + 1);
                yield_now().await;
            }
        }

        let ticking = create_local_task(ticks(steps.clone()));
        to_thread(|| thread::sleep(ms(20))).await;
        println!("meanwhile the loop took {} steps", steps.get());
        ticking.await;
    });
}

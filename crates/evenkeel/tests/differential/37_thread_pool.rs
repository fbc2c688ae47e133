//! `ThreadPool`: at most so many at a time, in the order of the calls, gathered in that order.

use std::sync::Mutex;
use std::thread;

use evenkeel::{Task, ThreadPool, gather};

use crate::stage::{ms, run};

#[derive(Debug)]
struct State {
    running: usize,
    most: usize,
    begun: Vec<String>,
}

static STATE: Mutex<State> = Mutex::new(State { running: 0, most: 0, begun: Vec::new() });

fn work(number: u64) -> Result<u64, &'static str> {
    {
        let mut state = STATE.lock().unwrap();
        state.begun.push(number.to_string());
        state.running += 1;
        state.most = state.most.max(state.running);
    }
    thread::sleep(ms(10));
    STATE.lock().unwrap().running -= 1;
    if number == 5 {
        return Err("five is broken");
    }
    Ok(number * 10)
}

pub(crate) fn main() {
    run(async {
        let pool = ThreadPool::new(3);
        let calls: Vec<_> = (0..9).map(|number| pool.run(move || work(number))).collect();
        let results = gather(calls).await;
        for (number, result) in results.into_iter().enumerate() {
            match result {
                Ok(value) => println!("{number} gave {value}"),
                Err(error) => println!("{number} failed: {error}"),
            }
        }
        println!("at most {} at a time", STATE.lock().unwrap().most);

        STATE.lock().unwrap().begun.clear();
        let pool = ThreadPool::new(1);
        let calls: Vec<_> = (0..4).map(|number| pool.run(move || work(number))).collect();
        calls[2].cancel();
        gather(calls.into_iter().map(Task::join)).await;
        println!("one after the other: {}", STATE.lock().unwrap().begun.join(" "));
    });
}

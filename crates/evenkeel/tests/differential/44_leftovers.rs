//! `run`: what main leaves behind is cancelled and gone before run returns; main's value or error stands.

use std::sync::Mutex;

use evenkeel::{Task, create_task, sleep};

use crate::stage::{finally, ms, run, secs, sorted};

static GONE: Mutex<Vec<String>> = Mutex::new(Vec::new());

async fn left(name: &'static str) {
    let _finally = finally(|| GONE.lock().unwrap().push(name.to_owned()));
    sleep(secs(60)).await;
    println!("never");
}

async fn leaves(error: Option<&str>) -> Result<i32, &str> {
    let tasks = ["a", "b", "c"].map(|name| create_task(left(name)));
    sleep(ms(10)).await;
    let are_left = tasks.iter().filter(|task| !task.is_finished()).count();
    println!("main is done, {are_left} are left");
    tasks.into_iter().for_each(Task::detach);
    if let Some(error) = error {
        return Err(error);
    }
    Ok(123)
}

pub(crate) fn main() {
    println!("run gave {}", run(leaves(None)).unwrap());
    println!("gone: {}", sorted(GONE.lock().unwrap().drain(..)));
    if let Err(error) = run(leaves(Some("main is broken"))) {
        println!("run raised {error}");
    }
    println!("gone: {}", sorted(GONE.lock().unwrap().drain(..)));
}

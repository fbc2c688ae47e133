//! Task names, who is current, and which tasks there are.

use std::collections::HashSet;

use evenkeel::{Builder, TaskInfo, all_tasks, create_task, current, sleep};

use crate::stage::{ms, run, sorted};

async fn says_its_name() {
    println!("I am {}", current().unwrap().name());
    sleep(ms(10)).await;
    println!("I am still {}", current().unwrap().name());
}

pub(crate) fn main() {
    run(async {
        for name in ["fetch", "parse"] {
            Builder::new().name(name).create_task(says_its_name()).detach();
        }
        let (one, two) = (create_task(says_nothing()), create_task(says_nothing()));
        let number = [&one, &two]
            .map(|task| task.name().strip_prefix("Task-").unwrap().parse::<u64>().unwrap());
        let number = HashSet::from(number);
        println!("a name that was not given has a number: {}", number.len());
        let known = [current().unwrap().id(), one.id(), two.id()];
        let tasks = all_tasks().into_iter().filter(|task| !known.contains(&task.id()));
        println!("there are {}", sorted(tasks.map(|task: TaskInfo| task.name())));
        sleep(ms(20)).await;
        println!("there is {} left", all_tasks().len());
    });
}

async fn says_nothing() {}

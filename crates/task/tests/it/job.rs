//! A closure as a task whose queue is somebody else's.

use std::io;

use evenkeel_task::{Builder, LocalExecutor, block_on, check_cancelled, current, task_local};

#[test]
fn a_job_runs_where_it_is_run_and_is_awaited_elsewhere() {
    let (job, task) = Builder::new().name("sum").job(|| current().unwrap().name());
    assert_eq!(job.name(), "sum");
    std::thread::spawn(move || job.run()).join().unwrap();
    assert_eq!(block_on(task), "sum");
}

#[test]
fn a_job_cancelled_before_it_runs_is_dropped_uncalled() {
    let (job, task) = Builder::new().job(|| unreachable!("it must not run"));
    assert!(task.cancel_with("changed my mind") && job.is_cancelled());
    job.run();
    let outcome: Result<(), _> = block_on(task.join());
    assert_eq!(outcome.unwrap_err().reason(), Some("changed my mind"));
}

#[test]
fn a_running_job_can_ask_whether_it_should_go_on() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let (go, gone) = std::sync::mpsc::channel::<()>();
    let (job, task) = Builder::new().job(move || {
        assert!(check_cancelled().is_ok());
        sender.send(()).unwrap();
        gone.recv().unwrap();
        check_cancelled().is_err()
    });
    let thread = std::thread::spawn(move || job.run());
    receiver.recv().unwrap();
    assert!(task.cancel());
    go.send(()).unwrap();
    thread.join().unwrap();
    assert!(block_on(task.join()).unwrap_err().is_cancelled());
}

#[test]
fn a_panic_in_a_job_reaches_the_handle_and_nothing_else() {
    let (job, task) = Builder::new().job(|| panic!("at work"));
    job.run();
    let outcome: Result<(), _> = block_on(task.join());
    assert!(outcome.unwrap_err().is_panic());
}

#[test]
fn a_refused_job_tells_why() {
    let (job, task) = Builder::new().job(|| 1);
    job.refuse(io::Error::other("no thread"));
    let error = block_on(task.join()).unwrap_err();
    assert!(error.is_refused() && error.to_string().contains("no thread"), "{error}");
    assert!(std::error::Error::source(&error).is_some());
    let (job, task) = Builder::new().job(|| 2);
    job.run();
    assert_eq!(block_on(task), 2, "the refusal stayed with its job");
}

#[test]
fn a_dropped_job_ends_its_task() {
    let (job, task) = Builder::new().job(|| 1);
    drop(job);
    assert!(block_on(task.join()).unwrap_err().is_cancelled());
}

task_local! {
    static VOICE: &'static str = "none";
}

#[test]
fn a_job_inherits_task_locals_and_keeps_its_own() {
    let local = LocalExecutor::new();
    block_on(local.run(local.spawn(async {
        VOICE.set("parrot");
        let (job, task) = Builder::new().job(|| {
            let heard = VOICE.get();
            VOICE.set("crow");
            heard
        });
        std::thread::spawn(move || job.run());
        assert_eq!(task.await, "parrot");
        assert_eq!(VOICE.get(), "parrot");
    })));
}

#[test]
fn a_job_may_block_its_thread_and_a_task_may_not() {
    let (job, task) = Builder::new().job(evenkeel_context::may_block);
    std::thread::spawn(move || job.run()).join().unwrap();
    assert!(block_on(task));
    let executor = LocalExecutor::new();
    let task = executor.spawn(async { evenkeel_context::may_block() });
    assert!(!block_on(executor.run(task)));
    assert!(evenkeel_context::may_block());
}

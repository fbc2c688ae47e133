//! What nobody awaits and still goes wrong is told, once and at once; and a runner can prove that nothing leaked.
//!
//! ```python
//! loop.set_exception_handler(handler)   # "Task exception was never retrieved", at garbage collection
//! ```

use std::future::pending;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{Builder, FailureKind, ManualClock, Options, Runner, create_task, defer, sleep};

fn main() -> io::Result<()> {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let mut runner = Runner::new(Options {
        workers: 1,
        clock: Arc::new(ManualClock::auto_jump()), // the grace takes no time
        cleanup_grace: Duration::from_secs(5),
        on_failure: Some(Arc::new(move |report| {
            println!("{report}");
            hook.lock().expect("nobody panics").push((report.kind, report.name.clone()));
        })),
        ..Options::default()
    })?;
    runner.run(async {
        // A task on its own that may fail. Nobody holds its handle, so the hook is told.
        let upload = async { Err::<(), _>("no route to host") };
        Builder::new().name("upload").create_task(upload).detach_or_report();

        // Who awaits a task is told himself, and the hook is not.
        let failed = create_task(async { Err::<(), _>("told") }).await;
        assert_eq!(failed, Err("told"));

        // A clean-up has its grace. This one would keep its task, and the end of `run`, for ever.
        let session = Builder::new().name("session").create_task(async {
            defer(pending());
            sleep(Duration::from_secs(1)).await;
        });
        session.await;

        // What is left when main ends is cancelled, and gone before `run` returns.
        create_task(pending::<()>()).detach();
    });
    let told = told.lock().expect("nobody panics");
    let kinds: Vec<_> = told.iter().map(|(kind, name)| (*kind, name.as_deref())).collect();
    assert_eq!(
        kinds,
        [(FailureKind::Failed, Some("upload")), (FailureKind::Overran, Some("session"))]
    );

    let left = runner.close();
    println!("{left}");
    assert!(left.is_empty()); // no task, no thread, no timer, no call, no socket
    Ok(())
}

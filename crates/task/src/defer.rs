//! Clean-up that may await: it runs when the scope or the task around it is over, whatever way that went.

use std::future::Future;

use evenkeel_context::ending;

/// Registers `cleanup` with the innermost scope that is being polled (a timeout, a cancel scope, a group),
/// or with the current task: what stands in a `finally:` in Python and awaits.
///
/// It begins when the future of that scope or task is gone, whether it was ready, failed, panicked or was
/// cancelled; the last one registered runs first. The scope, or the task, is done only when all of them
/// are. They are shielded: a cancel that comes meanwhile changes nothing. A panic in one becomes the
/// scope's, or the task's, when the others have run.
///
/// A clean-up of a task that is dropped with its executor, and of one that nobody polls any more, cannot
/// run; the executor reports that.
///
/// ```
/// use evenkeel_task::{LocalExecutor, block_on, defer};
/// use std::sync::{Arc, Mutex};
///
/// let log = Arc::new(Mutex::new(Vec::new()));
/// let say = |word| { let log = log.clone(); async move { log.lock().unwrap().push(word) } };
///
/// let executor = LocalExecutor::new();
/// let body = say("body");
/// let (outer, inner) = (say("close the file"), say("leave the line"));
/// let task = executor.spawn(async {
///     defer(outer);
///     defer(inner);
///     body.await;
/// });
/// block_on(executor.run(task));
/// assert_eq!(*log.lock().unwrap(), ["body", "leave the line", "close the file"]);
/// ```
///
/// # Panics
/// Where nobody could run it: outside any task and scope, and in a call on a blocking thread.
#[doc(alias = "finally")]
#[track_caller]
pub fn defer(cleanup: impl Future<Output = ()> + Send + 'static) {
    if evenkeel_context::defer(ending(cleanup)).is_err() {
        panic!("defer() outside any task and scope: nobody would run the clean-up");
    }
}

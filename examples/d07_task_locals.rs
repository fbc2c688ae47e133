//! Who asked: a value each task has its own of, inherited by the tasks and the calls on threads it starts.
//!
//! ```python
//! user = contextvars.ContextVar("user", default="nobody")
//! user.set("anna")
//! await asyncio.create_task(greet())     # sees anna
//! await asyncio.to_thread(greet)         # so does a thread
//! ```

use evenkeel::{create_task, gather, task_local, to_thread, yield_now};

task_local! {
    static USER: String = "nobody".to_owned();
}

/// Deep in the program, where nobody passes the user along.
fn log(what: &str) -> String {
    format!("[{}] {what}", USER.get())
}

async fn serve(user: &'static str) -> Vec<String> {
    USER.set(user.to_owned());
    yield_now().await; // the others set theirs meanwhile
    let child = create_task(async {
        let said = log("a task of its own");
        USER.set("somebody else".to_owned()); // for the child alone
        said
    });
    let (child, thread) = gather((child, to_thread(|| log("a thread")))).await;
    vec![child, thread, log("itself")]
}

fn main() {
    evenkeel::run(async {
        let requests = ["anna", "berta"].map(|user| create_task(serve(user)));
        for (said, user) in gather(requests).await.into_iter().zip(["anna", "berta"]) {
            println!("{}", said.join("\n"));
            assert!(said.iter().all(|line| line.starts_with(&format!("[{user}]"))));
        }
        assert_eq!(log("main"), "[nobody] main");
    });
}

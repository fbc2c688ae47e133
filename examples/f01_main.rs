//! `#[evenkeel::main]`: an async `main`, with asyncio's strict order if you say `workers = 1`.
//!
//! ```python
//! asyncio.run(main())
//! ```
//!
//! It is `run_interruptible` in one line: at the first Ctrl-C `main` is cancelled, and when its clean-ups
//! have run the process exits with code 130. What `main` returns may be anything that a `main` may return.

use std::error::Error;
use std::time::Duration;

use evenkeel::{create_task, defer, sleep};

#[evenkeel::main(workers = 1)]
async fn main() -> Result<(), Box<dyn Error>> {
    defer(async { println!("and this is its clean-up") });

    let task = create_task(async { sleep(Duration::from_millis(5)).await });
    let answer: i32 = "42".parse()?;
    task.join().await?;
    println!("main ends with {answer}");
    assert_eq!(answer, 42);
    Ok(())
}

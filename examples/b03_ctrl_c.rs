//! Ctrl-C: the first ends `main` in order, the second would end the process. The program presses it itself.
//!
//! ```python
//! try:
//!     asyncio.run(main())
//! except KeyboardInterrupt:
//!     sys.exit(130)
//! ```

#[cfg(unix)]
fn main() {
    use std::process::Command;
    use std::time::Duration;

    use evenkeel::{Interrupted, run_interruptible, sleep, task::defer, timeout, to_thread};

    let outcome = run_interruptible(async {
        // What must be done in any case, and may take its time.
        defer(async {
            sleep(Duration::from_millis(10)).await;
            println!("the clean-up has run");
        });
        // The shell's parent is this process.
        let press = || Command::new("sh").args(["-c", "kill -INT $PPID"]).status();
        to_thread(press).await.expect("a shell");
        println!("serving until somebody presses Ctrl-C");
        timeout(Duration::from_secs(5), std::future::pending::<()>()).await
    });
    match outcome {
        Err(interrupted) => {
            println!("{interrupted}: a program would now end with {}", Interrupted::EXIT_CODE);
        }
        // As under `nohup`, or as a job in the background of a script: then it stays ignored.
        Ok(_) => println!("SIGINT is ignored here"),
    }
}

#[cfg(not(unix))]
fn main() {
    println!("Unix only");
}

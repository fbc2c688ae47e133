//! The progress line: drawn on a terminal while a scene plays, and the end of one that hangs.

use std::io::{self, IsTerminal, Write};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How often the line is drawn again.
const BEAT: Duration = Duration::from_millis(100);

/// A scene that plays for so long is not slow but stuck.
const STUCK: Duration = Duration::from_secs(30);

/// A thread that draws while a scene plays. A thread, not a task: it must go on, and be able to
/// tell, when the loop stands still.
pub(crate) struct Progress {
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

impl Progress {
    /// Begins to draw scene `number` of `of`, which should take so many seconds.
    pub(crate) fn begin(number: usize, of: usize, name: &'static str, seconds: f64) -> Progress {
        let (stop, stopped) = mpsc::channel();
        let begun = Instant::now();
        let draw = io::stderr().is_terminal();
        let thread = thread::spawn(move || {
            while stopped.recv_timeout(BEAT) == Err(RecvTimeoutError::Timeout) {
                let passed = begun.elapsed();
                if passed > STUCK {
                    println!("  WRONG: {name} is stuck: no end after {STUCK:?}");
                    std::process::exit(1);
                }
                if draw {
                    let line = line(number, of, name, passed.as_secs_f64(), seconds);
                    let _ = write!(io::stderr().lock(), "\r\x1b[K{line}");
                }
            }
            if draw {
                let _ = write!(io::stderr().lock(), "\r\x1b[K");
            }
        });
        Progress { stop, thread }
    }

    /// Wipes the line.
    pub(crate) fn end(self) {
        drop(self.stop);
        let _ = self.thread.join();
    }
}

fn line(number: usize, of: usize, name: &str, passed: f64, seconds: f64) -> String {
    const WIDTH: usize = 24;
    let part = if seconds > 0.0 { (passed / seconds).min(1.0) } else { 1.0 };
    let done = (((number - 1) as f64 + part) / of as f64 * WIDTH as f64) as usize;
    format!("[{:<WIDTH$}] {number}/{of} {name} {passed:.1} of {seconds:.1} s", "=".repeat(done))
}

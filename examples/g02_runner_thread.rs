//! Embedding: a whole loop on a thread of its own, in a program that is otherwise not asynchronous.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use evenkeel::{Event, Handle, Options, Runner, sleep};
use std::sync::Arc;

/// What the rest of the program sees: calls that block.
struct Background {
    handle: Handle,
    stop: Arc<Event>,
    thread: Option<JoinHandle<()>>,
}

impl Background {
    fn start() -> std::io::Result<Background> {
        let stop = Arc::new(Event::new());
        let stopped = Arc::clone(&stop);
        let (sender, receiver) = mpsc::channel();
        // The runner is made there: it belongs to the thread that runs it.
        let thread = thread::Builder::new().name("background".into()).spawn(move || {
            let runner = Runner::new(Options { workers: 1, ..Options::default() });
            let mut runner = match runner {
                Ok(runner) => runner,
                Err(error) => return sender.send(Err(error)).unwrap_or_default(),
            };
            sender.send(Ok(runner.handle())).unwrap_or_default();
            runner.run(async { stopped.wait().await });
            // What is left is cancelled, and has ended when this returns.
            let left = runner.close();
            assert!(left.is_empty(), "{left}");
        })?;
        let handle = receiver.recv().map_err(std::io::Error::other)??;
        Ok(Background { handle, stop, thread: Some(thread) })
    }

    /// Blocks the caller, and only the caller.
    fn add(&self, a: u64, b: u64) -> u64 {
        self.handle.block_on(async move {
            sleep(Duration::from_millis(10)).await;
            a + b
        })
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop.set();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("its own panic was told by the hook");
        }
    }
}

fn main() -> std::io::Result<()> {
    let background = Background::start()?;
    // From several threads at once: each blocks, the loop does not.
    let sums: Vec<u64> = thread::scope(|scope| {
        let calls = (0..4).map(|n| {
            scope.spawn({
                let background = &background;
                move || background.add(n, n)
            })
        });
        calls.collect::<Vec<_>>().into_iter().map(|call| call.join().unwrap()).collect()
    });
    println!("{sums:?}");
    assert_eq!(sums, [0, 2, 4, 6]);

    // Something that goes on by itself, and ends with the loop.
    let ticks = background.handle.spawn(async {
        loop {
            sleep(Duration::from_millis(1)).await;
        }
    });
    println!("{:?}", background.handle.metrics());
    let handle = background.handle.clone();
    drop(background);
    let ended: Result<(), _> = evenkeel::block_on(ticks.join());
    println!("after the end: {}", ended.unwrap_err());
    assert!(handle.is_closed());
    Ok(())
}

//! tracing: each task has a span, which goes with it from worker to worker, and to threads.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{Builder, gather, sleep, to_thread};
use evenkeel_ecosystem::Done;
use tracing::{Instrument, Level, debug_span, info, instrument};

#[instrument]
async fn fetch(page: u32) -> usize {
    info!("asking");
    sleep(Duration::from_millis(5)).await;
    // The call has a span of its own, within this one.
    let length = to_thread(move || {
        info!("parsing on a thread");
        page as usize * 100
    });
    let length = length.await;
    info!(length, "done");
    length
}

/// What is logged, kept to be looked at.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        io::stdout().write_all(bytes)?;
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn main() -> Done {
    let kept = Kept::default();
    let writer = kept.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::DEBUG) // tasks' spans are of that level
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber)?;

    evenkeel::run(async {
        let tasks = (1..=3).map(|page| {
            // What is spawned within a span of yours lies in that, and in the task's that spawns it.
            let _request = debug_span!("request", page).entered();
            Builder::new().name(format!("fetch-{page}")).create_task(fetch(page))
        });
        assert_eq!(gather(tasks).await, [100, 200, 300]);
        // A span round a part of a task: as everywhere.
        async { info!("all there") }.instrument(debug_span!("last")).await;
    });

    let log = String::from_utf8(kept.0.lock().unwrap().clone())?;
    for page in 1..=3 {
        // Interleaved with the others', each line has its own spans.
        let name = format!("name=\"fetch-{page}\"");
        let lines: Vec<_> = log.lines().filter(|line| line.contains(&name)).collect();
        assert_eq!(lines.len(), 3, "{log}");
        for within in [format!("request{{page={page}}}"), format!("fetch{{page={page}}}")] {
            assert!(lines.iter().all(|line| line.contains(&within)), "{log}");
        }
        assert_eq!(lines.iter().filter(|line| line.contains("kind=\"to_thread\"")).count(), 1);
        assert!(lines.iter().all(|line| line.contains("h08_tracing.rs:")), "{log}");
    }
    Ok(())
}

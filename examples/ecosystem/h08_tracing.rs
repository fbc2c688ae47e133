//! tracing: a span goes with its task, across awaits and from worker to worker.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::{Builder, gather, sleep, to_thread};
use evenkeel_ecosystem::Done;
use tracing::{Instrument, Span, info, info_span, instrument};

#[instrument]
async fn fetch(page: u32) -> usize {
    info!("asking");
    sleep(Duration::from_millis(5)).await;
    // A thread of the pool knows of no span: give it along.
    let span = Span::current();
    let length = to_thread(move || {
        span.in_scope(|| {
            info!("parsing on a thread");
            page as usize * 100
        })
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
        .with_ansi(false)
        .without_time()
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber)?;

    evenkeel::run(async {
        let tasks = (1..=3).map(|page| {
            let name = format!("fetch-{page}");
            let span = info_span!("task", name);
            Builder::new().name(name).create_task(fetch(page).instrument(span))
        });
        assert_eq!(gather(tasks).await, [100, 200, 300]);
    });

    let log = String::from_utf8(kept.0.lock().unwrap().clone())?;
    for page in 1..=3 {
        // Interleaved with the others', each line has its own spans.
        let lines: Vec<_> =
            log.lines().filter(|line| line.contains(&format!("fetch-{page}"))).collect();
        assert_eq!(lines.len(), 3, "{log}");
        assert!(lines.iter().all(|line| line.contains(&format!("fetch{{page={page}}}"))), "{log}");
    }
    Ok(())
}

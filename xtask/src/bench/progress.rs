//! How far it is: one moving line on a terminal, one plain line a finished row elsewhere. It all
//! goes to stderr, so that a table sent to a file is a table.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Characters of the bar.
const BAR: usize = 24;

/// What is being done, for the eyes of somebody who waits.
#[derive(Debug)]
pub(super) struct Progress {
    live: bool,
    rows: usize,
    row: usize,
    begun: Instant,
    /// In seconds, as estimated beforehand.
    whole: f64,
    done: f64,
}

impl Progress {
    pub(super) fn new(rows: usize, whole: f64) -> Progress {
        let live = std::io::stderr().is_terminal();
        Progress { live, rows, row: 0, begun: Instant::now(), whole, done: 0.0 }
    }

    /// The next row begins.
    pub(super) fn row(&mut self) {
        self.row += 1;
    }

    /// A process begins that is estimated to take so long; `what` says which.
    pub(super) fn process(&mut self, what: &str) {
        if self.live {
            let bar = bar(self.done / self.whole.max(1e-9));
            let eta = clock(self.left());
            eprint!("\r\x1b[K[{bar}] {}/{}  {what}  eta {eta}", self.row, self.rows);
            let _ = std::io::stderr().flush();
        }
    }

    /// So much of the estimate is behind us.
    pub(super) fn done(&mut self, seconds: f64) {
        self.done += seconds;
    }

    /// A row is known.
    pub(super) fn finished(&self, line: &str) {
        if !self.live {
            eprintln!("{}/{}  {line}", self.row, self.rows);
        }
    }

    pub(super) fn end(&self) {
        if self.live {
            eprint!("\r\x1b[K");
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    /// By the estimate at first, then by how wrong it has been.
    fn left(&self) -> f64 {
        let rest = (self.whole - self.done).max(0.0);
        let pace = if self.done > 0.0 { self.elapsed().as_secs_f64() / self.done } else { 1.0 };
        rest * pace
    }
}

fn bar(share: f64) -> String {
    let full = ((share.clamp(0.0, 1.0) * BAR as f64) as usize).min(BAR);
    let head = if full < BAR { ">" } else { "" };
    format!("{}{head}{}", "=".repeat(full), " ".repeat(BAR - full - head.len()))
}

/// Minutes and seconds.
pub(super) fn clock(seconds: f64) -> String {
    let seconds = seconds.round() as u64;
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    //! Pictures of a number.

    use super::*;

    #[test]
    fn bars_and_clocks() {
        assert_eq!(bar(0.0), format!(">{}", " ".repeat(BAR - 1)));
        assert_eq!(bar(0.5).matches('=').count(), BAR / 2);
        assert_eq!(bar(1.5), "=".repeat(BAR));
        assert_eq!((clock(0.4), clock(75.0)), ("00:00".into(), "01:15".into()));
    }
}

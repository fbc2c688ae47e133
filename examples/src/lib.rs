//! What the examples share: a stage that knows how long a second is and prints time stamps.
//!
//! An example run alone takes a second for a second; the tour runs the same file with a shorter
//! one. Nothing of evenkeel hides in here: all its calls stand in the example files.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// Where a scene plays: how long its second is, when the curtain rose, when this lap began.
#[derive(Clone, Copy, Debug)]
pub struct Stage {
    second: Duration,
    opened: Instant,
    lap: Instant,
}

/// How much later than promised a lap may end, in the scene's seconds. Below one, so that work
/// done one after the other is never taken for work done at once; as large as that allows,
/// because the machine may be busy.
const TOLERANCE: f64 = 0.8;

impl Stage {
    /// A stage on which a second is a second.
    pub fn full() -> Stage {
        Stage::with_second(Duration::from_secs(1))
    }

    /// A stage on which a second is as long as you say.
    pub fn with_second(second: Duration) -> Stage {
        let now = Instant::now();
        Stage { second, opened: now, lap: now }
    }

    /// One second of this stage.
    pub fn second(&self) -> Duration {
        self.second
    }

    /// So many seconds of this stage.
    pub fn seconds(&self, count: f64) -> Duration {
        self.second.mul_f64(count)
    }

    /// Prints one line behind the real time since the curtain rose.
    pub fn say(&self, line: impl Display) {
        let at = self.opened.elapsed().as_secs_f64();
        let mut out = io::stdout().lock();
        // On a terminal the tour keeps a progress line; a line of the scene takes its place.
        let wipe = if out.is_terminal() { "\r\x1b[K" } else { "" };
        // A closed pipe (`| head`) ends the listening, not the scene.
        let _ = writeln!(out, "{wipe}  {at:6.3} s  {line}");
        let _ = out.flush();
    }

    /// Begins a new lap.
    pub fn lap(&mut self) {
        self.lap = Instant::now();
    }

    /// Checks that this lap took so many seconds of this stage: never less, and little more.
    ///
    /// # Panics
    ///
    /// If it did not.
    #[track_caller]
    pub fn took(&self, seconds: f64) {
        let took = self.lap.elapsed();
        let (least, most) = (self.seconds(seconds), self.seconds(seconds + TOLERANCE));
        assert!(
            least <= took && took <= most,
            "this took {took:.3?}; it should take from {least:.3?} to {most:.3?}",
        );
    }
}

/// The README's code, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
#[derive(Debug)]
pub struct Readme;

/// The side-by-side page is compiled and run with the other doctests.
#[cfg(doctest)]
#[doc = include_str!("../../docs/asyncio.md")]
#[derive(Debug)]
pub struct AsyncioPage;

/// What the page on servers shows, compiled; its first program serves for ever, so it is not run.
#[cfg(doctest)]
#[doc = include_str!("../../docs/SERVERS.md")]
#[derive(Debug)]
pub struct ServersPage;

/// So is the page on processes.
#[cfg(doctest)]
#[doc = include_str!("../../docs/PROCESSES.md")]
#[derive(Debug)]
pub struct ProcessesPage;

/// And the one on ending in order.
#[cfg(doctest)]
#[doc = include_str!("../../docs/GRACEFUL_SHUTDOWN.md")]
#[derive(Debug)]
pub struct GracefulShutdownPage;

/// And the recipes.
#[cfg(doctest)]
#[doc = include_str!("../../docs/RECIPES.md")]
#[derive(Debug)]
pub struct RecipesPage;

//! The tour: asyncio's core in nine scenes and ten seconds, with real time stamps.
//!
//! Each scene is an example of its own (`cargo run --release --example a03_gather`); the tour
//! runs the very same files with a shorter second. A scene checks its own results, order and
//! durations, so the tour is a test as well: it exits with 1 if anything was not as promised.

mod progress;
mod scenes;

use evenkeel_examples::Stage;
use progress::Progress;
use scenes::{SCENES, Scene};
use std::any::Any;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::panic::{self, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "\
usage: cargo run --release --example tour [-- OPTIONS]

  --scene NAME   only this scene, by any part of its name (may be repeated)
  --list         the scenes, and what each one shows
  --help         this

exit: 0 all as promised, 1 something was not, 2 usage";

/// A second of the tour. The scenes take 12.6 of them, the tour nine and a half real ones; much
/// shorter, and a busy machine would be taken for a wrong duration.
const SECOND: Duration = Duration::from_millis(750);

enum Order {
    Play(Vec<&'static Scene>),
    List,
    Help,
}

fn main() -> ExitCode {
    match order(std::env::args().skip(1)) {
        Ok(Order::Play(scenes)) => play(&scenes),
        Ok(Order::List) => list(),
        Ok(Order::Help) => {
            say(USAGE);
            ExitCode::SUCCESS
        }
        Err(mistake) => {
            eprintln!("{mistake}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn order(mut words: impl Iterator<Item = String>) -> Result<Order, String> {
    let mut chosen = Vec::new();
    while let Some(word) = words.next() {
        let name = match (word.as_str(), word.strip_prefix("--scene=")) {
            ("--list", _) => return Ok(Order::List),
            ("--help" | "-h", _) => return Ok(Order::Help),
            ("--scene", _) => words.next().ok_or("--scene wants the name of a scene")?,
            (_, Some(name)) => name.to_owned(),
            _ => return Err(format!("unknown option {word:?}")),
        };
        let found = SCENES.iter().find(|scene| !name.is_empty() && scene.name.contains(&name));
        chosen.push(found.ok_or(format!("no scene {name:?}; --list names them"))?);
    }
    let all = || SCENES.iter().collect();
    Ok(Order::Play(if chosen.is_empty() { all() } else { chosen }))
}

fn list() -> ExitCode {
    for scene in SCENES {
        say(format_args!("{:<16} {:>4.1} s  {}", scene.name, scene.length(SECOND), scene.asyncio));
    }
    ExitCode::SUCCESS
}

fn play(scenes: &[&Scene]) -> ExitCode {
    say(format_args!("asyncio's calls, in a hurry: a second of the tour takes {SECOND:?}\n"));
    let begun = Instant::now();
    let mut wrong = Vec::new();
    for (index, scene) in scenes.iter().enumerate() {
        introduce(index + 1, scenes.len(), scene);
        let progress = Progress::begin(index + 1, scenes.len(), scene.name, scene.length(SECOND));
        let curtain = Instant::now();
        // What a scene finds wrong, it says by a panic, the way a test does.
        let played =
            panic::catch_unwind(AssertUnwindSafe(|| (scene.play)(Stage::with_second(SECOND))));
        let took = curtain.elapsed();
        progress.end();
        match played {
            Ok(()) => say(format_args!("  ok, {:.2} s\n", took.as_secs_f64())),
            Err(payload) => {
                say(format_args!("  WRONG: {}\n", reason(&*payload)));
                wrong.push(scene.name);
            }
        }
    }
    let seconds = begun.elapsed().as_secs_f64();
    if wrong.is_empty() {
        say(format_args!(
            "{} of {} scenes as promised, in {seconds:.1} s",
            scenes.len(),
            scenes.len()
        ));
        return ExitCode::SUCCESS;
    }
    say(format_args!("{} of {} scenes WRONG: {}", wrong.len(), scenes.len(), wrong.join(", ")));
    ExitCode::FAILURE
}

/// The name of the scene, the line of Python, the line of Rust.
fn introduce(number: usize, of: usize, scene: &Scene) {
    let colours = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let (bold, dim, plain) = if colours { ("\x1b[1m", "\x1b[2m", "\x1b[0m") } else { ("", "", "") };
    say(format_args!("{bold}{number}/{of}  {}{plain}", scene.name));
    say(format_args!("  {dim}asyncio   {}{plain}", scene.asyncio));
    say(format_args!("  evenkeel  {}", scene.evenkeel));
}

/// Prints a line. Whoever has stopped listening (`| head`) has seen enough: that ends the tour.
fn say(line: impl Display) {
    if writeln!(io::stdout(), "{line}").is_err() {
        std::process::exit(1);
    }
}

fn reason(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("a panic without words")
}

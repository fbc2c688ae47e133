//! A step: a title, some commands, one line and one time, and on failure the end of what was said.
//!
//! It leaves to its callers what the steps are.

use std::fmt;
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Lines of output shown when a step fails; the rest stays in the log. One screen.
const TAIL: usize = 40;

/// How often a command with a time limit is looked at. Short against any step.
const LOOK: Duration = Duration::from_millis(10);

/// The steps so far.
#[derive(Debug)]
pub(crate) struct Steps {
    started: Instant,
    logs: PathBuf,
    passed: usize,
    failed: usize,
    skipped: usize,
    first: Option<String>,
}

/// What a step did wrong.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The one command that does it again.
    pub(crate) repeat: String,
    /// What to read.
    pub(crate) output: String,
}

impl Steps {
    /// Begins counting; output of steps goes to one file each under `logs`.
    pub(crate) fn new(logs: &Path) -> Steps {
        let started = Instant::now();
        Steps { started, logs: logs.into(), passed: 0, failed: 0, skipped: 0, first: None }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed > 0
    }

    /// Runs one step. Its body answers with a remark for the end of the line.
    pub(crate) fn step(&mut self, title: &str, body: impl FnOnce(&Log) -> Result<String, Failure>) {
        let live = std::io::stdout().is_terminal();
        if live {
            print!("{title:<10} ..");
            let _ = std::io::stdout().flush();
        }
        let started = Instant::now();
        let log = Log::fresh(&self.logs, title);
        let result = match &log {
            Ok(log) => body(log),
            Err(error) => Err(Failure { repeat: title.into(), output: error.clone() }),
        };
        let secs = started.elapsed().as_secs_f64();
        let back = if live { "\r\x1b[K" } else { "" };
        match result {
            Ok(remark) => {
                self.passed += 1;
                println!("{back}{title:<10} ok     {secs:>7.1} s  {remark}");
            }
            Err(failure) => {
                self.failed += 1;
                println!("{back}{title:<10} FAILED {secs:>7.1} s  {}", failure.repeat);
                println!("{}", tail(&failure.output));
                if let Ok(log) = log
                    && log.path.exists()
                {
                    println!("    all of it: {}", log.path.display());
                }
                self.first.get_or_insert(failure.repeat);
            }
        }
    }

    /// A step that cannot be taken here. It is no failure, and counted at the end.
    pub(crate) fn skip(&mut self, title: &str, why: &str) {
        self.skipped += 1;
        println!("{title:<10} SKIPPED           {why}");
    }

    /// The last lines: total, counts, and how to repeat the first failure.
    pub(crate) fn end(self) -> u8 {
        println!("{:<10}        {:>7.1} s", "total", self.started.elapsed().as_secs_f64());
        let skipped = match self.skipped {
            0 => String::new(),
            count => format!(", {count} SKIPPED"),
        };
        println!("{} passed, {} failed{skipped}", self.passed, self.failed);
        match self.first {
            None => 0,
            Some(command) => {
                println!("repeat the first failure: {command}");
                1
            }
        }
    }
}

/// Where one step's commands write.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
}

impl Log {
    /// An empty one, in a folder made for it if need be.
    pub(crate) fn fresh(folder: &Path, title: &str) -> Result<Log, String> {
        std::fs::create_dir_all(folder)
            .map_err(|error| format!("{}: {error}", folder.display()))?;
        let path = folder.join(format!("{title}.log"));
        let _ = std::fs::remove_file(&path);
        Ok(Log { path })
    }
}

/// A command line that can be shown, typed again, and run under a time limit.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    program: String,
    args: Vec<String>,
    envs: Vec<(String, String)>,
    folder: PathBuf,
    limit: Duration,
}

impl Line {
    /// `limit` is what no healthy run comes near: passing it is a hang.
    pub(crate) fn new(program: impl Into<String>, folder: &Path, limit: Duration) -> Line {
        Line {
            program: program.into(),
            args: Vec::new(),
            envs: Vec::new(),
            folder: folder.into(),
            limit,
        }
    }

    pub(crate) fn args<S: Into<String>>(mut self, args: impl IntoIterator<Item = S>) -> Line {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl Into<String>) -> Line {
        self.envs.push((name.into(), value.into()));
        self
    }

    /// Runs it into the log; answers with all it said. `shown` is what a person types to repeat it.
    pub(crate) fn run(&self, log: &Log, shown: &str) -> Result<String, Failure> {
        let fail = |output: String| Failure { repeat: shown.into(), output };
        let (before, status) = match self.run_into(&log.path) {
            Ok(ended) => ended,
            Err(error) => return Err(fail(format!("{} does not run: {error}", self.program))),
        };
        let whole = std::fs::read(&log.path).unwrap_or_default();
        let said = String::from_utf8_lossy(whole.get(before..).unwrap_or_default()).into_owned();
        match status {
            Some(status) if status.success() => Ok(said),
            Some(status) => Err(fail(format!("{said}\n[{status}]"))),
            None => Err(fail(format!("{said}\n[killed: no end within {:?}]", self.limit))),
        }
    }

    /// With this terminal as its output and no limit, for a person who watches.
    pub(crate) fn show(&self) -> Result<u8, String> {
        let status = self
            .command()
            .status()
            .map_err(|error| format!("{} does not run: {error}", self.program))?;
        Ok(if status.success() { 0 } else { 1 })
    }

    /// Answers with the log's length before, and the status unless the limit was passed.
    fn run_into(&self, path: &Path) -> std::io::Result<(usize, Option<ExitStatus>)> {
        let mut log = File::options().create(true).append(true).open(path)?;
        writeln!(log, "$ {self}")?;
        let before = log.metadata()?.len() as usize;
        let mut command = self.command();
        command.env("TERM", "dumb").env("CARGO_TERM_COLOR", "never"); // a log is no terminal
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        // In a group of its own a hung test binary can be killed with the cargo that started it.
        // At a terminal it stays in ours, where Ctrl-C reaches it.
        let own_group = !std::io::stdin().is_terminal();
        if own_group {
            command.process_group(0);
        }
        let mut child = command.spawn()?;
        let deadline = Instant::now() + self.limit;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok((before, Some(status)));
            }
            if Instant::now() >= deadline {
                if own_group {
                    let group = format!("-{}", child.id());
                    let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
                }
                let _ = child.kill();
                child.wait()?;
                return Ok((before, None));
            }
            std::thread::sleep(LOOK);
        }
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.folder);
        command.envs(self.envs.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// As a shell takes it; the program by its file name.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, value) in &self.envs {
            write!(f, "{name}={} ", quoted(value))?;
        }
        let program = Path::new(&self.program).file_name().unwrap_or_default();
        write!(f, "{}", program.to_string_lossy())?;
        for arg in &self.args {
            write!(f, " {}", quoted(arg))?;
        }
        Ok(())
    }
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_=./:,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) { word.into() } else { format!("'{word}'") }
}

fn tail(output: &str) -> String {
    let lines: Vec<_> = output.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL);
    lines[from..].iter().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;

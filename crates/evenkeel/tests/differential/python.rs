//! CPython, where there is one: runs a script and gives the lines it prints.

use std::ffi::OsString;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

/// A script takes no time but what Python needs to start. So long is a hang, on however busy a machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names the interpreter to compare with; without it, it is `python3`.
const VARIABLE: &str = "EVENKEEL_PYTHON";

/// A version: (3, 11).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(pub(crate) u32, pub(crate) u32);

impl Version {
    /// From `3.11`.
    pub(crate) fn parse(text: &str) -> Option<Version> {
        let (major, minor) = text.trim().split_once('.')?;
        Some(Version(major.parse().ok()?, minor.parse().ok()?))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

/// An interpreter that was asked who it is.
#[derive(Debug)]
pub(crate) struct Python {
    executable: PathBuf,
    version: Version,
}

impl Python {
    /// The one to compare with, if it is new enough for a script that needs `least`. That there is none
    /// is said on standard error, once for each version asked for in vain.
    pub(crate) fn at_least(least: Version) -> Option<&'static Python> {
        static FOUND: OnceLock<Option<Python>> = OnceLock::new();
        let found = FOUND.get_or_init(|| {
            let named = std::env::var_os(VARIABLE).unwrap_or_else(|| OsString::from("python3"));
            let found = ask(&named);
            if found.is_none() {
                note(&format!("no {} here", named.to_string_lossy()));
            }
            found
        });
        let python = found.as_ref()?;
        if python.version < least {
            note(&format!("a script needs Python {least}, and this is {}", python.version));
            return None;
        }
        Some(python)
    }

    /// Begins to run a script.
    pub(crate) fn start(&self, script: &Path) -> Running {
        let child = Command::new(&self.executable)
            .args(["-I", "-S", "-B", "-X", "utf8"])
            .arg(script.with_file_name("jump.py"))
            .arg(script)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", self.executable.display()));
        Running { child, script: script.to_owned(), give_up: Instant::now() + PATIENCE }
    }
}

/// Goes to the terminal also from a test that succeeds: what was not checked must not look as if it was.
fn note(what: &str) {
    let line = format!("differential: skipped: {what}; recorded transcripts stand in for it\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

fn ask(name: &OsString) -> Option<Python> {
    let question = "import sys; print('%d.%d' % sys.version_info[:2], sys.executable)";
    let output = Command::new(name)
        .args(["-I", "-S", "-c", question])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let answer = String::from_utf8(output.stdout).ok()?;
    let (version, executable) = answer.trim_end().split_once(' ')?;
    Some(Python { executable: executable.into(), version: Version::parse(version)? })
}

/// A script that runs.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    script: PathBuf,
    give_up: Instant,
}

impl Running {
    /// What it printed, when it has ended. A transcript is smaller than a pipe, so nobody need read it
    /// meanwhile.
    pub(crate) fn lines(mut self) -> Vec<String> {
        while self.child.try_wait().unwrap().is_none() {
            if Instant::now() > self.give_up {
                let _ = self.child.kill();
                panic!("{} hangs", self.script.display());
            }
            thread::sleep(Duration::from_millis(5));
        }
        let output = self.child.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}: {errors}", self.script.display());
        lines(&String::from_utf8(output.stdout).unwrap())
    }
}

/// The lines of a transcript; what is blank at their ends does not count.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| line.trim_end().to_owned()).collect()
}

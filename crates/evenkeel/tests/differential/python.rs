//! CPython, where there is one: runs all scripts that it is new enough for, and gives what each printed.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use crate::script::{self, Script, Version};

/// Names the interpreter to compare with; without it, it is `python3`.
const VARIABLE: &str = "EVENKEEL_PYTHON";

/// What the scripts said, by name: what they printed, or what went wrong.
type Transcripts = HashMap<String, Result<Vec<String>, String>>;

static PLAYED: OnceLock<Transcripts> = OnceLock::new();

/// Has the scripts begin, unless they have, and does not wait for them.
pub(crate) fn begin() {
    static BEGUN: OnceLock<()> = OnceLock::new();
    BEGUN.get_or_init(|| {
        thread::spawn(|| PLAYED.get_or_init(play));
    });
}

/// What this script printed; `None` if there is no Python here to run it.
pub(crate) fn transcript(script: &Script) -> Option<&'static [String]> {
    match PLAYED.get_or_init(play).get(script.name())? {
        Ok(lines) => Some(lines),
        Err(trouble) => panic!("{}: {trouble}", script.name()),
    }
}

/// Runs them all, each in a copy of one interpreter.
fn play() -> Transcripts {
    let python = interpreter();
    let Some(version) = version_of(&python) else {
        note(&format!("there is no {}", python.to_string_lossy()));
        return Transcripts::new();
    };
    let (fit, others): (Vec<_>, Vec<_>) =
        script::all().into_iter().partition(|script| script.needs <= version);
    for script in others {
        note(&format!("{} needs Python {}, this is {version}", script.name(), script.needs));
    }
    let output = command(&python)
        .args(fit.iter().map(|script| &script.path))
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", python.to_string_lossy()));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "jump.py: {errors}");
    parse(&String::from_utf8(output.stdout).unwrap())
}

/// Reads what `jump.py` wrote; it says there how.
fn parse(text: &str) -> Transcripts {
    let mut transcripts = Transcripts::new();
    for part in format!("\n{text}").split("\n> ").skip(1) {
        let (head, rest) = part.split_once('\n').unwrap_or((part, ""));
        let (file, status) = head.split_once(' ').unwrap();
        let signed = |sign| rest.lines().filter_map(move |line| line.strip_prefix(sign));
        let outcome = match status {
            "0" => Ok(signed('|').map(|line| line.trim_end().to_owned()).collect()),
            _ => Err(signed('!').collect::<Vec<_>>().join("\n")),
        };
        transcripts.insert(file.trim_end_matches(".py").to_owned(), outcome);
    }
    transcripts
}

/// What `script` prints when it reads `input`; `None` if there is no Python here to run it.
pub(crate) fn interpret(script: &Path, input: String) -> Option<Vec<String>> {
    let python = interpreter();
    if version_of(&python).is_none_or(|version| version < script::OLDEST) {
        note(&format!("{}, for want of Python {}", script.display(), script::OLDEST));
        return None;
    }
    let mut child = command(&python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", python.to_string_lossy()));
    let mut stdin = child.stdin.take().unwrap();
    // From a thread of its own, since it answers while it still reads.
    let writer = thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && writer.join().unwrap().is_ok(), "{}", script.display());
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

fn interpreter() -> OsString {
    std::env::var_os(VARIABLE).unwrap_or_else(|| OsString::from("python3"))
}

/// `jump.py`, to which scripts are to be added.
fn command(python: &OsString) -> Command {
    let mut command = Command::new(python);
    command.args(["-I", "-S", "-B", "-X", "utf8"]).arg(script::folder().join("jump.py"));
    command
}

fn version_of(python: &OsString) -> Option<Version> {
    let question = "import sys; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python)
        .args(["-I", "-S", "-c", question])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    Version::parse(&String::from_utf8(output.stdout).ok()?)
}

/// Goes to the terminal also from a test that succeeds: what was not checked must not look as if it was.
fn note(what: &str) {
    let line = format!("differential: skipped: {what}; see tests/differential/main.rs\n");
    let _ = std::io::stderr().write_all(line.as_bytes());
}

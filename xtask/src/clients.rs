//! `cargo xtask clients`: evenkeel's HTTP server and the clients that other people wrote.
//!
//! It installs nothing. A client that is not there is named and left out. After each one the server must
//! hold the descriptors that it held before.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Exit;
use crate::step::{Failure, Line, Steps};
use crate::workspace::{Workspace, cargo};

mod talks;

/// A cold optimised build on two busy cores.
const BUILD: Duration = Duration::from_secs(900);

/// One client: seconds when all is well.
const LIMIT: Duration = Duration::from_secs(60);

/// How long the server may take to notice that a client is gone.
const SETTLE: Duration = Duration::from_secs(5);

pub(crate) fn run(workspace: &Workspace) -> Exit {
    let package = "evenkeel-ecosystem";
    let build = ["build", "--release", "-p", package, "--bin", "strangers"];
    if Line::new(cargo(), &workspace.root, BUILD).args(build).show()? != 0 {
        return Ok(1);
    }
    let server = Server::start(workspace)?;
    let mut steps = Steps::new(&workspace.target.join("clients"));
    for talk in talks::TALKS {
        if !is_there(talk.program) {
            println!("{:<10} skipped: there is no {}", talk.title, talk.program);
            continue;
        }
        steps.step(talk.title, |log| {
            let before = server.descriptors()?;
            let remark = (talk.body)(&server, log)?;
            server.settle(before)?;
            Ok(remark)
        });
    }
    steps.step("end", |_| server.stop());
    Ok(steps.end())
}

/// Whether a shell would find it.
fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    // Some stand where only a superuser looks.
    let folders = std::env::split_paths(&path).chain(["/usr/sbin".into(), "/sbin".into()]);
    folders.into_iter().any(|folder| folder.join(program).is_file())
}

/// The server under test, in a process of its own.
struct Server {
    child: Child,
    says: BufReader<ChildStdout>,
    /// Ports: plain, and TLS.
    plain: u16,
    secret: u16,
    folder: std::path::PathBuf,
}

impl Server {
    fn start(workspace: &Workspace) -> Result<Server, String> {
        let program = workspace.target.join("release/strangers");
        let mut child = Command::new(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("the server does not start: {error}"))?;
        let mut ports = String::new();
        let stdout = child.stdout.take().ok_or("no standard output")?;
        let mut says = BufReader::new(stdout);
        says.read_line(&mut ports).map_err(|error| error.to_string())?;
        let mut ports = ports.split_whitespace().filter_map(|port| port.parse().ok());
        let (Some(plain), Some(secret)) = (ports.next(), ports.next()) else {
            return Err("the server does not say its ports".into());
        };
        // The first that waits makes the server open what it keeps: its timer.
        let waits = std::net::TcpStream::connect(("127.0.0.1", plain));
        std::thread::sleep(Duration::from_millis(100));
        drop(waits);
        Ok(Server { child, says, plain, secret, folder: workspace.target.join("clients") })
    }

    fn line<const N: usize>(&self, program: &str, args: [String; N]) -> Line {
        Line::new(program, &self.folder, LIMIT).args(args)
    }

    /// How many it holds, by its own account.
    fn descriptors(&self) -> Result<usize, Failure> {
        let fail = |output: String| Failure { repeat: "cargo xtask clients".into(), output };
        talks::ask(self.plain, "/descriptors")
            .map_err(|error| fail(format!("the server does not answer: {error}")))?
            .trim()
            .parse()
            .map_err(|_| fail("no number of descriptors".into()))
    }

    fn settle(&self, before: usize) -> Result<(), Failure> {
        let began = Instant::now();
        loop {
            let now = self.descriptors()?;
            if now <= before {
                return Ok(());
            }
            if began.elapsed() > SETTLE {
                let output = format!("{before} descriptors before, {now} after");
                return Err(Failure { repeat: "cargo xtask clients".into(), output });
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its input ends, and so does it.
    fn stop(mut self) -> Result<String, Failure> {
        let fail = |output: String| Failure { repeat: "cargo xtask clients".into(), output };
        drop(self.child.stdin.take());
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            match self.child.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(10)),
                Ok(Some(status)) if status.success() => {
                    let mut said = String::new();
                    let _ = self.says.read_to_string(&mut said);
                    return Ok(said.trim().replace('\n', "; "));
                }
                Ok(Some(status)) => return Err(fail(format!("the server: {status}"))),
                Err(error) => return Err(fail(error.to_string())),
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        Err(fail("the server does not end".into()))
    }
}

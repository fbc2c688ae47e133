//! One of our servers in a process of its own, and what that process holds.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use super::{LIMIT, failed, failure};
use crate::step::{Failure, Line};
use crate::workspace::Workspace;

/// How long a server may take to notice that a client is gone.
const SETTLE: Duration = Duration::from_secs(5);

const LOOK: Duration = Duration::from_millis(10);

/// Where the talks write.
pub(super) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("clients")
}

/// How a server is told to end.
#[derive(Clone, Copy)]
enum Farewell {
    /// Its standard input ends.
    Input,
    /// SIGTERM: an interrupt is ignored by whoever was started in the background.
    Terminate,
}

/// A process that is killed, and waited for, with its owner.
pub(super) struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill(); // It has ended already, if all went well.
        let _ = self.0.wait();
    }
}

impl Kept {
    pub(super) fn start(command: &mut Command) -> Result<Kept, String> {
        let name = Path::new(command.get_program()).display().to_string();
        command.spawn().map(Kept).map_err(|error| format!("{name} does not start: {error}"))
    }
}

/// The server under test.
pub(super) struct Server {
    pub(super) name: &'static str,
    /// Plain; for HTTP the second one is TLS's.
    pub(super) ports: Vec<u16>,
    pub(super) folder: PathBuf,
    child: Kept,
    says: BufReader<ChildStdout>,
    errors: PathBuf,
    farewell: Farewell,
}

/// What a process holds.
pub(super) struct Held {
    pub(super) descriptors: usize,
    pub(super) memory_kib: usize,
}

impl Server {
    /// hyper on evenkeel, plain and with TLS.
    pub(super) fn http(workspace: &Workspace) -> Result<Server, String> {
        let program = workspace.target.join("release/strangers");
        Server::start("http", workspace, Command::new(program), (2, Farewell::Input))
    }

    /// The example that speaks Redis's protocol.
    pub(super) fn redis(workspace: &Workspace) -> Result<Server, String> {
        let mut command = Command::new(workspace.target.join("release/examples/b12_mini_redis"));
        command.arg("0"); // Any port: it says which.
        Server::start("redis", workspace, command, (1, Farewell::Terminate))
    }

    fn start(
        name: &'static str,
        workspace: &Workspace,
        mut command: Command,
        (count, farewell): (usize, Farewell),
    ) -> Result<Server, String> {
        let folder = folder(workspace);
        let errors = folder.join(format!("{name}.errors"));
        let said = |error: std::io::Error| format!("{}: {error}", errors.display());
        fs::create_dir_all(&folder).map_err(said)?;
        let file = File::create(&errors).map_err(said)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(file);
        let mut child = Kept::start(&mut command)?;
        let mut says = BufReader::new(child.0.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        says.read_line(&mut line).map_err(|error| error.to_string())?;
        // `8080 8443`, or `listening on 127.0.0.1:6379`.
        let port = |word: &str| word.rsplit(':').next().and_then(|port| port.parse().ok());
        let ports: Vec<u16> = line.split_whitespace().filter_map(port).collect();
        if ports.len() != count {
            return Err(format!("the server `{name}` does not say its ports but `{line}`"));
        }
        // The first that waits makes a server open what it keeps: its timer.
        let waits = std::net::TcpStream::connect(("127.0.0.1", ports[0]));
        std::thread::sleep(Duration::from_millis(100));
        drop(waits);
        Ok(Server { name, ports, folder, child, says, errors, farewell })
    }

    pub(super) fn line<const N: usize>(&self, program: &str, args: [String; N]) -> Line {
        Line::new(program, &self.folder, LIMIT).args(args)
    }

    /// As the kernel sees it.
    pub(super) fn held(&self) -> Result<Held, Failure> {
        let own = PathBuf::from(format!("/proc/{}", self.child.0.id()));
        let gone = |error| failure(format!("the server `{}` is gone: {error}", self.name));
        let descriptors = fs::read_dir(own.join("fd")).map_err(gone)?.count();
        let status = fs::read_to_string(own.join("status")).map_err(gone)?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let memory_kib = resident.and_then(|rest| rest.trim().trim_end_matches(" kB").parse().ok());
        let memory_kib = memory_kib.ok_or_else(|| failure("no VmRSS in its status"))?;
        Ok(Held { descriptors, memory_kib })
    }

    /// What it holds once it has noticed that the client is gone: so many descriptors at most, and no process.
    pub(super) fn settled(&self, most: usize) -> Result<Held, Failure> {
        let began = Instant::now();
        loop {
            let now = self.held()?;
            let left = left_over(self.child.0.id());
            if now.descriptors <= most && left.is_empty() {
                return Ok(now);
            }
            if began.elapsed() > SETTLE {
                let output = format!(
                    "{} descriptors, of which {most} may be; processes left: {left:?}",
                    now.descriptors
                );
                return Err(failure(output));
            }
            std::thread::sleep(LOOK);
        }
    }

    /// It is told to end, and does; what it said meanwhile.
    pub(super) fn stop(mut self) -> Result<String, Failure> {
        let input = self.child.0.stdin.take();
        if let Farewell::Terminate = self.farewell {
            let id = self.child.0.id().to_string();
            Command::new("kill").args(["-TERM", &id]).status().map_err(failed)?;
        }
        drop(input);
        let began = Instant::now();
        let status = loop {
            if let Some(status) = self.child.0.try_wait().map_err(failed)? {
                break status;
            }
            if began.elapsed() > LIMIT {
                return Err(failure("the server does not end"));
            }
            std::thread::sleep(LOOK);
        };
        let errors = fs::read_to_string(&self.errors).map_err(failed)?;
        if !status.success() || !errors.is_empty() {
            return Err(failure(format!("the server: {status}\n{errors}")));
        }
        let mut said = String::new();
        self.says.read_to_string(&mut said).map_err(failed)?;
        Ok(said.trim().replace('\n', "; "))
    }
}

/// Children of the server, and ended ones of ours that nobody waited for.
fn left_over(server: u32) -> Vec<String> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let stat = |entry: fs::DirEntry| fs::read_to_string(entry.path().join("stat")).ok();
    let left = |stat: &String| {
        // `12 (name) Z 11 ..`: its state, and whose child it is.
        let mut rest = stat.rsplit_once(')').map_or("", |it| it.1).split_whitespace();
        let (state, parent) = (rest.next(), rest.next().and_then(|id| id.parse::<u32>().ok()));
        parent == Some(server) || parent == Some(std::process::id()) && state == Some("Z")
    };
    processes.filter_map(stat).filter(left).collect()
}

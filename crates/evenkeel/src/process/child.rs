//! A process that was started here: its pipes, its end, and ways to ask for that.

use std::fmt;
use std::io;
use std::process::{self, ExitStatus};
use std::time::Duration;

use evenkeel_timer::timeout;
use rustix::process::{
    Pid, Signal as Known, WaitId, WaitIdOptions, kill_process, kill_process_group, waitid,
};

use crate::process::command::OnDrop;
use crate::process::orphan;
use crate::process::pipe::{ChildStderr, ChildStdin, ChildStdout};
use crate::process::watch::Watch;
use crate::signal_number::Signal;

/// A process that was started by [`Command::spawn`](super::Command::spawn): asyncio's `Process`.
///
/// Dropping it closes its pipes and lets the process go on, unless
/// [`kill_on_drop`](super::Command::kill_on_drop) says that it is killed. It becomes no zombie in either case.
///
/// ```
/// use evenkeel::process::Command;
/// use std::time::Duration;
///
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let mut child = Command::new("sleep").arg("3600").spawn()?;
///     assert!(evenkeel::timeout(Duration::from_millis(5), child.wait()).await.is_err());
///     child.terminate()?;
///     assert_eq!(child.wait().await?.code(), None); // a signal ended it
///     Ok(())
/// })
/// # }
/// ```
#[must_use = "a child that nobody waits for may outlive the program"]
pub struct Child {
    /// The writing end of its standard input, if that was piped. [`wait`](Child::wait) closes it.
    pub stdin: Option<ChildStdin>,
    /// The reading end of its standard output, if that was piped.
    pub stdout: Option<ChildStdout>,
    /// The reading end of its standard error, if that was piped.
    pub stderr: Option<ChildStderr>,
    /// `None` only while it is taken apart.
    process: Option<process::Child>,
    id: u32,
    ended: Option<ExitStatus>,
    watch: Option<Watch>,
    on_drop: OnDrop,
}

const WHOLE: &str = "a child has its process until it is dropped";

impl Child {
    pub(super) fn start(command: &mut process::Command, on_drop: OnDrop) -> io::Result<Child> {
        let mut process = command.spawn()?;
        let (stdin, stdout, stderr) =
            (process.stdin.take(), process.stdout.take(), process.stderr.take());
        let mut child = Child {
            stdin: None,
            stdout: None,
            stderr: None,
            id: process.id(),
            process: Some(process),
            ended: None,
            watch: None,
            // Whose pipes cannot be had is of no use to anybody.
            on_drop: OnDrop { kill: true, ..on_drop },
        };
        child.stdin = stdin.map(ChildStdin::new).transpose()?;
        child.stdout = stdout.map(ChildStdout::new).transpose()?;
        child.stderr = stderr.map(ChildStderr::new).transpose()?;
        child.on_drop = on_drop;
        Ok(child)
    }

    /// Its process id, also after its end, when it may be another's.
    #[doc(alias = "pid")]
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Waits for its end. Closes its standard input first, if [`stdin`](Child::stdin) still has it, so that
    /// one which reads to the end comes to it. Answers the same when called again.
    ///
    /// Output that is piped must be read meanwhile: a child whose pipe is full waits for its reader.
    /// [`communicate`](Child::communicate) does that.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the process goes on, and can be waited for again.
    ///
    /// # Errors
    ///
    /// If somebody else in this program has waited for it (`ECHILD`), or children are not waited for at all
    /// because SIGCHLD is ignored; if there is neither a descriptor nor a thread to watch it by.
    pub async fn wait(&mut self) -> io::Result<ExitStatus> {
        drop(self.stdin.take());
        loop {
            if let Some(status) = self.try_wait()? {
                return Ok(status);
            }
            let watch = match &self.watch {
                Some(watch) => watch,
                None => self.watch.insert(Watch::new(self.id)?),
            };
            watch.ended().await?;
        }
    }

    /// How it ended, if it has; never waits.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Child::wait).
    #[doc(alias = "returncode")]
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        if self.ended.is_none() {
            self.ended = self.process.as_mut().expect(WHOLE).try_wait()?;
            if self.ended.is_some() {
                self.watch = None;
            }
        }
        Ok(self.ended)
    }

    /// Asks it to end: SIGTERM. Nothing, if it was waited for already.
    ///
    /// # Errors
    ///
    /// `PermissionDenied`, if it is another user's by now.
    pub fn terminate(&mut self) -> io::Result<()> {
        self.send_signal(Signal::TERM)
    }

    /// Ends it: SIGKILL. Nothing, if it was waited for already. It is over when [`wait`](Child::wait) says so.
    ///
    /// # Errors
    ///
    /// `PermissionDenied`, if it is another user's by now.
    #[doc(alias = "start_kill")]
    pub fn kill(&mut self) -> io::Result<()> {
        self.send_signal(Signal::KILL)
    }

    /// Sends it a signal. Nothing, if it was waited for already: its number may be another's by now.
    ///
    /// # Errors
    ///
    /// `PermissionDenied`, if it is another user's by now; `InvalidInput`, if there is no such signal here.
    pub fn send_signal(&mut self, signal: Signal) -> io::Result<()> {
        match self.pid() {
            Some(pid) => Ok(kill_process(pid, known(signal)?)?),
            None => Ok(()),
        }
    }

    /// Sends a signal to its [process group](super::Command::process_group): to it, and to what it has
    /// started. Nothing, if it was waited for already: then others may have its number, and its group's.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, if it leads no group of its own, or there is no such signal here;
    /// `PermissionDenied`, if none of the group may be sent it.
    pub fn signal_group(&mut self, signal: Signal) -> io::Result<()> {
        if !self.on_drop.leads_group {
            let text = "this child leads no group: start it with `process_group(0)`";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        match self.pid() {
            Some(pid) => Ok(kill_process_group(pid, known(signal)?)?),
            None => Ok(()),
        }
    }

    /// Ends its process group: SIGKILL, as [`signal_group`](Child::signal_group) sends it.
    ///
    /// # Errors
    ///
    /// As for [`signal_group`](Child::signal_group).
    pub fn kill_group(&mut self) -> io::Result<()> {
        self.signal_group(Signal::KILL)
    }

    /// Asks it to end, and ends it if it has not after `grace`: what a service manager does.
    ///
    /// ```
    /// use evenkeel::process::Command;
    /// use std::time::Duration;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// evenkeel::run(async {
    ///     let mut child = Command::new("sleep").arg("3600").spawn()?;
    ///     let status = child.terminate_or_kill(Duration::from_secs(5)).await?;
    ///     assert!(!status.success());
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: it was asked to end, and can be waited for, or killed.
    ///
    /// # Errors
    ///
    /// As for [`terminate`](Child::terminate) and [`wait`](Child::wait).
    pub async fn terminate_or_kill(&mut self, grace: Duration) -> io::Result<ExitStatus> {
        self.terminate()?;
        if let Ok(ended) = timeout(grace, self.wait()).await {
            return ended;
        }
        self.kill()?;
        self.wait().await
    }

    /// Its number, as long as nobody else can have it: until somebody has waited for it, here or elsewhere in
    /// this program.
    fn pid(&self) -> Option<Pid> {
        let id = i32::try_from(self.id).ok().filter(|_| self.ended.is_none())?;
        let pid = Pid::from_raw(id)?;
        // Asks, and leaves its end for whoever waits.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        waitid(WaitId::Pid(pid), options).is_ok().then_some(pid)
    }

    fn kill_on_drop(&self) {
        if !self.on_drop.kill {
            return;
        }
        let Some(pid) = self.pid() else { return };
        // One that cannot be killed goes on, and is seen to all the same.
        let _ = match self.on_drop.leads_group {
            true => kill_process_group(pid, Known::KILL),
            false => kill_process(pid, Known::KILL),
        };
    }
}

fn known(signal: Signal) -> io::Result<Known> {
    Known::from_named_raw(signal.as_raw()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{signal} cannot be sent"))
    })
}

impl Drop for Child {
    fn drop(&mut self) {
        let Some(process) = self.process.take() else { return };
        if self.ended.is_some() {
            return;
        }
        // The pipes first: a child that waits for them goes on to its end.
        drop((self.stdin.take(), self.stdout.take(), self.stderr.take()));
        self.kill_on_drop();
        orphan::see_to(process, self.watch.take());
    }
}

impl fmt::Debug for Child {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("id", &self.id)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

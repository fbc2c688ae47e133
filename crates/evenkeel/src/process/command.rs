//! What is to be started, and how.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{self, ExitStatus, Output, Stdio};

use crate::process::child::Child;

/// A program to be started, with its arguments, environment and streams: std's, and the ways to wait for it.
///
/// What is not here is set on the [std command](Command::as_std_mut) within, or on one that this is made
/// [from](From).
///
/// ```
/// use evenkeel::process::{Command, Stdio};
/// use futures_lite::AsyncReadExt;
///
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
///     let output = child.communicate("ahoy").await?;
///     assert_eq!(output.stdout, b"ahoy");
///     assert!(output.status.success());
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias = "create_subprocess_exec")]
#[doc(alias = "Popen")]
pub struct Command {
    std: process::Command,
    /// Which of the three streams were chosen.
    chosen: [bool; 3],
    kill_on_drop: Option<bool>,
    /// It leads a process group of its own.
    leads_group: bool,
}

/// How a child's end goes on its handle's.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnDrop {
    pub(super) kill: bool,
    /// Signals to all are for its group.
    pub(super) leads_group: bool,
}

impl Command {
    /// The program, looked for in `PATH` unless it is a path, with no arguments; it inherits environment,
    /// directory and streams.
    pub fn new(program: impl AsRef<OsStr>) -> Command {
        process::Command::new(program).into()
    }

    /// A line for the shell, `sh -c`. Do not put text into it that comes from elsewhere.
    #[doc(alias = "create_subprocess_shell")]
    #[doc(alias = "system")]
    pub fn shell(line: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("sh");
        command.arg("-c").arg(line);
        command
    }

    /// Adds an argument.
    pub fn arg(&mut self, argument: impl AsRef<OsStr>) -> &mut Command {
        self.std.arg(argument);
        self
    }

    /// Adds arguments.
    pub fn args(&mut self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> &mut Command {
        self.std.args(arguments);
        self
    }

    /// Sets a variable of its environment.
    pub fn env(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> &mut Command {
        self.std.env(name, value);
        self
    }

    /// Sets variables of its environment.
    pub fn envs(
        &mut self,
        variables: impl IntoIterator<Item = (impl AsRef<OsStr>, impl AsRef<OsStr>)>,
    ) -> &mut Command {
        self.std.envs(variables);
        self
    }

    /// A variable that it does not inherit.
    pub fn env_remove(&mut self, name: impl AsRef<OsStr>) -> &mut Command {
        self.std.env_remove(name);
        self
    }

    /// It inherits no environment.
    pub fn env_clear(&mut self) -> &mut Command {
        self.std.env_clear();
        self
    }

    /// The directory it starts in.
    pub fn current_dir(&mut self, path: impl AsRef<Path>) -> &mut Command {
        self.std.current_dir(path);
        self
    }

    /// Its standard input: inherited, unless set, by [`spawn`](Command::spawn) and
    /// [`status`](Command::status); nothing for [`output`](Command::output).
    pub fn stdin(&mut self, stream: impl Into<Stdio>) -> &mut Command {
        self.std.stdin(stream);
        self.chosen[0] = true;
        self
    }

    /// Its standard output: inherited, unless set; a pipe for [`output`](Command::output).
    pub fn stdout(&mut self, stream: impl Into<Stdio>) -> &mut Command {
        self.std.stdout(stream);
        self.chosen[1] = true;
        self
    }

    /// Its standard error: inherited, unless set; a pipe for [`output`](Command::output).
    pub fn stderr(&mut self, stream: impl Into<Stdio>) -> &mut Command {
        self.std.stderr(stream);
        self.chosen[2] = true;
        self
    }

    /// Its process group; `0` is one of its own, which it leads. Then Ctrl-C at the terminal does not reach
    /// it, and [`signal_group`](Child::signal_group) and [`kill_group`](Child::kill_group) reach what it has
    /// started in turn.
    pub fn process_group(&mut self, group: i32) -> &mut Command {
        self.std.process_group(group);
        self.leads_group = group == 0;
        self
    }

    /// Whether the process is killed when its handle, or the future that waits for it, is dropped before it
    /// has ended; with a [process group](Command::process_group) of its own, the whole group is.
    ///
    /// Unless set: no for a [`Child`], yes for the futures of [`output`](Command::output),
    /// [`output_of`](Command::output_of) and [`status`](Command::status), since nobody else could end it.
    pub fn kill_on_drop(&mut self, kill: bool) -> &mut Command {
        self.kill_on_drop = Some(kill);
        self
    }

    /// The command of std within. Streams that are set there and not here may be replaced.
    pub fn as_std_mut(&mut self) -> &mut process::Command {
        &mut self.std
    }

    /// The command of std within.
    pub fn as_std(&self) -> &process::Command {
        &self.std
    }

    /// Starts it. Blocks until the process runs the program, or could not.
    ///
    /// # Errors
    ///
    /// `NotFound` if there is no such program, or directory to start it in; `PermissionDenied`; whatever the
    /// system says if it has no processes or descriptors to give. Nothing runs then.
    pub fn spawn(&mut self) -> io::Result<Child> {
        self.start(false)
    }

    /// Starts it and waits for its end.
    ///
    /// ```
    /// # evenkeel::run(async {
    /// use evenkeel::process::Command;
    ///
    /// assert!(Command::new("true").status().await.unwrap().success());
    /// let missing = Command::new("no-such-program").status().await;
    /// assert_eq!(missing.unwrap_err().kind(), std::io::ErrorKind::NotFound);
    /// # });
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: the process is killed, unless [`kill_on_drop`](Command::kill_on_drop) is false.
    ///
    /// # Errors
    ///
    /// As for [`spawn`](Command::spawn) and [`Child::wait`].
    pub fn status(&mut self) -> impl Future<Output = io::Result<ExitStatus>> + Send + use<> {
        let child = self.start(true);
        async move { child?.wait().await }
    }

    /// Starts it with pipes for output and error, nothing for input, and waits for its end and all it wrote.
    ///
    /// ```
    /// # evenkeel::run(async {
    /// use evenkeel::process::Command;
    ///
    /// let output = Command::shell("echo said; echo wailed >&2; exit 3").output().await.unwrap();
    /// assert_eq!((&*output.stdout, &*output.stderr), (&b"said\n"[..], &b"wailed\n"[..]));
    /// assert_eq!(output.status.code(), Some(3));
    /// # });
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: what it wrote; the process is killed, unless
    /// [`kill_on_drop`](Command::kill_on_drop) is false.
    ///
    /// # Errors
    ///
    /// As for [`spawn`](Command::spawn) and [`Child::communicate`]. How the program ended is no error.
    pub fn output(&mut self) -> impl Future<Output = io::Result<Output>> + Send + use<> {
        let child = self.start_with_pipes(Stdio::null);
        async move { child?.communicate(b"").await }
    }

    /// [`output`](Command::output), with `input` written to its standard input meanwhile.
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: what it wrote; the process is killed, unless
    /// [`kill_on_drop`](Command::kill_on_drop) is false.
    ///
    /// # Errors
    ///
    /// As for [`output`](Command::output).
    pub fn output_of<I>(&mut self, input: I) -> impl Future<Output = io::Result<Output>> + use<I>
    where
        I: AsRef<[u8]>,
    {
        let child = self.start_with_pipes(Stdio::piped);
        async move { child?.communicate(input).await }
    }

    /// Starts it with pipes, where nothing else was chosen. They are for this child: the next one inherits
    /// again, unless it is started so, too.
    fn start_with_pipes(&mut self, stdin: fn() -> Stdio) -> io::Result<Child> {
        self.not_chosen([stdin(), Stdio::piped(), Stdio::piped()]);
        let child = self.start(true);
        self.not_chosen([Stdio::inherit(), Stdio::inherit(), Stdio::inherit()]);
        child
    }

    /// Sets the streams that were not chosen.
    fn not_chosen(&mut self, [stdin, stdout, stderr]: [Stdio; 3]) {
        if !self.chosen[0] {
            self.std.stdin(stdin);
        }
        if !self.chosen[1] {
            self.std.stdout(stdout);
        }
        if !self.chosen[2] {
            self.std.stderr(stderr);
        }
    }

    fn start(&mut self, kill: bool) -> io::Result<Child> {
        let kill = self.kill_on_drop.unwrap_or(kill);
        Child::start(&mut self.std, OnDrop { kill, leads_group: self.leads_group })
    }
}

/// std's command; its streams count as not chosen.
impl From<process::Command> for Command {
    fn from(std: process::Command) -> Command {
        Command { std, chosen: [false; 3], kill_on_drop: None, leads_group: false }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.std.fmt(f)
    }
}

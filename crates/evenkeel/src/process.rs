//! Other programs: started, talked to, waited for.
//!
//! | asyncio | here | tokio |
//! |---|---|---|
//! | `create_subprocess_exec("ls", "-l")` | [`Command::new`]`("ls").arg("-l").`[`spawn`](Command::spawn)`()` | the same |
//! | `create_subprocess_shell("ls \| wc")` | [`Command::shell`]`("ls \| wc").spawn()` | – |
//! | `await proc.communicate(input)` | [`child.communicate`](Child::communicate)`(input).await` | – |
//! | `subprocess.run(..)`, in a thread | [`command.output`](Command::output)`().await` | the same |
//! | `await proc.wait()` | [`child.wait`](Child::wait)`().await` | the same |
//! | `proc.terminate()`, `kill()`, `send_signal(n)` | the same | `start_kill()` |
//!
//! ```
//! use evenkeel::process::{Command, Stdio};
//!
//! # fn main() -> std::io::Result<()> {
//! evenkeel::run(async {
//!     let listing = Command::new("echo").args(["even", "keel"]).output().await?;
//!     assert_eq!(listing.stdout, b"even keel\n");
//!
//!     // Through a program and back, however much it is: both pipes are served at once.
//!     let sorted = Command::new("sort").output_of("keel\neven\n").await?;
//!     assert_eq!(sorted.stdout, b"even\nkeel\n");
//!     Ok(())
//! })
//! # }
//! ```
//!
//! The pipes to a child are sources like any other, and its end is news too (a *pidfd*); so children work
//! under any executor, and a thousand of them cost no thread. Where the system has no pidfds, or a sandbox
//! forbids them, a child that is waited for has a thread, which sleeps in the kernel until it ends;
//! `EVENKEEL_NO_PIDFD=1` in the environment has it so everywhere. No handler for SIGCHLD is installed in
//! either case: those of several libraries get in each other's way.
//!
//! # Who ends a child
//!
//! Dropping a [`Child`] does not end the process, as with std and tokio, unless
//! [`kill_on_drop`](Command::kill_on_drop) says so. The futures of [`output`](Command::output),
//! [`output_of`](Command::output_of) and [`status`](Command::status) do end it when they are dropped, by a
//! timeout perhaps: nobody else has a handle of it.
//!
//! **No zombies**: a child whose handle was dropped is waited for all the same, by the reactor it belongs to,
//! and its entry in the table of processes is gone soon after it has ended. [`orphans`] counts those that
//! still run. At the end of a run they are sources that were carried out of it
//! ([`Leftovers::sources`](crate::Leftovers::sources)), and are still seen to.
//!
//! # Starting, and Ctrl-C
//!
//! Starting a program blocks until the new process has begun to run it, about a millisecond, as in every
//! runtime; whoever starts hundreds from a server calls [`Command::spawn`] in
//! [`to_thread`](crate::to_thread). Ctrl-C at a terminal goes to the children as well, unless they have a
//! [process group](Command::process_group) of their own.

mod command; // start here
mod child;
mod communicate;
mod pipe;
mod watch;
mod orphan;

pub use std::process::{ExitStatus, Output, Stdio};

pub use child::Child;
pub use command::Command;
pub use orphan::orphans;
pub use pipe::{ChildStderr, ChildStdin, ChildStdout};

pub use crate::signal_number::Signal;

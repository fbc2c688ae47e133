//! Signals of the process, as a stream.
//!
//! | asyncio | here | tokio |
//! |---|---|---|
//! | `loop.add_signal_handler(SIGTERM, f)` | [`Signals::new`]`([Signal::TERM])?`, a stream | `signal(SignalKind::terminate())` |
//! | – | [`ctrl_c`]`().await` | `ctrl_c().await` |
//! | – | [`asked_to_end`]`().await`: Ctrl-C or SIGTERM | two of them, and `select!` |
//! | `run(main())` and `KeyboardInterrupt` | [`run_interruptible`](crate::run_interruptible) | – |
//!
//! ```
//! use evenkeel::signal::{Signal, Signals};
//!
//! # fn main() -> std::io::Result<()> {
//! evenkeel::run(async {
//!     let mut signals = Signals::new([Signal::USR1, Signal::HUP])?;
//!     # let kill = evenkeel::process::Command::new("sh").args(["-c", "kill -USR1 $PPID"]).status().await?;
//!     # assert!(kill.success());
//!     // Somebody says `kill -USR1` to this process.
//!     assert_eq!(signals.recv().await?, Signal::USR1);
//!     Ok(())
//! })
//! # }
//! ```
//!
//! A stream listens from the moment it is made to the moment it is dropped, under any executor. There may
//! be any number of them for the same signal; each hears it. Signals that come faster than they are taken
//! become one, as the system itself does it: what is told is that it came, not how often. When the last
//! listener is gone, the signal does again what it did before the first: after a `ctrl_c().await` the
//! next Ctrl-C ends the process. (tokio's and signal-hook's listeners leave it ignored.) If the process has
//! listeners of those as well, theirs are called too; but keep one of ours then, for what we put back is the
//! default.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use evenkeel_reactor::Source;
use futures_core::Stream;
use futures_io::AsyncRead;

#[expect(unsafe_code, reason = "what runs in a signal handler must be safe there")]
mod listen;

pub use crate::signal_number::Signal;
use listen::{Heard, Listener, bit};
pub(crate) use listen::{is_listened_for, stands_for_default};

/// Some signals, as a stream: each that came since it was last asked, once, the lower number first.
///
/// It belongs to the reactor of the thread it was made on, that of a runner or the process-wide one. An
/// error can come only from the reactor, and there is none to be expected.
///
/// ```no_run
/// use evenkeel::signal::{Signal, Signals};
///
/// # async fn reload() {}
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let mut signals = Signals::new([Signal::HUP, Signal::TERM])?;
///     loop {
///         match signals.recv().await? {
///             Signal::HUP => reload().await,
///             _ => return Ok(()),
///         }
///     }
/// })
/// # }
/// ```
#[must_use = "signals are heard while this lives"]
#[doc(alias = "add_signal_handler")]
pub struct Signals {
    /// Before the bell: no handler rings it any more when that is closed.
    listeners: Vec<(Signal, Listener)>,
    heard: Arc<Heard>,
    bell: Source<File>,
    /// Taken from what was heard, and not told yet.
    due: u64,
}

impl Signals {
    /// Listens for these.
    ///
    /// # Errors
    ///
    /// `InvalidInput` for a signal that cannot be listened for (SIGKILL, SIGSTOP and those of faults), or that
    /// the system does not have; if there are no descriptors left.
    pub fn new(signals: impl IntoIterator<Item = Signal>) -> io::Result<Signals> {
        let (bell, ring) = bell()?;
        let bell = Source::new_nonblocking(File::from(bell))?;
        let (heard, listeners) = (Heard::new(ring), Vec::new());
        let mut all = Signals { listeners, heard, bell, due: 0 };
        for signal in signals {
            if !all.listeners.iter().any(|(known, _)| *known == signal) {
                let listener = Listener::new(signal, &all.heard)?;
                all.listeners.push((signal, listener));
            }
        }
        Ok(all)
    }

    /// The next signal.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a signal that was not told is told by the next call.
    ///
    /// # Errors
    ///
    /// Those of the reactor; none is to be expected.
    pub async fn recv(&mut self) -> io::Result<Signal> {
        std::future::poll_fn(|cx| self.poll_recv(cx)).await
    }

    /// [`recv`](Signals::recv) as a poll function.
    ///
    /// # Errors
    ///
    /// As for [`recv`](Signals::recv).
    pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Signal>> {
        loop {
            ready!(poll_budget(cx));
            self.due |= self.heard.take();
            if let Some(&(signal, _)) = self.next() {
                self.due &= !bit(signal);
                spend();
                return Poll::Ready(Ok(signal));
            }
            // The bell first, then the bits: a signal between the two rings once too often, and is not lost.
            ready!(Pin::new(&mut &self.bell).poll_read(cx, &mut [0; 64]))?;
        }
    }

    fn next(&self) -> Option<&(Signal, Listener)> {
        self.listeners
            .iter()
            .filter(|(signal, _)| self.due & bit(*signal) != 0)
            .min_by_key(|(signal, _)| *signal)
    }
}

impl Stream for Signals {
    type Item = io::Result<Signal>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Signal>>> {
        self.poll_recv(cx).map(Some)
    }
}

impl fmt::Debug for Signals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.listeners.iter().map(|(signal, _)| signal)).finish()
    }
}

/// The next Ctrl-C: SIGINT. Listens from the call of it, and no longer than it waits; so a second Ctrl-C,
/// while the program cleans up, ends the process as by default.
///
/// To hear each of many, keep a [`Signals`]. To have `main` cancelled by it, see
/// [`run_interruptible`](crate::run_interruptible).
///
/// ```no_run
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     evenkeel::signal::ctrl_c().await?;
///     println!("ending; again to end at once");
///     Ok(())
/// })
/// # }
/// ```
///
/// # Cancellation
///
/// *Nothing lost* while it is kept: dropped, it listens no more.
///
/// # Errors
///
/// If there are no descriptors left.
pub fn ctrl_c() -> impl Future<Output = io::Result<()>> + Send + 'static {
    let signals = Signals::new([Signal::INT]);
    async move { signals?.recv().await.map(drop) }
}

/// The next request to end: Ctrl-C, or the SIGTERM that `kill`, systemd and container runtimes send. Listens
/// from the call of it, and no longer than it waits: the next one ends the process as by default.
///
/// ```no_run
/// # async fn serve() {}
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let asked = evenkeel::signal::asked_to_end();
///     let server = evenkeel::create_task(serve());
///     println!("ending, for {}", asked.await?);
///     server.cancel();
///     server.cancelled().await;
///     Ok(())
/// })
/// # }
/// ```
///
/// # Cancellation
///
/// *Nothing lost* while it is kept: dropped, it listens no more.
///
/// # Errors
///
/// If there are no descriptors left.
pub fn asked_to_end() -> impl Future<Output = io::Result<Signal>> + Send + 'static {
    let signals = Signals::new([Signal::INT, Signal::TERM]);
    async move { signals?.recv().await }
}

/// The end that is read, which does not block, and the end that the handler rings.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn bell() -> io::Result<(OwnedFd, OwnedFd)> {
    use rustix::event::{EventfdFlags, eventfd};
    let ring = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
    Ok((ring.try_clone()?, ring))
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn bell() -> io::Result<(OwnedFd, OwnedFd)> {
    let (bell, ring) = std::os::unix::net::UnixStream::pair()?;
    bell.set_nonblocking(true)?;
    ring.set_nonblocking(true)?;
    Ok((bell.into(), ring.into()))
}

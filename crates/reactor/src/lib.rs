//! A reactor turns the kernel's news about descriptors into wakers.
//!
//! Wrap any descriptor in a [`Source`] and wait for it from any task, under any executor:
//!
//! ```
//! use evenkeel_reactor::Source;
//! use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
//! use std::os::unix::net::UnixStream;
//!
//! # fn main() -> std::io::Result<()> {
//! future::block_on(async {
//!     let (mut one, mut two) = Source::<UnixStream>::pair()?;
//!     let mut heard = [0; 4];
//!     let (said, _) = future::zip(one.write_all(b"ahoy"), two.read_exact(&mut heard)).await;
//!     said?;
//!     assert_eq!(&heard, b"ahoy");
//!     Ok(())
//! })
//! # }
//! ```
//!
//! # Who drives it
//!
//! A [`Reactor`] hears the kernel only while somebody is in its [`wait`](Reactor::wait).
//!
//! - *Nobody in particular*: a source made where no reactor was entered belongs to the process-wide one,
//!   which one thread named `evenkeel-reactor` drives. Both are started by the first such source; while
//!   nothing is registered the thread sleeps in the kernel and costs nothing.
//! - *A runner*: [enters](Reactor::enter) its own on its threads and waits when it has nothing else to do.
//! - *You*: make one, enter it, call [`wait`](Reactor::wait) or [`wait_until`](Reactor::wait_until) in
//!   your own loop, and [`notify`](Reactor::notify) to get the waiting thread back. When the loop is over
//!   and sources live on, [leave them to a thread](Reactor::leave_to_thread).
//!
//! # What it promises
//!
//! - An operation is tried before it is waited for. A turn of an echo server makes the system calls it
//!   would make by hand: one wait for all sockets, one read, one write.
//! - News is never lost: not to another task on the same source, not to one that is dropped after it was
//!   woken, not to a stale belief about an earlier state of the descriptor.
//! - Registering and letting go are one system call each. News that is older than a registration does not
//!   reach it, even if the descriptor's number is the same.
//! - A waker is called and dropped with nothing locked, and one that panics costs nobody else a wake-up.
//! - Too many descriptors, no thread, no memory in the kernel: errors, never a panic or a hang.

#[cfg(not(any(unix, loom)))]
compile_error!("evenkeel-reactor knows Unix descriptors only");

#[cfg(not(loom))]
mod source; /* start here */
#[cfg(not(loom))]
mod link;
#[cfg(not(loom))]
mod io;
#[cfg(not(loom))]
mod net;
#[cfg_attr(not(loom), expect(unreachable_pub, reason = "public to its models"))]
mod readiness;
#[cfg_attr(not(loom), expect(unreachable_pub, reason = "public to its models"))]
mod direction;
#[cfg_attr(not(loom), expect(unreachable_pub, reason = "public to its models"))]
mod doubts;
#[cfg(not(loom))]
mod habit;
#[cfg(not(loom))]
#[expect(unsafe_code, reason = "what is registered is known by its number")]
mod ask;
#[cfg(not(loom))]
mod registry;
#[cfg(not(loom))]
mod reactor;
#[cfg(not(loom))]
mod statistics;
#[cfg_attr(not(loom), expect(unreachable_pub, reason = "public to its models"))]
mod notifier;
#[cfg(not(loom))]
#[cfg_attr(not(any(target_os = "linux", target_os = "android")), path = "wait_portable.rs")]
#[expect(unsafe_code, reason = "the kernel keeps a number for a descriptor, and a word for a key")]
mod wait;
#[cfg(not(loom))]
mod current;
#[cfg(not(loom))]
mod thread;
mod loom;

#[cfg(not(loom))]
pub use current::Entered;
#[cfg(not(loom))]
pub use net::{Incoming, UnixIncoming};
#[cfg(not(loom))]
pub use reactor::Reactor;
#[cfg(not(loom))]
pub use source::Source;
#[cfg(not(loom))]
pub use source::Source as Async;
#[cfg(not(loom))]
pub use statistics::ReactorStatistics;

/// The protocols, for the models in `tests/loom.rs`.
#[cfg(loom)]
#[doc(hidden)]
pub mod model {
    pub use crate::direction::{Direction, Enlisted, Place};
    pub use crate::doubts::{Doubts, Left};
    pub use crate::notifier::{Bell, MaySleep, Notifier};
    pub use crate::readiness::{Owed, Readiness, Seen, Wait};
}

//! A source: a descriptor, registered once with a reactor, that can be waited for.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::task::{Context, Poll};

use crate::link::{Link, Shows, probe};
use crate::reactor::Reactor;
use crate::registry::Way;
use crate::thread;

/// A descriptor (socket, pipe, eventfd, terminal, …) that tasks can wait for.
///
/// It is registered once, with the reactor [entered](Reactor::enter) on this thread, else with the
/// process-wide one that the thread `evenkeel-reactor` drives. It works under any executor, and needs
/// nothing to be started first. Every operation is *tried first* and waited for only if it would block.
///
/// Sockets have methods of their own; byte streams implement [`AsyncRead`] and [`AsyncWrite`], also by
/// shared reference; for anything else there are [`read_with`](Source::read_with) and
/// [`write_with`](Source::write_with). Any number of tasks may wait on one source: each piece of news
/// wakes all that wait for its direction, so none is lost with a task that is dropped meanwhile.
///
/// Dropping it takes the descriptor out of the reactor, then closes it.
///
/// [`AsyncRead`]: futures_io::AsyncRead
/// [`AsyncWrite`]: futures_io::AsyncWrite
///
/// # Examples
///
/// ```
/// use evenkeel_reactor::Source;
/// use std::net::TcpListener;
/// use futures_lite::{AsyncReadExt, AsyncWriteExt};
///
/// # fn main() -> std::io::Result<()> {
/// futures_lite::future::block_on(async {
///     let listener = Source::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
///     let address = listener.get_ref().local_addr()?;
///     let mut client = Source::<std::net::TcpStream>::connect(address).await?;
///     let (mut server, _) = listener.accept().await?;
///
///     client.write_all(b"ahoy").await?;
///     client.close().await?; // the other side reads an end
///     let mut heard = Vec::new();
///     server.read_to_end(&mut heard).await?;
///     assert_eq!(heard, b"ahoy");
///     Ok(())
/// })
/// # }
/// ```
#[doc(alias = "Async")]
#[doc(alias = "AsyncFd")]
pub struct Source<T: AsFd> {
    /// `None` only while it is taken apart.
    io: Option<T>,
    link: Link,
}

impl<T: AsFd> Source<T> {
    /// Makes `io` non-blocking and registers it.
    ///
    /// `io` must go on giving the same descriptor from its [`AsFd`]: waiting on one that was exchanged
    /// underneath may never end.
    ///
    /// # Errors
    ///
    /// `AlreadyExists` if the descriptor is registered with the same reactor already;
    /// `PermissionDenied` for a regular file, which is never worth waiting for; whatever else the
    /// system says. Nothing stays registered then, and `io` is dropped. Outside any reactor the first
    /// call also opens the process-wide reactor and starts its thread, which may fail.
    pub fn new(io: T) -> io::Result<Source<T>> {
        rustix::io::ioctl_fionbio(io.as_fd(), true)?;
        Source::new_nonblocking(io)
    }

    /// As [`new`](Source::new), for a descriptor known to be non-blocking: spares a system call.
    ///
    /// # Errors
    ///
    /// As for [`new`](Source::new).
    pub fn new_nonblocking(io: T) -> io::Result<Source<T>> {
        let reactor = match Reactor::current() {
            Some(reactor) => reactor,
            None => thread::fall_back()?,
        };
        Source::with_reactor(reactor, io)
    }

    pub(crate) fn with_reactor(reactor: Reactor, io: T) -> io::Result<Source<T>> {
        let link = Link::new(reactor, io.as_fd())?;
        Ok(Source { io: Some(io), link })
    }

    /// For std's stream sockets, whose short reads and writes mean something.
    pub(crate) fn into_stream(mut self) -> Source<T> {
        self.link.is_stream();
        self
    }

    /// The descriptor's owner.
    pub fn get_ref(&self) -> &T {
        self.io.as_ref().expect(WHOLE)
    }

    /// Takes the descriptor out of the reactor and gives it back, still non-blocking.
    ///
    /// No future of this source can be waiting, since it would borrow it. Tasks that waited by a
    /// `poll_` call are woken.
    ///
    /// # Errors
    ///
    /// If the system will not take it out of the reactor; it is then closed. This is not expected.
    pub fn into_inner(mut self) -> io::Result<T> {
        let io = self.io.take().expect(WHOLE);
        self.link.let_go(io.as_fd())?;
        Ok(io)
    }

    /// Waits until reading is worth trying *now*: there is something to read, or an end or error.
    ///
    /// Asks the kernel each time, so that it is right whatever was read meanwhile by other means. For
    /// an operation that can be tried itself, [`read_with`](Source::read_with) is cheaper.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of asking.
    pub async fn readable(&self) -> io::Result<()> {
        self.read_with(|io| probe(io.as_fd(), Way::Read)).await
    }

    /// Waits until writing is worth trying now; see [`readable`](Source::readable).
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of asking.
    pub async fn writable(&self) -> io::Result<()> {
        self.write_with(|io| probe(io.as_fd(), Way::Write)).await
    }

    /// Tries `op`, and again whenever there is news, until it gives anything but `WouldBlock`.
    ///
    /// `op` may answer `WouldBlock` only if the descriptor itself did, when asked to read: otherwise
    /// the wait may never end.
    ///
    /// # Examples
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// # futures_lite::future::block_on(async {
    /// use evenkeel_reactor::Source;
    /// use std::os::unix::net::UnixDatagram;
    ///
    /// let (one, two) = UnixDatagram::pair()?; // any descriptor will do
    /// let (one, two) = (Source::new(one)?, Source::new(two)?);
    /// one.write_with(|one| one.send(b"ahoy")).await?;
    /// let mut heard = [0; 8];
    /// let n = two.read_with(|two| two.recv(&mut heard)).await?;
    /// assert_eq!(&heard[..n], b"ahoy");
    /// # Ok(()) })
    /// # }
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: `op` is not called again, and what it did is never undone.
    ///
    /// # Errors
    ///
    /// Those of `op`, less `WouldBlock` and `Interrupted`.
    pub async fn read_with<R>(&self, op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.with(Way::Read, op).await
    }

    /// As [`read_with`](Source::read_with), for an operation that writes.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: `op` is not called again, and what it did is never undone.
    ///
    /// # Errors
    ///
    /// Those of `op`, less `WouldBlock` and `Interrupted`.
    pub async fn write_with<R>(&self, op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        self.with(Way::Write, op).await
    }

    async fn with<R>(&self, way: Way, mut op: impl FnMut(&T) -> io::Result<R>) -> io::Result<R> {
        let io = self.get_ref();
        let mut place = None;
        poll_fn(|cx| self.link.attempt(way, Some(&mut place), cx, || op(io), |_| Shows::Nothing))
            .await
    }

    /// As [`read_with`](Source::read_with), with a mutable borrow. `op` must leave the descriptor in
    /// its place.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: `op` is not called again, and what it did is never undone.
    ///
    /// # Errors
    ///
    /// Those of `op`, less `WouldBlock` and `Interrupted`.
    pub async fn read_with_mut<R>(
        &mut self,
        op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.with_mut(Way::Read, op).await
    }

    /// As [`write_with`](Source::write_with), with a mutable borrow. `op` must leave the descriptor in
    /// its place.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: `op` is not called again, and what it did is never undone.
    ///
    /// # Errors
    ///
    /// Those of `op`, less `WouldBlock` and `Interrupted`.
    pub async fn write_with_mut<R>(
        &mut self,
        op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        self.with_mut(Way::Write, op).await
    }

    async fn with_mut<R>(
        &mut self,
        way: Way,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
    ) -> io::Result<R> {
        let (io, link) = self.parts();
        let mut place = None;
        poll_fn(|cx| link.attempt(way, Some(&mut place), cx, || op(io), |_| Shows::Nothing)).await
    }

    /// [`readable`](Source::readable) as a poll function. Any number of tasks may wait by it.
    ///
    /// # Errors
    ///
    /// Those of asking.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(Way::Read, cx, |io| probe(io.as_fd(), Way::Read), |()| Shows::Nothing)
    }

    /// [`writable`](Source::writable) as a poll function. Any number of tasks may wait by it.
    ///
    /// # Errors
    ///
    /// Those of asking.
    pub fn poll_writable(&self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(Way::Write, cx, |io| probe(io.as_fd(), Way::Write), |()| Shows::Nothing)
    }

    pub(crate) fn poll_with<R>(
        &self,
        way: Way,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&T) -> io::Result<R>,
        shows: impl Fn(&R) -> Shows,
    ) -> Poll<io::Result<R>> {
        let io = self.get_ref();
        self.link.attempt(way, None, cx, || op(io), shows)
    }

    pub(crate) fn poll_with_mut<R>(
        &mut self,
        way: Way,
        cx: &mut Context<'_>,
        mut op: impl FnMut(&mut T) -> io::Result<R>,
        shows: impl Fn(&R) -> Shows,
    ) -> Poll<io::Result<R>> {
        let (io, link) = self.parts();
        link.attempt(way, None, cx, || op(io), shows)
    }

    /// Whether it is a stream socket of std's.
    pub(crate) fn is_stream(&self) -> bool {
        self.link.stream()
    }

    /// The reactor it is registered with.
    pub(crate) fn reactor(&self) -> &Reactor {
        self.link.reactor()
    }

    fn parts(&mut self) -> (&mut T, &Link) {
        (self.io.as_mut().expect(WHOLE), &self.link)
    }
}

/// Only `into_inner` and `drop` take the descriptor, and nobody can call anything after them.
const WHOLE: &str = "a source has its descriptor until it is taken apart";

// The descriptor's owner is never pinned: it is only ever borrowed plainly.
impl<T: AsFd> Unpin for Source<T> {}

impl<T: AsFd> Drop for Source<T> {
    fn drop(&mut self) {
        if let Some(io) = self.io.take() {
            // Nobody to tell; the descriptor is closed next, which takes it out in any case.
            let _ = self.link.let_go(io.as_fd());
        }
    }
}

impl<T: AsFd> AsFd for Source<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.get_ref().as_fd()
    }
}

impl<T: AsFd> AsRawFd for Source<T> {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

impl<T: AsFd> AsRef<T> for Source<T> {
    fn as_ref(&self) -> &T {
        self.get_ref()
    }
}

impl<T: AsFd + fmt::Debug> fmt::Debug for Source<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").field("io", self.get_ref()).finish_non_exhaustive()
    }
}

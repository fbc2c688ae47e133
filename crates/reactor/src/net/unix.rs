//! Unix sockets: streams and datagrams between processes of one machine.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::{SocketAddr, UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use rustix::net::SocketAddrAny;
use socket2::{SockAddr, Type};

use super::{accept, connected, connecting};
use crate::link::Shows;
use crate::reactor::Reactor;
use crate::registry::Way;
use crate::source::Source;

impl Source<UnixListener> {
    /// Listens at `path`, which must not exist yet; it is not removed at the end.
    ///
    /// # Errors
    ///
    /// Those of `socket`, `bind` and `listen`, and as for [`Source::new`].
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Source<UnixListener>> {
        Source::new(UnixListener::bind(path)?)
    }

    /// Waits for the next connection.
    ///
    /// It is registered with the reactor entered on the thread that accepts, else with the listener's.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a connection is either returned or still waits to be accepted.
    ///
    /// # Errors
    ///
    /// `EMFILE` and the like if there are too many descriptors. The listener stays usable and the
    /// connection goes on waiting, so a loop should pause before it tries again.
    pub async fn accept(&self) -> io::Result<(Source<UnixStream>, SocketAddr)> {
        let accepted = self.read_with(accept).await?;
        self.welcome(accepted)
    }

    /// The connections, one after the other. It never ends; an error is an item.
    pub fn incoming(&self) -> UnixIncoming<'_> {
        UnixIncoming { listener: self }
    }

    /// [`accept`](Source::<UnixListener>::accept) as a poll function. Any number of tasks may wait by it.
    ///
    /// # Errors
    ///
    /// As for [`accept`](Source::<UnixListener>::accept).
    pub fn poll_accept(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Source<UnixStream>, SocketAddr)>> {
        match self.poll_with(Way::Read, cx, accept, |_| Shows::Nothing) {
            Poll::Ready(accepted) => Poll::Ready(accepted.and_then(|new| self.welcome(new))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn welcome(
        &self,
        (fd, address): (OwnedFd, Option<SocketAddrAny>),
    ) -> io::Result<(Source<UnixStream>, SocketAddr)> {
        let stream = UnixStream::from(fd);
        let address = match address.and_then(nameless) {
            Some(address) => address,
            None => stream.peer_addr()?,
        };
        let reactor = Reactor::current().unwrap_or_else(|| self.reactor().clone());
        Ok((Source::with_reactor(reactor, stream)?.into_stream(), address))
    }
}

/// std's address for the usual client, which has no name; asking std for it is another system call.
fn nameless(address: SocketAddrAny) -> Option<SocketAddr> {
    let address = rustix::net::SocketAddrUnix::try_from(address).ok()?;
    let named = address.path_bytes().is_some_and(|path| !path.is_empty());
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let named = named || address.abstract_name().is_some();
    if named { None } else { SocketAddr::from_pathname("").ok() }
}

impl Source<UnixStream> {
    /// Connects to the listener at `path`.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the attempt is given up and its socket closed.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused` and the like; `WouldBlock` if more connections wait to be
    /// accepted than the listener's backlog holds, of whose end the system sends no news; as for
    /// [`Source::new`].
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Source<UnixStream>> {
        let socket = connecting(&SockAddr::unix(path)?, Type::STREAM)?;
        let source = Source::new_nonblocking(UnixStream::from(OwnedFd::from(socket)))?;
        connected(source.into_stream()).await
    }

    /// Two streams connected to each other.
    ///
    /// # Errors
    ///
    /// Those of `socketpair`, and as for [`Source::new`].
    pub fn pair() -> io::Result<(Source<UnixStream>, Source<UnixStream>)> {
        let (one, two) = UnixStream::pair()?;
        Ok((one.try_into()?, two.try_into()?))
    }
}

impl Source<UnixDatagram> {
    /// A socket with a name, which must not exist yet; it is not removed at the end.
    ///
    /// # Errors
    ///
    /// Those of `socket` and `bind`, and as for [`Source::new`].
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Source<UnixDatagram>> {
        Source::new(UnixDatagram::bind(path)?)
    }

    /// A socket without a name: it can send, and be answered only if connected.
    ///
    /// # Errors
    ///
    /// Those of `socket`, and as for [`Source::new`].
    pub fn unbound() -> io::Result<Source<UnixDatagram>> {
        Source::new(UnixDatagram::unbound()?)
    }

    /// Two sockets connected to each other.
    ///
    /// # Errors
    ///
    /// Those of `socketpair`, and as for [`Source::new`].
    pub fn pair() -> io::Result<(Source<UnixDatagram>, Source<UnixDatagram>)> {
        let (one, two) = UnixDatagram::pair()?;
        Ok((Source::new(one)?, Source::new(two)?))
    }

    /// Makes the socket at `path` the one to send to. Does not wait.
    ///
    /// # Errors
    ///
    /// Those of `connect`.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.get_ref().connect(path)
    }

    /// Sends one datagram to the socket at `path`. While that is full of others' datagrams this tries again and
    /// again, and never rests: the system tells of room only who is
    /// [connected](Source::<UnixDatagram>::connect) to it.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `sendto`.
    pub async fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.write_with(|io| io.send_to(buf, &path)).await
    }

    /// Waits for a datagram, and tells who sent it. What does not fit into `buf` is cut off.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is either returned or still there.
    ///
    /// # Errors
    ///
    /// Those of `recvfrom`.
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.read_with(|io| io.recv_from(buf)).await
    }

    /// Sends one datagram to the address given to `connect`.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `send`.
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.write_with(|io| io.send(buf)).await
    }

    /// Waits for a datagram.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is either returned or still there.
    ///
    /// # Errors
    ///
    /// Those of `recv`.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.read_with(|io| io.recv(buf)).await
    }
}

impl TryFrom<UnixListener> for Source<UnixListener> {
    type Error = io::Error;

    fn try_from(listener: UnixListener) -> io::Result<Source<UnixListener>> {
        Source::new(listener)
    }
}

/// As [`Source::new`], but knows that it is a byte stream: a read that finds less than there was room
/// for need not be followed by one that finds nothing.
impl TryFrom<UnixStream> for Source<UnixStream> {
    type Error = io::Error;

    fn try_from(stream: UnixStream) -> io::Result<Source<UnixStream>> {
        Ok(Source::new(stream)?.into_stream())
    }
}

impl TryFrom<UnixDatagram> for Source<UnixDatagram> {
    type Error = io::Error;

    fn try_from(socket: UnixDatagram) -> io::Result<Source<UnixDatagram>> {
        Source::new(socket)
    }
}

/// The connections of a Unix listener; see [`Source::<UnixListener>::incoming`].
#[must_use = "a stream does nothing unless it is polled"]
#[derive(Debug)]
pub struct UnixIncoming<'a> {
    listener: &'a Source<UnixListener>,
}

impl Stream for UnixIncoming<'_> {
    type Item = io::Result<Source<UnixStream>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

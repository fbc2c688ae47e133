//! TCP.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use rustix::net::SocketAddrAny;
use socket2::{SockAddr, Type};

use super::{BACKLOG, accept, connected, connecting, socket};
use crate::link::Shows;
use crate::reactor::Reactor;
use crate::registry::Way;
use crate::source::Source;

impl Source<TcpListener> {
    /// Listens at `address` (port 0: one the system chooses), with `SO_REUSEADDR`, so that a server
    /// can be restarted at once.
    ///
    /// # Errors
    ///
    /// Those of `socket`, `bind` and `listen`, and as for [`Source::new`].
    pub fn bind(address: impl Into<SocketAddr>) -> io::Result<Source<TcpListener>> {
        let address = SockAddr::from(address.into());
        let socket = socket(&address, Type::STREAM)?;
        socket.set_reuse_address(true)?;
        socket.bind(&address)?;
        socket.listen(BACKLOG)?;
        Source::new_nonblocking(socket.into())
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
    /// connection goes on waiting, so a loop should pause before it tries again. A connection that the
    /// other side gave up meanwhile is passed over.
    pub async fn accept(&self) -> io::Result<(Source<TcpStream>, SocketAddr)> {
        let accepted = self.read_with(accept).await?;
        self.welcome(accepted)
    }

    /// The connections, one after the other. It never ends; an error is an item.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// [`accept`](Source::<TcpListener>::accept) as a poll function. Any number of tasks may wait by it.
    ///
    /// # Errors
    ///
    /// As for [`accept`](Source::<TcpListener>::accept).
    pub fn poll_accept(
        &self,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<(Source<TcpStream>, SocketAddr)>> {
        match self.poll_with(Way::Read, cx, accept, |_| Shows::Nothing) {
            Poll::Ready(accepted) => Poll::Ready(accepted.and_then(|new| self.welcome(new))),
            Poll::Pending => Poll::Pending,
        }
    }

    fn welcome(
        &self,
        (fd, address): (OwnedFd, Option<SocketAddrAny>),
    ) -> io::Result<(Source<TcpStream>, SocketAddr)> {
        let stream = TcpStream::from(fd);
        let address = match address.map(SocketAddr::try_from) {
            Some(Ok(address)) => address,
            _ => stream.peer_addr()?,
        };
        let reactor = Reactor::current().unwrap_or_else(|| self.reactor().clone());
        Ok((Source::with_reactor(reactor, stream)?.into_stream(), address))
    }
}

impl Source<TcpStream> {
    /// Connects to `address`.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the attempt is given up and its socket closed.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused`, `TimedOut` (after the system's own, long patience) and the like; as for
    /// [`Source::new`].
    pub async fn connect(address: impl Into<SocketAddr>) -> io::Result<Source<TcpStream>> {
        let socket = connecting(&SockAddr::from(address.into()), Type::STREAM)?;
        let source = Source::new_nonblocking(TcpStream::from(socket))?.into_stream();
        connected(source).await
    }

    /// Waits for something to read, and reads it without taking it away.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of `recv`.
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.read_with(|io| io.peek(buf)).await
    }
}

impl TryFrom<TcpListener> for Source<TcpListener> {
    type Error = io::Error;

    fn try_from(listener: TcpListener) -> io::Result<Source<TcpListener>> {
        Source::new(listener)
    }
}

/// As [`Source::new`], but knows that it is a byte stream: a read that finds less than there was room
/// for need not be followed by one that finds nothing.
impl TryFrom<TcpStream> for Source<TcpStream> {
    type Error = io::Error;

    fn try_from(stream: TcpStream) -> io::Result<Source<TcpStream>> {
        Ok(Source::new(stream)?.into_stream())
    }
}

/// The connections of a listener; see [`Source::<TcpListener>::incoming`].
#[must_use = "a stream does nothing unless it is polled"]
#[derive(Debug)]
pub struct Incoming<'a> {
    listener: &'a Source<TcpListener>,
}

impl Stream for Incoming<'_> {
    type Item = io::Result<Source<TcpStream>>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

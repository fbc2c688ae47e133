//! Unix sockets: a listener and streams, between processes of one machine.

use std::io;
use std::os::unix::net::{self as std_net, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel_reactor::Source;
use evenkeel_timer::sleep;
use futures_core::Stream;

#[cfg(any(target_os = "linux", target_os = "android"))]
use super::credentials::{self, PeerCredentials};
use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use super::unix_name::path_of;
use super::{socket, stream};

/// Between two attempts at a listener whose backlog is full, or at a receiver whose queue is, at first and at
/// most: the system sends no news of its end. Shorter costs processor time while a server is overrun, longer
/// delays the connection or datagram.
pub(super) const FULL: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Listens for Unix connections. A clone listens on the same socket.
#[derive(Clone, Debug)]
pub struct UnixListener {
    source: Arc<Source<std_net::UnixListener>>,
}

/// A Unix connection. A clone is the same connection, which closes with the last one.
#[derive(Clone, Debug)]
pub struct UnixStream {
    source: Arc<Source<std_net::UnixStream>>,
}

socket!(UnixListener);
socket!(UnixStream);
stream!(UnixStream);

impl UnixListener {
    /// Listens at `path`, which must not exist yet; it is not removed at the end. Does not wait.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if the path exists, and the like.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixListener> {
        Ok(UnixListener { source: Arc::new(Source::<std_net::UnixListener>::bind(path)?) })
    }

    /// Listens at `address`, which may be an abstract one. Does not wait.
    ///
    /// ```
    /// # #[cfg(target_os = "linux")] evenkeel::run(async {
    /// use evenkeel::net::{UnixListener, UnixStream};
    /// use std::os::linux::net::SocketAddrExt;
    /// use std::os::unix::net::SocketAddr;
    ///
    /// let name = format!("evenkeel-{}", std::process::id());
    /// let address = SocketAddr::from_abstract_name(name)?;
    /// let listener = UnixListener::bind_addr(&address)?;
    /// let client = UnixStream::connect_addr(&address).await?;
    /// let (server, _) = listener.accept().await?;
    /// assert_eq!(server.peer_credentials()?.process, Some(std::process::id()));
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// `AddrInUse` if somebody listens there, or the path exists, and the like.
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixListener> {
        std_net::UnixListener::bind_addr(address)?.try_into()
    }

    /// Waits for the next connection. Any number of tasks may wait on one listener.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a connection is either returned or still waits to be accepted.
    ///
    /// # Errors
    ///
    /// `EMFILE` and the like if there are too many descriptors. The listener stays usable and the connection
    /// goes on waiting, so a server should sleep a little before it tries again.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (source, peer) = self.source.accept().await?;
        Ok((UnixStream { source: Arc::new(source) }, peer))
    }

    /// [`accept`](UnixListener::accept) as a poll function. Any number of tasks may wait by it.
    ///
    /// # Errors
    ///
    /// As for [`accept`](UnixListener::accept). The next poll tries again at once, so sleep a little before it, or take an
    /// [`Acceptor`](super::Acceptor), which does.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        let accepted = ready!(self.source.poll_accept(cx));
        Poll::Ready(accepted.map(|(source, peer)| (UnixStream { source: Arc::new(source) }, peer)))
    }

    /// The connections, one after the other. It never ends; an error is an item.
    pub fn incoming(&self) -> UnixIncoming<'_> {
        UnixIncoming { listener: self }
    }

    /// The address it listens at.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// An error of the socket that no operation has reported yet.
    ///
    /// # Errors
    ///
    /// If the kernel will not say.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.source.get_ref().take_error()
    }
}

impl UnixStream {
    /// Connects to the listener at `path`. If more connections wait there than the listener's backlog holds,
    /// it tries again until one is accepted.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the attempt is given up and its socket closed.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused` and the like.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<UnixStream> {
        let (mut rest, longest) = FULL;
        loop {
            match Source::<std_net::UnixStream>::connect(&path).await {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    sleep(rest).await;
                    rest = longest.min(rest * 2);
                }
                connected => return Ok(UnixStream { source: Arc::new(connected?) }),
            }
        }
    }

    /// Connects to the listener at `address`, which may be an abstract one; else as
    /// [`connect`](UnixStream::connect).
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the attempt is given up and its socket closed.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` and the like; `InvalidInput` for an address without a name.
    pub async fn connect_addr(address: &SocketAddr) -> io::Result<UnixStream> {
        UnixStream::connect(path_of(address)?).await
    }

    /// Who has connected here, or was connected to: told by the kernel, so nobody can lie about it.
    ///
    /// # Errors
    ///
    /// If the kernel will not say.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[doc(alias = "SO_PEERCRED")]
    #[doc(alias = "peer_cred")]
    pub fn peer_credentials(&self) -> io::Result<PeerCredentials> {
        credentials::of(self)
    }

    /// Two streams connected to each other.
    ///
    /// # Errors
    ///
    /// If there are too many descriptors.
    pub fn pair() -> io::Result<(UnixStream, UnixStream)> {
        let (one, two) = std_net::UnixStream::pair()?;
        Ok((one.try_into()?, two.try_into()?))
    }

    /// This end's address.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// The other end's address.
    ///
    /// # Errors
    ///
    /// `NotConnected` if the other side is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }
}

/// The connections of a Unix listener; see [`UnixListener::incoming`].
#[must_use = "a stream does nothing unless it is polled"]
#[derive(Debug)]
pub struct UnixIncoming<'a> {
    listener: &'a UnixListener,
}

impl Stream for UnixIncoming<'_> {
    type Item = io::Result<UnixStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

//! TCP: a listener, and streams.

use std::io;
use std::net::{self as std_net, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel_reactor::Source;
use futures_core::Stream;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::connect::connect;
use super::options::{BindOptions, ConnectOptions, Keepalive};
use super::resolve::{ToSocketAddrs, first};
use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use super::{socket, stream};

/// Listens for TCP connections. A clone listens on the same socket.
#[derive(Clone, Debug)]
pub struct TcpListener {
    source: Arc<Source<std_net::TcpListener>>,
}

/// A TCP connection. A clone is the same connection, which closes with the last one.
#[derive(Clone, Debug)]
pub struct TcpStream {
    source: Arc<Source<std_net::TcpStream>>,
}

socket!(TcpListener);
socket!(TcpStream);
stream!(TcpStream);

impl TcpListener {
    /// Listens at the first address that can be bound (port 0: one the system chooses), with the
    /// default [`BindOptions`].
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: it waits only to look up a name.
    ///
    /// # Errors
    ///
    /// Those of looking up, and of the last address tried: `AddrInUse`, `PermissionDenied` and the like.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<TcpListener> {
        TcpListener::bind_with(address, BindOptions::default()).await
    }

    /// Listens at the first address that can be bound.
    ///
    /// ```
    /// # evenkeel::run(async {
    /// use evenkeel::net::{BindOptions, TcpListener};
    ///
    /// let options = BindOptions { backlog: 16, ..BindOptions::default() };
    /// let listener = TcpListener::bind_with("127.0.0.1:0", options).await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: it waits only to look up a name.
    ///
    /// # Errors
    ///
    /// As for [`bind`](TcpListener::bind).
    pub async fn bind_with(
        address: impl ToSocketAddrs,
        options: BindOptions,
    ) -> io::Result<TcpListener> {
        first(address, |address| listen(address, &options)).await
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
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (source, peer) = self.source.accept().await?;
        Ok((TcpStream { source: Arc::new(source) }, peer))
    }

    /// [`accept`](TcpListener::accept) as a poll function. Any number of tasks may wait by it.
    ///
    /// ```
    /// # evenkeel::run(async {
    /// use evenkeel::net::{TcpListener, TcpStream};
    /// use std::future::poll_fn;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let _client = TcpStream::connect(listener.local_addr()?).await?;
    /// let (_server, _peer) = poll_fn(|cx| listener.poll_accept(cx)).await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`accept`](TcpListener::accept). The next poll tries again at once, so sleep a little before it, or take an
    /// [`Acceptor`](super::Acceptor), which does.
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        let accepted = ready!(self.source.poll_accept(cx));
        Poll::Ready(accepted.map(|(source, peer)| (TcpStream { source: Arc::new(source) }, peer)))
    }

    /// The connections, one after the other. It never ends; an error is an item.
    pub fn incoming(&self) -> Incoming<'_> {
        Incoming { listener: self }
    }

    /// The address it listens at.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// How many hops its packets live.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.get_ref().ttl()
    }

    /// Sets how many hops its packets live.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.get_ref().set_ttl(ttl)
    }
}

fn listen(address: SocketAddr, options: &BindOptions) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    options.apply(&socket, address)?;
    socket.bind(&address.into())?;
    socket.listen(options.backlog)?;
    TcpListener::try_from(std_net::TcpListener::from(socket))
}

impl TcpStream {
    /// Connects to the address that answers first, with the default [`ConnectOptions`]. They are tried in
    /// their order (those of a name with both families [in turn](super::interleave)): the next when an attempt
    /// has failed, or has not been answered for a quarter of a second; so a silent address costs that and not
    /// the system's patience. A name is looked up on a thread.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the attempts are given up and their sockets closed.
    ///
    /// # Errors
    ///
    /// Those of looking up, and of the last address tried: `ConnectionRefused`, `TimedOut` (after the
    /// system's own, long patience) and the like.
    #[doc(alias = "happy_eyeballs")]
    pub async fn connect(address: impl ToSocketAddrs) -> io::Result<TcpStream> {
        TcpStream::connect_with(address, ConnectOptions::default()).await
    }

    /// [`connect`](TcpStream::connect), with what must be said before: how long an attempt may take, who looks
    /// up names, from where, and the socket's options.
    ///
    /// ```
    /// use evenkeel::net::{ConnectOptions, TcpListener, TcpStream};
    /// use std::time::Duration;
    ///
    /// # evenkeel::run(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let patience = Some(Duration::from_secs(3));
    /// let options = ConnectOptions { attempt_timeout: patience, nodelay: true, ..ConnectOptions::default() };
    /// let stream = TcpStream::connect_with(listener.local_addr()?, options).await?;
    /// assert!(stream.nodelay()?);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the attempts are given up and their sockets closed.
    ///
    /// # Errors
    ///
    /// As for [`connect`](TcpStream::connect); `TimedOut` after the attempt's own limit; those of setting an
    /// option.
    #[doc(alias = "TcpSocket")]
    pub async fn connect_with(
        address: impl ToSocketAddrs,
        options: ConnectOptions,
    ) -> io::Result<TcpStream> {
        Ok(TcpStream { source: Arc::new(connect(address, &options).await?) })
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
        self.source.peek(buf).await
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

    /// Whether small writes are sent at once (`TCP_NODELAY`).
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn nodelay(&self) -> io::Result<bool> {
        self.source.get_ref().nodelay()
    }

    /// Whether small writes shall be sent at once, or wait a moment for more.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_nodelay(&self, nodelay: bool) -> io::Result<()> {
        self.source.get_ref().set_nodelay(nodelay)
    }

    /// How many hops its packets live.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn ttl(&self) -> io::Result<u32> {
        self.source.get_ref().ttl()
    }

    /// Sets how many hops its packets live.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_ttl(&self, ttl: u32) -> io::Result<()> {
        self.source.get_ref().set_ttl(ttl)
    }

    /// How long closing waits for what is not sent yet (`SO_LINGER`).
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn linger(&self) -> io::Result<Option<Duration>> {
        self.as_socket().linger()
    }

    /// Sets how long closing waits for what is not sent yet. `None`: not at all, the kernel sends it
    /// afterwards. With zero closing drops it, and the other side reads `ConnectionReset`.
    ///
    /// Closing then **blocks its thread**, as it is a system call: for anything but zero, rather end the
    /// writing half and read until the other side's end.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_linger(&self, linger: Option<Duration>) -> io::Result<()> {
        self.as_socket().set_linger(linger)
    }

    /// Whether the kernel asks a silent other side if it is still there.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn keepalive(&self) -> io::Result<bool> {
        self.as_socket().keepalive()
    }

    /// Lets the kernel ask a silent other side if it is still there; one that does not answer is read as
    /// `TimedOut`. `None`: it does not ask.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_keepalive(&self, keepalive: Option<Keepalive>) -> io::Result<()> {
        match keepalive {
            Some(keepalive) => self.as_socket().set_tcp_keepalive(&keepalive.to_system()),
            None => self.as_socket().set_keepalive(false),
        }
    }

    /// The sizes of the kernel's buffers, for receiving and for sending.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn buffer_sizes(&self) -> io::Result<(usize, usize)> {
        let socket = self.as_socket();
        Ok((socket.recv_buffer_size()?, socket.send_buffer_size()?))
    }

    fn as_socket(&self) -> SockRef<'_> {
        SockRef::from(self.source.get_ref())
    }
}

/// The connections of a listener; see [`TcpListener::incoming`].
#[must_use = "a stream does nothing unless it is polled"]
#[derive(Debug)]
pub struct Incoming<'a> {
    listener: &'a TcpListener,
}

impl Stream for Incoming<'_> {
    type Item = io::Result<TcpStream>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.listener.poll_accept(cx).map(|accepted| Some(accepted.map(|(stream, _)| stream)))
    }
}

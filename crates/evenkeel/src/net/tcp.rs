//! TCP: a listener, and streams.

use std::io;
use std::net::{self as std_net, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel_reactor::Source;
use futures_core::Stream;
use socket2::{Domain, Protocol, Socket, Type};

use super::resolve::{ToSocketAddrs, first, no_address, resolve};
use super::split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use super::{socket, stream};
use crate::race_staggered;

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

/// How long one address may be silent before the next is tried beside it. Shorter opens connections that
/// are thrown away, longer keeps the user waiting; RFC 8305 recommends this.
const NEXT_ATTEMPT: Duration = Duration::from_millis(250);

/// How to listen; see [`TcpListener::bind_with`].
#[derive(Clone, Debug)]
pub struct BindOptions {
    /// Connections the kernel holds until they are accepted, at most; it cuts this to a limit of its own.
    pub backlog: i32,
    /// Bind although connections of an earlier listener at this address linger (`SO_REUSEADDR`).
    pub reuse_address: bool,
    /// Share the address with other listeners that do so too (`SO_REUSEPORT`).
    pub reuse_port: bool,
    /// An IPv6 listener takes IPv6 only, or (`false`) also IPv4. `None`: as the system is set.
    pub only_v6: Option<bool>,
}

impl Default for BindOptions {
    /// What a server wants: room for bursts, and to be restarted at once.
    fn default() -> BindOptions {
        BindOptions { backlog: 4096, reuse_address: true, reuse_port: false, only_v6: None }
    }
}

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
    socket.set_reuse_address(options.reuse_address)?;
    if options.reuse_port {
        socket.set_reuse_port(true)?;
    }
    if let (Some(only), true) = (options.only_v6, address.is_ipv6()) {
        socket.set_only_v6(only)?;
    }
    socket.bind(&address.into())?;
    socket.listen(options.backlog)?;
    TcpListener::try_from(std_net::TcpListener::from(socket))
}

impl TcpStream {
    /// Connects to the address that answers first. They are tried in their order: the next when an
    /// attempt has failed, or has not been answered for a quarter of a second; so a silent address costs
    /// that and not the system's patience. A name is looked up on a thread.
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
        let attempts = resolve(address).await?.map(Source::<std_net::TcpStream>::connect);
        match race_staggered(attempts, NEXT_ATTEMPT).await {
            Ok(won) => Ok(TcpStream { source: Arc::new(won.value) }),
            Err(mut errors) => Err(errors.pop().unwrap_or_else(no_address)),
        }
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
        self.listener.source.poll_accept(cx).map(|accepted| {
            Some(accepted.map(|(source, _)| TcpStream { source: Arc::new(source) }))
        })
    }
}

//! UDP.

use std::io;
use std::net::{self as std_net, SocketAddr};
use std::sync::Arc;

use evenkeel_reactor::Source;
use socket2::{Domain, Protocol, Socket, Type};

use super::options::UdpOptions;
use super::readiness::{readiness, tries_datagrams};
use super::resolve::{ToSocketAddrs, first, no_address, resolve};
use super::socket;

/// A UDP socket. A clone is the same socket, which closes with the last one.
///
/// ```
/// # evenkeel::run(async {
/// use evenkeel::net::UdpSocket;
///
/// let (one, two) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
/// one.send_to(b"ahoy", two.local_addr()?).await?;
/// let mut buf = [0; 16];
/// let (n, from) = two.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..n], from), (&b"ahoy"[..], one.local_addr()?));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// Code that makes its system calls by itself, a library for QUIC say, waits for the moment by
/// [`readable`](UdpSocket::readable) and [`writable`](UdpSocket::writable), or in a future of its own by their
/// poll functions:
///
/// ```
/// # evenkeel::run(async {
/// use evenkeel::net::UdpSocket;
/// use std::future::poll_fn;
///
/// let (one, two) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
/// one.writable().await?;
/// one.try_send_to(b"ahoy", two.local_addr()?)?;
/// poll_fn(|cx| two.poll_readable(cx)).await?;
/// assert_eq!(two.try_recv_from(&mut [0; 16])?.0, 4);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct UdpSocket {
    pub(super) source: Arc<Source<std_net::UdpSocket>>,
}

socket!(UdpSocket);
readiness!(UdpSocket);
tries_datagrams!(UdpSocket);

impl UdpSocket {
    /// A socket at the first address that can be bound (port 0: one the system chooses).
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: it waits only to look up a name.
    ///
    /// # Errors
    ///
    /// Those of looking up, and of the last address tried.
    pub async fn bind(address: impl ToSocketAddrs) -> io::Result<UdpSocket> {
        let source = first(address, Source::<std_net::UdpSocket>::bind).await?;
        Ok(UdpSocket { source: Arc::new(source) })
    }

    /// [`bind`](UdpSocket::bind), with what must be said before.
    ///
    /// ```
    /// # evenkeel::run(async {
    /// use evenkeel::net::{UdpOptions, UdpSocket};
    ///
    /// let shared = UdpOptions { reuse_port: true, ..UdpOptions::default() };
    /// let one = UdpSocket::bind_with("127.0.0.1:0", shared.clone()).await?;
    /// let two = UdpSocket::bind_with(one.local_addr()?, shared).await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: it waits only to look up a name.
    ///
    /// # Errors
    ///
    /// As for [`bind`](UdpSocket::bind); those of setting an option.
    pub async fn bind_with(
        address: impl ToSocketAddrs,
        options: UdpOptions,
    ) -> io::Result<UdpSocket> {
        first(address, |address| {
            let domain = Domain::for_address(address);
            let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
            options.apply(&socket, address)?;
            socket.bind(&address.into())?;
            UdpSocket::try_from(std_net::UdpSocket::from(socket))
        })
        .await
    }

    /// Makes an address the one to send to, and the only one to hear.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: it waits only to look up a name.
    ///
    /// # Errors
    ///
    /// Those of looking up, and of the last address tried.
    pub async fn connect(&self, address: impl ToSocketAddrs) -> io::Result<()> {
        first(address, |address| self.source.connect(address)).await
    }

    /// Sends one datagram to the first of the addresses.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of looking up, and of `sendto`.
    pub async fn send_to(&self, buf: &[u8], address: impl ToSocketAddrs) -> io::Result<usize> {
        let address = resolve(address).await?.next().ok_or_else(no_address)?;
        self.source.send_to(buf, address).await
    }

    /// Waits for a datagram, and tells who sent it. What does not fit into `buf` is cut off.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is either returned or still there.
    ///
    /// # Errors
    ///
    /// Those of `recvfrom`; a connected socket also hears that an earlier datagram was refused.
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.recv_from(buf).await
    }

    /// As [`recv_from`](UdpSocket::recv_from), but leaves the datagram there.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of `recvfrom`.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.peek_from(buf).await
    }

    /// Sends one datagram to the address given to [`connect`](UdpSocket::connect).
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `send`.
    pub async fn send(&self, buf: &[u8]) -> io::Result<usize> {
        self.source.send(buf).await
    }

    /// Waits for a datagram from the address given to [`connect`](UdpSocket::connect).
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is either returned or still there.
    ///
    /// # Errors
    ///
    /// Those of `recv`.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source.recv(buf).await
    }

    /// As [`recv`](UdpSocket::recv), but leaves the datagram there.
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

    /// The socket's address.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// The address given to [`connect`](UdpSocket::connect).
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }

    /// Whether it may send to all.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn broadcast(&self) -> io::Result<bool> {
        self.source.get_ref().broadcast()
    }

    /// Whether it shall be allowed to send to all.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.source.get_ref().set_broadcast(on)
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

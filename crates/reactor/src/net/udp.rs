//! UDP.

use std::io;
use std::net::{SocketAddr, UdpSocket};

use socket2::{SockAddr, Type};

use super::socket;
use crate::source::Source;

impl Source<UdpSocket> {
    /// A socket with this address of its own (port 0: one the system chooses).
    ///
    /// # Errors
    ///
    /// Those of `socket` and `bind`, and as for [`Source::new`].
    pub fn bind(address: impl Into<SocketAddr>) -> io::Result<Source<UdpSocket>> {
        let address = SockAddr::from(address.into());
        let socket = socket(&address, Type::DGRAM)?;
        socket.bind(&address)?;
        Source::new_nonblocking(socket.into())
    }

    /// Sends one datagram to `address`.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `sendto`.
    pub async fn send_to(&self, buf: &[u8], address: impl Into<SocketAddr>) -> io::Result<usize> {
        let address = address.into();
        self.write_with(|io| io.send_to(buf, address)).await
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
        self.read_with(|io| io.recv_from(buf)).await
    }

    /// As [`recv_from`](Source::<UdpSocket>::recv_from), but leaves the datagram there.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of `recvfrom`.
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.read_with(|io| io.peek_from(buf)).await
    }

    /// Makes `address` the one to send to, and the only one to hear. Does not wait.
    ///
    /// # Errors
    ///
    /// Those of `connect`.
    pub fn connect(&self, address: impl Into<SocketAddr>) -> io::Result<()> {
        self.get_ref().connect(address.into())
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

    /// Waits for a datagram from the address given to `connect`.
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

    /// As [`recv`](Source::<UdpSocket>::recv), but leaves the datagram there.
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

impl TryFrom<UdpSocket> for Source<UdpSocket> {
    type Error = io::Error;

    fn try_from(socket: UdpSocket) -> io::Result<Source<UdpSocket>> {
        Source::new(socket)
    }
}

//! Unix sockets: datagrams between processes of one machine.

use std::future::poll_fn;
use std::io;
use std::io::ErrorKind::{Interrupted, WouldBlock};
use std::os::unix::net::{self as std_net, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use evenkeel_context::{poll_budget, spend};
use evenkeel_reactor::Source;
use evenkeel_timer::sleep;

use super::readiness::{readiness, tries_datagrams};
use super::socket;
use super::unix::FULL;

/// A Unix datagram socket. A clone is the same socket, which closes with the last one.
///
/// ```
/// # evenkeel::run(async {
/// use evenkeel::net::UnixDatagram;
///
/// let (one, two) = UnixDatagram::pair()?;
/// one.send(b"ahoy").await?;
/// two.readable().await?;
/// let mut buf = [0; 16];
/// assert_eq!(two.try_recv(&mut buf)?, 4);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// Of one that is not connected [`writable`](UnixDatagram::writable) tells nothing of the receiver's room, as the
/// system does not: [`send_to`](UnixDatagram::send_to) waits for that.
#[derive(Clone, Debug)]
pub struct UnixDatagram {
    source: Arc<Source<std_net::UnixDatagram>>,
}

socket!(UnixDatagram);
readiness!(UnixDatagram);
tries_datagrams!(UnixDatagram);

impl UnixDatagram {
    /// A socket with a name, which must not exist yet; it is not removed at the end. Does not wait.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if the path exists, and the like.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<UnixDatagram> {
        Ok(UnixDatagram { source: Arc::new(Source::<std_net::UnixDatagram>::bind(path)?) })
    }

    /// A socket at `address`, which may be an abstract one. Does not wait.
    ///
    /// # Errors
    ///
    /// `AddrInUse` if somebody has it, and the like.
    pub fn bind_addr(address: &SocketAddr) -> io::Result<UnixDatagram> {
        std_net::UnixDatagram::bind_addr(address)?.try_into()
    }

    /// A socket without a name: it can send, and be answered only if connected.
    ///
    /// # Errors
    ///
    /// If there are too many descriptors.
    pub fn unbound() -> io::Result<UnixDatagram> {
        Ok(UnixDatagram { source: Arc::new(Source::<std_net::UnixDatagram>::unbound()?) })
    }

    /// Two sockets connected to each other.
    ///
    /// # Errors
    ///
    /// If there are too many descriptors.
    pub fn pair() -> io::Result<(UnixDatagram, UnixDatagram)> {
        let (one, two) = std_net::UnixDatagram::pair()?;
        Ok((one.try_into()?, two.try_into()?))
    }

    /// Makes the socket at `path` the one to send to. Does not wait.
    ///
    /// # Errors
    ///
    /// `NotFound`, `ConnectionRefused` and the like.
    pub fn connect(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.source.connect(path)
    }

    /// Makes the socket at `address`, which may be an abstract one, the one to send to. Does not wait.
    ///
    /// # Errors
    ///
    /// `ConnectionRefused` and the like.
    pub fn connect_addr(&self, address: &SocketAddr) -> io::Result<()> {
        self.source.get_ref().connect_addr(address)
    }

    /// Sends one datagram to the socket at `address`, which may be an abstract one.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `sendto`.
    pub async fn send_to_addr(&self, buf: &[u8], address: &SocketAddr) -> io::Result<usize> {
        self.send_by(|socket| socket.send_to_addr(buf, address)).await
    }

    /// Sends one datagram to the socket at `path`.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all.
    ///
    /// # Errors
    ///
    /// Those of `sendto`.
    pub async fn send_to(&self, buf: &[u8], path: impl AsRef<Path>) -> io::Result<usize> {
        self.send_by(|socket| socket.send_to(buf, &path)).await
    }

    /// The receiver may have no room because of others' datagrams: of the end of that the system sends no news to
    /// who is not connected to it, but of each attempt, so that trying at all news would never rest.
    async fn send_by(
        &self,
        send: impl Fn(&std_net::UnixDatagram) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let (mut rest, longest) = FULL;
        loop {
            for _ in 0..2 {
                poll_fn(|cx| poll_budget(cx)).await;
                match send(self.source.get_ref()) {
                    Err(error) if matches!(error.kind(), WouldBlock | Interrupted) => {}
                    done => {
                        spend();
                        return done;
                    }
                }
                // Of room for this one's own datagrams there is news; with that it was not the receiver's.
                self.source.writable().await?;
            }
            sleep(rest).await;
            rest = longest.min(rest * 2);
        }
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
        self.source.recv_from(buf).await
    }

    /// As [`recv_from`](UnixDatagram::recv_from), if a datagram is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if none is: [`readable`](UnixDatagram::readable) then waits for one. Those of `recvfrom`.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.get_ref().recv_from(buf)
    }

    /// Sends one datagram to the socket given to [`connect`](UnixDatagram::connect).
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
        self.source.recv(buf).await
    }

    /// Ends one direction, or both, for all handles.
    ///
    /// # Errors
    ///
    /// `NotConnected` if it is not connected.
    pub fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
        self.source.get_ref().shutdown(how)
    }

    /// The socket's address.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().local_addr()
    }

    /// The address of the socket it is connected to.
    ///
    /// # Errors
    ///
    /// `NotConnected` if there is none.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.source.get_ref().peer_addr()
    }
}

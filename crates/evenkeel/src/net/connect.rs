//! Connecting: addresses of both families in turn, the next beside one that is silent (RFC 8305).

use std::io;
use std::net::{SocketAddr, TcpStream};

use evenkeel_reactor::Source;
use evenkeel_timer::timeout;
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockRef, Socket, Type};

use super::options::ConnectOptions;
use super::resolve::{ToSocketAddrs, no_address, resolve_by};
use crate::race_staggered;

pub(super) async fn connect(
    address: impl ToSocketAddrs,
    options: &ConnectOptions,
) -> io::Result<Source<TcpStream>> {
    let addresses = address.to_socket_addrs();
    drop(address); // Not held across the wait: it need not be `Send`.
    let is_name = addresses.is_name();
    let mut found: Vec<SocketAddr> =
        resolve_by(addresses, options.resolver.clone()).await?.collect();
    if is_name {
        found = interleave(found);
    }
    if let [one] = found[..] {
        return attempt(one, options).await;
    }
    let attempts = found.into_iter().map(|address| attempt(address, options));
    match race_staggered(attempts, options.next_attempt).await {
        Ok(won) => Ok(won.value),
        Err(mut errors) => Err(errors.pop().unwrap_or_else(no_address)),
    }
}

/// Addresses of both families in turn, beginning with the first one's: so that one family that leads nowhere
/// costs one attempt. What [`TcpStream::connect`](super::TcpStream::connect) does with the addresses of a name
/// (RFC 8305, section 4).
///
/// ```
/// let of = |text: &str| text.parse::<std::net::SocketAddr>().unwrap();
/// let found = ["[::1]:1", "[::2]:1", "[::3]:1", "127.0.0.1:1"].map(of);
/// let order = evenkeel::net::interleave(found);
/// assert_eq!(order, ["[::1]:1", "127.0.0.1:1", "[::2]:1", "[::3]:1"].map(of));
/// ```
pub fn interleave(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut addresses = addresses.into_iter().peekable();
    let v6_first = addresses.peek().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (Vec<_>, Vec<_>) =
        addresses.partition(|address| address.is_ipv6() == v6_first);
    let mut order = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    loop {
        let pair = (first.next(), second.next());
        if let (None, None) = pair {
            return order;
        }
        order.extend(pair.0.into_iter().chain(pair.1));
    }
}

async fn attempt(address: SocketAddr, options: &ConnectOptions) -> io::Result<Source<TcpStream>> {
    let Some(limit) = options.attempt_timeout else { return begin(address, options).await };
    timeout(limit, begin(address, options)).await.unwrap_or_else(|_| {
        let text = format!("{address} did not answer within {limit:?}");
        Err(io::Error::new(io::ErrorKind::TimedOut, text))
    })
}

async fn begin(address: SocketAddr, options: &ConnectOptions) -> io::Result<Source<TcpStream>> {
    if options.is_plain() {
        return Source::<TcpStream>::connect(address).await;
    }
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    options.apply(&socket)?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        // Interrupted too: the connection then goes on by itself (POSIX), and must not be begun again.
        Err(error) if is_under_way(&error) => {}
        Err(error) => return Err(error),
    }
    let source = Source::try_from(TcpStream::from(socket))?;
    source.writable().await?;
    match SockRef::from(source.get_ref()).take_error()? {
        None => Ok(source),
        Some(error) => Err(error),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    matches!(Errno::from_io_error(error), Some(Errno::INPROGRESS | Errno::INTR))
}

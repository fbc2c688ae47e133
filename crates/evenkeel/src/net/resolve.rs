//! An address, or a name that stands for some.
//!
//! Literal addresses cost nothing; only a name goes to a thread, because the system's resolver blocks.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::sync::Arc;
use std::vec;

use super::resolver::{self, Resolver};

/// Where to connect or bind to: an address with a port, several to be tried in turn, or a name with a port
/// (`"localhost:80"`, `("localhost", 80)`).
pub trait ToSocketAddrs {
    /// The addresses, or the name to be looked up. Does not block.
    fn to_socket_addrs(&self) -> Addresses;
}

/// Addresses, or the name they go by: what a [`ToSocketAddrs`] gives.
#[derive(Clone, Debug)]
pub struct Addresses(Kind);

#[derive(Clone, Debug)]
enum Kind {
    One(SocketAddr),
    Many(Vec<SocketAddr>),
    Named(String, u16),
    Malformed(&'static str),
}

impl Addresses {
    /// One address.
    pub fn one(address: SocketAddr) -> Addresses {
        Addresses(Kind::One(address))
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.0, Kind::Named(..))
    }

    /// Addresses to be tried in turn.
    pub fn many(addresses: impl IntoIterator<Item = SocketAddr>) -> Addresses {
        Addresses(Kind::Many(addresses.into_iter().collect()))
    }

    /// A name to be looked up on a thread, unless it is an address after all.
    pub fn named(host: &str, port: u16) -> Addresses {
        match host.parse::<IpAddr>() {
            Ok(ip) => Addresses::one(SocketAddr::new(ip, port)),
            Err(_) => Addresses(Kind::Named(host.to_owned(), port)),
        }
    }
}

/// The addresses of a host and port: asyncio's `getaddrinfo`. Names are looked up by the system, unless this
/// task has a [`Resolver`] of its own.
///
/// # Cancellation
///
/// *Nothing lost*: a lookup that has begun ends on its thread, for nobody.
///
/// # Errors
///
/// Those of the system's resolver; `InvalidInput` for text that is neither an address nor a name with a
/// port; and if no thread could be started.
///
/// # Examples
///
/// ```
/// # evenkeel::run(async {
/// let mut found = evenkeel::net::lookup_host("127.0.0.1:80").await.unwrap();
/// assert_eq!(found.next(), Some(([127, 0, 0, 1], 80).into()));
/// # });
/// ```
pub async fn lookup_host(
    host: impl ToSocketAddrs,
) -> io::Result<impl Iterator<Item = SocketAddr> + Send> {
    resolve(host).await
}

pub(super) async fn resolve(host: impl ToSocketAddrs) -> io::Result<Found> {
    // Not held across the wait: it need not be `Send`.
    let addresses = host.to_socket_addrs();
    drop(host);
    resolve_by(addresses, None).await
}

/// Names by `resolver`; without one by this task's, or the system.
pub(super) async fn resolve_by(
    addresses: Addresses,
    resolver: Option<Arc<dyn Resolver>>,
) -> io::Result<Found> {
    match addresses.0 {
        Kind::One(address) => Ok(Found::One(Some(address))),
        Kind::Many(addresses) => Ok(Found::Many(addresses.into_iter())),
        Kind::Malformed(why) => Err(io::Error::new(io::ErrorKind::InvalidInput, why)),
        Kind::Named(name, port) => {
            let found = match resolver.or_else(resolver::of_this_task) {
                Some(resolver) => resolver.lookup(&name, port).await?,
                None => resolver::system(name, port).await?,
            };
            Ok(Found::Many(found.into_iter()))
        }
    }
}

/// Tries each address in turn: the first success, or the last failure.
pub(super) async fn first<T>(
    host: impl ToSocketAddrs,
    attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = None;
    for tried in resolve(host).await?.map(attempt) {
        match tried {
            Ok(done) => return Ok(done),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(no_address))
}

pub(super) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "there is no address to try")
}

#[derive(Debug)]
pub(super) enum Found {
    One(Option<SocketAddr>),
    Many(vec::IntoIter<SocketAddr>),
}

impl Iterator for Found {
    type Item = SocketAddr;

    fn next(&mut self) -> Option<SocketAddr> {
        match self {
            Found::One(one) => one.take(),
            Found::Many(many) => many.next(),
        }
    }
}

impl ToSocketAddrs for str {
    fn to_socket_addrs(&self) -> Addresses {
        if let Ok(address) = self.parse() {
            return Addresses::one(address);
        }
        let split = self.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
        match split {
            Some((host, port)) => Addresses::named(host, port),
            None => Addresses(Kind::Malformed("an address needs a port: \"host:port\"")),
        }
    }
}

impl ToSocketAddrs for String {
    fn to_socket_addrs(&self) -> Addresses {
        (**self).to_socket_addrs()
    }
}

impl ToSocketAddrs for (&str, u16) {
    fn to_socket_addrs(&self) -> Addresses {
        Addresses::named(self.0, self.1)
    }
}

impl ToSocketAddrs for (String, u16) {
    fn to_socket_addrs(&self) -> Addresses {
        Addresses::named(&self.0, self.1)
    }
}

impl ToSocketAddrs for [SocketAddr] {
    fn to_socket_addrs(&self) -> Addresses {
        Addresses::many(self.iter().copied())
    }
}

impl<const N: usize> ToSocketAddrs for [SocketAddr; N] {
    fn to_socket_addrs(&self) -> Addresses {
        self[..].to_socket_addrs()
    }
}

impl ToSocketAddrs for Vec<SocketAddr> {
    fn to_socket_addrs(&self) -> Addresses {
        self[..].to_socket_addrs()
    }
}

impl<T: ToSocketAddrs + ?Sized> ToSocketAddrs for &T {
    fn to_socket_addrs(&self) -> Addresses {
        (**self).to_socket_addrs()
    }
}

macro_rules! literal {
    ($($address:ty),*) => {
        $(impl ToSocketAddrs for $address {
            fn to_socket_addrs(&self) -> Addresses {
                Addresses::one((*self).into())
            }
        })*
    };
}

literal!(SocketAddr, SocketAddrV4, SocketAddrV6);
literal!((IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16), ([u8; 4], u16), ([u16; 8], u16));

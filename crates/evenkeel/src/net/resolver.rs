//! Who looks up names: the system on a thread, or somebody else.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use evenkeel_blocking::to_thread;

/// The addresses of a name, when they are known; see [`Resolver`].
pub type Lookup<'a> = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send + 'a>>;

/// Looks up names: a table, a cache, a DNS client. For one connection it stands in
/// [`ConnectOptions`](super::ConnectOptions); for a task and those it starts, [`set_resolver`] sets it.
///
/// ```
/// use evenkeel::net::{Lookup, Resolver, TcpListener, TcpStream, set_resolver};
/// use std::net::SocketAddr;
///
/// struct Hosts(Vec<(&'static str, [u8; 4])>);
///
/// impl Resolver for Hosts {
///     fn lookup<'a>(&'a self, host: &'a str, port: u16) -> Lookup<'a> {
///         Box::pin(async move {
///             let found = self.0.iter().filter(|(name, _)| *name == host);
///             let found: Vec<SocketAddr> = found.map(|(_, ip)| (*ip, port).into()).collect();
///             if found.is_empty() { Err(std::io::ErrorKind::NotFound.into()) } else { Ok(found) }
///         })
///     }
/// }
///
/// # evenkeel::run(async {
/// set_resolver(Hosts(vec![("harbour", [127, 0, 0, 1])]));
/// let listener = TcpListener::bind("harbour:0").await?;
/// let port = listener.local_addr()?.port();
/// TcpStream::connect(("harbour", port)).await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub trait Resolver: Send + Sync {
    /// The addresses of `host`, each with `port`, the best first.
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> Lookup<'a>;
}

/// The system's own way (`getaddrinfo`), on a thread because it blocks. What is used unless said otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> Lookup<'a> {
        Box::pin(system(host.to_owned(), port))
    }
}

/// A lookup that has begun ends on its thread, for nobody.
pub(super) async fn system(host: String, port: u16) -> io::Result<Vec<SocketAddr>> {
    let lookup = to_thread(move || {
        let found = std::net::ToSocketAddrs::to_socket_addrs(&(&*host, port));
        found.map(Iterator::collect).map_err(|why| not_found(host, why))
    });
    lookup.join().await.map_err(io::Error::other)?
}

/// The same error, with the name that it is about.
fn not_found(host: String, why: io::Error) -> io::Error {
    io::Error::new(why.kind(), LookupError { host, why })
}

#[derive(Debug)]
struct LookupError {
    host: String,
    why: io::Error,
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot look up {:?}: {}", self.host, self.why)
    }
}

impl Error for LookupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.why)
    }
}

evenkeel_task::task_local! {
    static RESOLVER: Option<Arc<dyn Resolver>> = None;
}

/// Makes `resolver` the one that looks up names for the current task, and for tasks it starts from now on.
///
/// # Panics
///
/// Outside any task.
#[track_caller]
pub fn set_resolver(resolver: impl Resolver + 'static) {
    RESOLVER.set(Some(Arc::new(resolver)));
}

/// That of this task; `None`: the system's.
pub(super) fn of_this_task() -> Option<Arc<dyn Resolver>> {
    RESOLVER.get()
}

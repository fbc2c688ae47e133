//! Accepting connections for as long as a server lives, whatever goes wrong with one of them.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::os::unix::net::SocketAddr as UnixAddress;
use std::time::{Duration, Instant};

use evenkeel_task::{FailureKind, report_failure};
use evenkeel_timer::{now, sleep};
use rustix::io::Errno;

use super::{TcpListener, TcpStream, UnixListener, UnixStream};

/// Between two attempts when descriptors or memory have run out, at first and at most: the system sends no
/// news of the end of that. Shorter costs processor time while a server is overrun, longer delays clients.
const SHORT: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// A shortage that comes again within so long is the same one, and not told again.
const SAME: Duration = Duration::from_secs(60);

/// What connections come from: a socket that listens, TLS around one, or something in memory for a test.
pub trait Listener {
    /// A connection.
    type Stream;

    /// Where it comes from.
    type Address;

    /// Waits for the next connection. If it is dropped meanwhile, no connection may be lost.
    ///
    /// # Errors
    ///
    /// Those that [`Acceptor`] waits out, and those that end a server. One without a number of the system's is
    /// judged by its kind: `ConnectionAborted` and `ConnectionReset` are of that connection alone (a handshake
    /// that failed, say), `OutOfMemory` is a shortage, any other ends the server.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Address)>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        TcpListener::accept(self).await
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;
    type Address = UnixAddress;

    async fn accept(&self) -> io::Result<(UnixStream, UnixAddress)> {
        UnixListener::accept(self).await
    }
}

/// A listener that goes on when descriptors or memory have run out, or a client has left too early.
///
/// It waits 5 ms, twice as long each time, a second at most, and tries again; the clients wait in the
/// listener's backlog. The failure hook of the runner is told once, and again only if it happens again after
/// a minute without.
///
/// ```
/// use evenkeel::net::{Acceptor, TcpListener, TcpStream};
///
/// # evenkeel::run(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// let mut acceptor = Acceptor::new(listener);
/// let _client = TcpStream::connect(address).await?;
/// let (_stream, _peer) = acceptor.accept().await?;
/// assert_eq!(acceptor.shortages(), 0);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct Acceptor<L> {
    listener: L,
    shortages: u64,
    /// When the last one was.
    last: Option<Instant>,
    rest: Duration,
}

impl<L> Acceptor<L> {
    /// Accepts from `listener`.
    pub fn new(listener: L) -> Acceptor<L> {
        Acceptor { listener, shortages: 0, last: None, rest: SHORT.0 }
    }

    /// How often it could not accept because something had run out.
    pub fn shortages(&self) -> u64 {
        self.shortages
    }

    /// The listener.
    pub fn get_ref(&self) -> &L {
        &self.listener
    }
}

impl<L: Listener> Acceptor<L> {
    /// Waits for the next connection, and for better times if it must.
    ///
    /// # Errors
    ///
    /// Those after which the listener will never accept again.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a connection is either returned or still waits to be accepted.
    pub async fn accept(&mut self) -> io::Result<(L::Stream, L::Address)> {
        loop {
            let error = match self.listener.accept().await {
                Ok(accepted) => {
                    self.rest = SHORT.0;
                    return Ok(accepted);
                }
                Err(error) => error,
            };
            match Trouble::of(&error) {
                Trouble::Ends => return Err(error),
                Trouble::OfOne => {}
                Trouble::Shortage => {
                    self.tell(&error);
                    sleep(self.rest).await;
                    self.rest = SHORT.1.min(self.rest * 2);
                }
            }
        }
    }

    fn tell(&mut self, error: &io::Error) {
        self.shortages += 1;
        let last = self.last.replace(now());
        if last.is_none_or(|last| now().saturating_duration_since(last) > SAME) {
            let text = format!("cannot accept connections for now, they wait: {error}");
            report_failure(FailureKind::Failed, text);
        }
    }
}

/// What an error at accepting says.
enum Trouble {
    /// The connection was none any more; another may be there. Linux passes on what the network says of it.
    OfOne,
    /// Something has run out.
    Shortage,
    /// The listener is of no use.
    Ends,
}

impl Trouble {
    fn of(error: &io::Error) -> Trouble {
        match Errno::from_io_error(error) {
            // The last one: no more descriptors may be waited for (`max_user_watches`).
            Some(Errno::MFILE | Errno::NFILE | Errno::NOBUFS | Errno::NOMEM | Errno::NOSPC) => {
                Trouble::Shortage
            }
            #[cfg(any(target_os = "linux", target_os = "android"))]
            Some(Errno::NONET) => Trouble::OfOne,
            Some(
                Errno::CONNABORTED
                | Errno::CONNRESET
                | Errno::INTR
                | Errno::PROTO
                | Errno::PERM
                | Errno::TIMEDOUT
                | Errno::NETDOWN
                | Errno::NETUNREACH
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH
                | Errno::NOPROTOOPT,
            ) => Trouble::OfOne,
            Some(_) => Trouble::Ends,
            // Of a listener that is no socket, TLS say: as far as its kind tells.
            None => match error.kind() {
                io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset => Trouble::OfOne,
                io::ErrorKind::OutOfMemory => Trouble::Shortage,
                _ => Trouble::Ends,
            },
        }
    }
}

impl<L> fmt::Debug for Acceptor<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("shortages", &self.shortages).finish_non_exhaustive()
    }
}

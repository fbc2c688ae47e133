//! What a server may be told, and what it answers.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::loom::{AtomicU64, Ordering};
use crate::{BoxError, Protocol};

/// How to serve; see [`Serve::with_options`](crate::Serve::with_options). Its words are those of
/// [`evenkeel::net::ServeOptions`], for servers that speak no HTTP.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// HTTP/1, HTTP/2, or whichever the first bytes are of.
    pub protocol: Protocol,
    /// Connections at a time; more wait in the listener's backlog. By default 10 000: below what most
    /// systems give a process in descriptors only if that was raised, and `EMFILE` is survived.
    /// `usize::MAX`: no limit but that.
    pub connections: usize,
    /// How long a client may take for the handshake (TLS), for its first bytes, and for the head of each
    /// request; so also how long a kept connection may be idle (of HTTP/2: once to twice as long). `None`:
    /// for ever, which a slow client can use to hold a connection. The service's own time is not limited,
    /// nor what it takes to read a body: put a timeout around that.
    pub header_timeout: Option<Duration>,
    /// How long a client may take nothing of what is sent to it; then its connection is given up, and reset,
    /// so that the kernel keeps nothing for it either. It bounds a standstill, not the whole. `None`: for
    /// ever, which a client that never reads can use to hold a connection, its answer and its service. (Of
    /// HTTP/2 it bounds the connection: a stream whose window stays shut is the service's to limit.) What a
    /// connection was upgraded to (WebSocket, CONNECT) stays bounded by it.
    pub write_timeout: Option<Duration>,
    /// HTTP/1: whether a client that closes its sending half while it waits is still answered.
    ///
    /// `false`, as hyper and axum have it: closing is how clients leave, and nothing else tells. The
    /// service's future is dropped where it waits, and the client has [departed](ServeStatistics::departed).
    /// `true` is for clients that ask, close their half and go on reading (`nc -N`); one that has left is
    /// noticed when it is answered then, and not before.
    pub half_close: bool,
    /// How long requests under way may go on after the [stop](crate::Serve::with_graceful_shutdown);
    /// connections that have not ended then are cancelled. `Duration::MAX`: as long as they take. By
    /// default 30 seconds, not the five of a [`net`](evenkeel::net::ServeOptions::grace) server: a request
    /// knows nothing of the stop, and idle connections close without waiting for it.
    pub grace: Duration,
    /// Told of each connection that ended by an error, clients that went away among them
    /// ([`ConnectionError::Departed`]): ordinary life of a server.
    pub on_error: Option<OnError>,
}

impl Default for ServeOptions {
    /// Both protocols; 10 000 connections; 30 seconds for heads and for the end, 60 for a client that does
    /// not read; no half-closed clients.
    fn default() -> ServeOptions {
        ServeOptions {
            protocol: Protocol::Auto,
            connections: 10_000,
            header_timeout: Some(Duration::from_secs(30)),
            write_timeout: Some(Duration::from_secs(60)),
            half_close: false,
            grace: Duration::from_secs(30),
            on_error: None,
        }
    }
}

/// What is told of connections that ended by an error.
#[derive(Clone)]
pub struct OnError(Arc<dyn Fn(&ConnectionError) + Send + Sync>);

impl OnError {
    /// Called on a worker of the loop: it must not block.
    pub fn new(hook: impl Fn(&ConnectionError) + Send + Sync + 'static) -> OnError {
        OnError(Arc::new(hook))
    }

    pub(super) fn call(&self, error: &ConnectionError) {
        (self.0)(error);
    }
}

impl fmt::Debug for OnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OnError")
    }
}

/// Why a connection ended before its time.
#[derive(Debug)]
#[non_exhaustive]
pub enum ConnectionError {
    /// The handshake failed, or reading the first bytes.
    Handshake(io::Error),
    /// The handshake or the first bytes took longer than [`ServeOptions::header_timeout`].
    TooSlow,
    /// The client left before it had its answer, or by breaking its connection off: an
    /// [`io::Error`] or a [`hyper::Error`] that says in the middle of what. Not the server's fault.
    Departed(BoxError),
    /// The client took nothing of what was sent to it for [`ServeOptions::write_timeout`].
    Stalled,
    /// hyper gave it up: no HTTP, a head that took too long (`is_timeout`), or an error of the service or
    /// its body (`source`).
    Http(hyper::Error),
}

impl ConnectionError {
    /// An error of the stream before it spoke HTTP.
    pub(super) fn of_handshake(error: io::Error) -> ConnectionError {
        match is_departure(&error) {
            true => ConnectionError::Departed(error.into()),
            false => ConnectionError::Handshake(error),
        }
    }
}

/// Whether an error of a stream says that the client is gone. TLS calls it an unexpected end when nobody
/// said good-bye.
pub(super) fn is_departure(error: &io::Error) -> bool {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::BrokenPipe | Kind::ConnectionAborted | Kind::ConnectionReset => true,
        Kind::NotConnected | Kind::UnexpectedEof => true,
        Kind::HostUnreachable | Kind::NetworkUnreachable => true,
        // The system's own; ours is of a client that does not read.
        Kind::TimedOut => error.raw_os_error().is_some(),
        _ => false,
    }
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectionError::Handshake(error) => write!(f, "handshake: {error}"),
            ConnectionError::TooSlow => f.write_str("the client was too slow to begin"),
            ConnectionError::Departed(error) => write!(f, "the client has left: {error}"),
            ConnectionError::Stalled => f.write_str("the client did not read"),
            ConnectionError::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ConnectionError::Handshake(error) => Some(error),
            ConnectionError::TooSlow | ConnectionError::Stalled => None,
            ConnectionError::Departed(error) => Some(&**error),
            ConnectionError::Http(error) => error.source(),
        }
    }
}

/// What a server did until its end: what [`evenkeel::net::ServeStatistics`] says of one without HTTP.
///
/// The last three are of different connections. All others ended well: by an answer to the last request, by
/// a client that went between two, or because they were idle for too long. (Half a head that had come before
/// the last answer was sent does not count: who says no more is idle.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeStatistics {
    /// Connections accepted.
    pub accepted: u64,
    /// Those that ended by an error that is somebody's fault (what is no HTTP, a client that is too slow, the
    /// service), or by a panic of their service. In HTTP/2 a service's error or panic costs its request alone.
    pub failed: u64,
    /// Those whose client left before it had its answer, or broke its connection off. That happens all day,
    /// and says nothing about the server. (In HTTP/2 an end without a reset ends its requests, and well.)
    pub departed: u64,
    /// Those that were cancelled: they took longer than the [grace](ServeOptions::grace).
    pub cancelled: u64,
}

/// How a connection ended, if not well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Well,
    Failed,
    Departed,
    Cancelled,
}

impl Ending {
    pub(super) fn of(ended: &Result<(), ConnectionError>) -> Ending {
        match ended {
            Ok(()) => Ending::Well,
            Err(ConnectionError::Departed(_)) => Ending::Departed,
            Err(_) => Ending::Failed,
        }
    }
}

/// Counts, from many workers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: AtomicU64,
    failed: AtomicU64,
    departed: AtomicU64,
    cancelled: AtomicU64,
}

impl Tally {
    // Relaxed, all of them: counts, that nothing else is concluded from. They are read when all who count
    // have been joined.
    pub(super) fn statistics(&self) -> ServeStatistics {
        ServeStatistics {
            accepted: self.accepted.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            departed: self.departed.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
        }
    }
}

/// A connection that is counted: as cancelled, if it is dropped before it has ended.
#[derive(Debug)]
pub(super) struct Open {
    tally: Arc<Tally>,
    ending: Ending,
}

impl Open {
    pub(super) fn new(tally: &Arc<Tally>) -> Open {
        tally.accepted.fetch_add(1, Ordering::Relaxed);
        Open { tally: Arc::clone(tally), ending: Ending::Cancelled }
    }

    pub(super) fn end(mut self, ending: Ending) {
        self.ending = ending;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let count = match self.ending {
            Ending::Well => return,
            Ending::Failed => &self.tally.failed,
            Ending::Departed => &self.tally.departed,
            Ending::Cancelled => &self.tally.cancelled,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

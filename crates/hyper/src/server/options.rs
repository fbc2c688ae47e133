//! What a server may be told, and what it answers.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::Protocol;
use crate::loom::{AtomicU64, Ordering};

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
    /// request; so also how long a kept connection may be idle. `None`: for ever, which a slow client can
    /// use to hold a connection. The service's own time is not limited: HTTP/1 says of a client that has
    /// closed not whether it still reads, so one that has left is noticed when it is answered.
    pub header_timeout: Option<Duration>,
    /// How long requests under way may go on after the [stop](crate::Serve::with_graceful_shutdown);
    /// connections that have not ended then are cancelled. `Duration::MAX`: as long as they take. By
    /// default 30 seconds, not the five of a [`net`](evenkeel::net::ServeOptions::grace) server: a request
    /// knows nothing of the stop, and idle connections close without waiting for it.
    pub grace: Duration,
    /// Told of each connection that ended by an error. Ordinary life of a server: clients go away.
    pub on_error: Option<OnError>,
}

impl Default for ServeOptions {
    /// Both protocols; 10 000 connections; 30 seconds for each of the two waits.
    fn default() -> ServeOptions {
        ServeOptions {
            protocol: Protocol::Auto,
            connections: 10_000,
            header_timeout: Some(Duration::from_secs(30)),
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
    /// hyper gave it up: no HTTP, a head that took too long (`is_timeout`), an error of the socket, or of
    /// the service or its body (`source`).
    Http(hyper::Error),
}

impl fmt::Display for ConnectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ConnectionError::Handshake(error) => write!(f, "handshake: {error}"),
            ConnectionError::TooSlow => f.write_str("the client was too slow to begin"),
            ConnectionError::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ConnectionError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ConnectionError::Handshake(error) => Some(error),
            ConnectionError::TooSlow => None,
            ConnectionError::Http(error) => error.source(),
        }
    }
}

/// What a server did until its end: what [`evenkeel::net::ServeStatistics`] says of one without HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeStatistics {
    /// Connections accepted.
    pub accepted: u64,
    /// Those that ended by an error, or a panic of their service.
    pub failed: u64,
    /// Those that were cancelled: they took longer than the [grace](ServeOptions::grace).
    pub cancelled: u64,
}

/// Counts, from many workers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: AtomicU64,
    failed: AtomicU64,
    cancelled: AtomicU64,
}

impl Tally {
    // Relaxed, all of them: counts, that nothing else is concluded from. They are read when all who count
    // have been joined.
    pub(super) fn statistics(&self) -> ServeStatistics {
        ServeStatistics {
            accepted: self.accepted.load(Ordering::Relaxed),
            failed: self.failed.load(Ordering::Relaxed),
            cancelled: self.cancelled.load(Ordering::Relaxed),
        }
    }
}

/// A connection that is counted: as cancelled, if it is dropped before it has ended.
#[derive(Debug)]
pub(super) struct Open {
    tally: Arc<Tally>,
    failed: Option<bool>,
}

impl Open {
    pub(super) fn new(tally: &Arc<Tally>) -> Open {
        tally.accepted.fetch_add(1, Ordering::Relaxed);
        Open { tally: Arc::clone(tally), failed: None }
    }

    pub(super) fn end(mut self, failed: bool) {
        self.failed = Some(failed);
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let count = match self.failed {
            None => &self.tally.cancelled,
            Some(true) => &self.tally.failed,
            Some(false) => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

//! What a server may be told, and what it answers.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::Protocol;
use crate::loom::{AtomicU64, Ordering};

/// How to serve; see [`Serve::with_options`](crate::Serve::with_options).
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// HTTP/1, HTTP/2, or whichever the first bytes are of.
    pub protocol: Protocol,
    /// Connections at a time, at most; more wait in the kernel's backlog. By default 10 000: below what
    /// most systems give a process in descriptors only if that was raised, and `EMFILE` is survived.
    pub connections: usize,
    /// How long a client may take for the handshake (TLS), for its first bytes, and for the head of each
    /// request; so also how long a kept connection may be idle. `None`: for ever, which a slow client can
    /// use to hold a connection.
    pub header_timeout: Option<Duration>,
    /// At the end, how long requests under way may take until their connections are cut.
    pub drain: Duration,
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
            drain: Duration::from_secs(30),
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

/// What a server did until its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Served {
    /// Connections that were accepted.
    pub connections: u64,
    /// Those of them that ended by an error.
    pub failed: u64,
    /// Those that were cut, because they took longer than [`ServeOptions::drain`].
    pub cut: u64,
}

/// Counts, from many workers.
#[derive(Debug, Default)]
pub(super) struct Tally {
    accepted: AtomicU64,
    ended: AtomicU64,
    failed: AtomicU64,
}

impl Tally {
    // Relaxed, all of them: counts, that nothing else is concluded from. They are read for the last time
    // when all who count have been joined.
    pub(super) fn accept(&self) {
        self.accepted.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn end(&self, failed: bool) {
        self.ended.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(u64::from(failed), Ordering::Relaxed);
    }

    /// Those who have not ended now are about to be cut.
    pub(super) fn served(&self) -> Served {
        let connections = self.accepted.load(Ordering::Relaxed);
        Served {
            connections,
            failed: self.failed.load(Ordering::Relaxed),
            cut: connections.saturating_sub(self.ended.load(Ordering::Relaxed)),
        }
    }
}

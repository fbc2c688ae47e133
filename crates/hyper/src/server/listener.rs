//! Where connections come from, and how long to rest when there are too many descriptors.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use evenkeel::task::report_failure;
use evenkeel::{FailureKind, sleep};

/// Where a server gets its connections from.
pub trait Listener: Send + Sync + 'static {
    /// A connection, before its [`Handshake`](crate::Handshake).
    type Stream: Send + 'static;
    /// Who is at its other end.
    type Address: Send + 'static;

    /// Waits for the next connection.
    ///
    /// # Errors
    ///
    /// `InvalidInput` and `Unsupported` end the server: this is no listener. All others are taken as
    /// passing: it rests a little and tries again.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: a connection is either returned or still waits to be accepted.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Address)>> + Send;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    /// Sets `TCP_NODELAY`: hyper writes what belongs together at once.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: a connection is either returned or still waits to be accepted.
    async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = TcpListener::accept(self).await?;
        // One that has gone already says so when it is read.
        let _ = stream.set_nodelay(true);
        Ok((stream, peer))
    }
}

impl Listener for UnixListener {
    type Stream = UnixStream;
    type Address = std::os::unix::net::SocketAddr;

    /// # Cancellation
    ///
    /// Nothing lost: a connection is either returned or still waits to be accepted.
    async fn accept(&self) -> io::Result<(UnixStream, std::os::unix::net::SocketAddr)> {
        UnixListener::accept(self).await
    }
}

/// The rest after a failed accept, at first and at most. Shorter turns in a circle while there are no
/// descriptors, longer leaves clients waiting after there are some again.
const REST: (Duration, Duration) = (Duration::from_millis(5), Duration::from_secs(1));

/// How long to rest now. A row of failures is told once, by its first.
#[derive(Debug)]
pub(super) struct BackOff {
    next: Duration,
}

impl BackOff {
    pub(super) fn new() -> BackOff {
        BackOff { next: REST.0 }
    }

    /// The next connection, however many attempts it takes.
    ///
    /// # Errors
    ///
    /// If there never will be one.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: as [`Listener::accept`].
    pub(super) async fn accept<L: Listener>(
        &mut self,
        listener: &L,
    ) -> io::Result<(L::Stream, L::Address)> {
        loop {
            let error = match listener.accept().await {
                Ok(accepted) => {
                    self.next = REST.0;
                    return Ok(accepted);
                }
                Err(error) => error,
            };
            if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) {
                return Err(error);
            }
            if self.next == REST.0 {
                let text = format!("cannot accept connections: {error}; trying again");
                report_failure(FailureKind::Failed, text);
            }
            sleep(self.next).await;
            self.next = REST.1.min(self.next * 2);
        }
    }
}

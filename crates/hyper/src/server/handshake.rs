//! What happens to a connection before HTTP: nothing, or TLS.

use std::future::Future;
use std::io;

use futures_io::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, Write};

use crate::{HyperIo, HyperStream, Socket};

/// Makes of an accepted connection what hyper reads and writes. It runs in the connection's own task, so
/// a slow client holds up nobody, and within [`ServeOptions::header_timeout`](crate::ServeOptions).
pub trait Handshake<S>: Clone + Send + 'static {
    /// What hyper reads and writes.
    type Io: Read + Write + Unpin + Send + 'static;

    /// Shakes hands.
    ///
    /// # Errors
    ///
    /// If that fails; the connection is dropped.
    ///
    /// # Cancellation
    ///
    /// Data may be lost: the connection with all that was said.
    fn shake(self, stream: S) -> impl Future<Output = io::Result<Self::Io>> + Send;
}

/// None: HTTP from the first byte.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl<S: Socket + Send + 'static> Handshake<S> for Plain {
    type Io = HyperStream<S>;

    /// # Cancellation
    ///
    /// Data may be lost: the connection. (It does not wait.)
    async fn shake(self, stream: S) -> io::Result<HyperStream<S>> {
        Ok(HyperStream::new(stream))
    }
}

/// By a function; see [`Serve::with_handshake`](crate::Serve::with_handshake).
#[derive(Clone, Debug)]
pub struct AcceptWith<F>(pub(super) F);

impl<S, F, A, T> Handshake<S> for AcceptWith<F>
where
    S: Send + 'static,
    F: Fn(S) -> A + Clone + Send + 'static,
    A: Future<Output = io::Result<T>> + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Io = HyperIo<T>;

    /// # Cancellation
    ///
    /// Data may be lost: the connection with all that was said.
    async fn shake(self, stream: S) -> io::Result<HyperIo<T>> {
        Ok(HyperIo::new((self.0)(stream).await?))
    }
}

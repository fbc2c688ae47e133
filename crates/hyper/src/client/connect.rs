//! How a client gets a connection.

use std::future::Future;
use std::io;

use evenkeel::net::TcpStream;
use futures_io::{AsyncRead, AsyncWrite};
use hyper::Uri;
use hyper::rt::{Read, Write};

use crate::{HyperIo, HyperStream};

/// Makes connections for a [`Client`](crate::Client).
pub trait Connect: Clone + Send + Sync + 'static {
    /// What hyper reads and writes.
    type Io: Read + Write + Unpin + Send + 'static;

    /// Connects to the host of `uri`.
    ///
    /// # Errors
    ///
    /// If there is none, or none for this scheme.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: the attempt is given up.
    fn connect(&self, uri: &Uri) -> impl Future<Output = io::Result<Self::Io>> + Send;
}

/// TCP, for `http://`. Sets `TCP_NODELAY`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ConnectTcp;

impl Connect for ConnectTcp {
    type Io = HyperStream<TcpStream>;

    /// # Cancellation
    ///
    /// Nothing lost: the attempt is given up.
    async fn connect(&self, uri: &Uri) -> io::Result<HyperStream<TcpStream>> {
        if uri.scheme_str() != Some("http") {
            let text = "only http:// without a connector: see Client::with_connector";
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        let host = uri.host().unwrap_or_default();
        // An IPv6 address stands in brackets there.
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let stream = TcpStream::connect((host, uri.port_u16().unwrap_or(80))).await?;
        stream.set_nodelay(true)?;
        Ok(HyperStream::new(stream))
    }
}

/// By a function that is given the URI and answers a stream: TLS, a Unix socket, a test's pipe.
///
/// ```ignore
/// let connect = ConnectWith(move |uri: Uri| {
///     let connector = connector.clone();
///     async move {
///         let host = uri.host().unwrap_or_default().to_owned();
///         let stream = TcpStream::connect((&*host, 443)).await?;
///         connector.connect(host.try_into().map_err(io::Error::other)?, stream).await
///     }
/// });
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ConnectWith<F>(pub F);

impl<F, A, T> Connect for ConnectWith<F>
where
    F: Fn(Uri) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = io::Result<T>> + Send,
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    type Io = HyperIo<T>;

    /// # Cancellation
    ///
    /// Nothing lost: the attempt is given up.
    async fn connect(&self, uri: &Uri) -> io::Result<HyperIo<T>> {
        Ok(HyperIo::new((self.0)(uri.clone()).await?))
    }
}

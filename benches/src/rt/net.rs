//! Sockets.

use std::future::Future;
use std::io;
use std::net::SocketAddr;

use super::Rt;

/// Byte streams over TCP.
pub(crate) trait Net: Rt {
    type Listener: Send + Sync + 'static;
    type Stream: Send + 'static;

    fn listen() -> impl Future<Output = io::Result<(Self::Listener, SocketAddr)>> + Send;

    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    fn read(
        stream: &mut Self::Stream,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<usize>> + Send;

    fn write_all(
        stream: &mut Self::Stream,
        bytes: &[u8],
    ) -> impl Future<Output = io::Result<()>> + Send;
}

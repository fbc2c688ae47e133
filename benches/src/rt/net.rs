//! Sockets: TCP and Unix streams, and hyper on them.
//!
//! Buffers go in and come back, since runtimes on io_uring lend them to the kernel. For the others
//! that is a move of three words.

use std::future::Future;
use std::io;

use super::Rt;
use crate::load::Target;

/// Kinds of sockets: `Net<Tcp>` and `Net<Unix>`.
pub(crate) struct Tcp;

/// See [`Tcp`].
pub(crate) struct Unix;

/// Byte streams of one kind.
pub(crate) trait Net<Kind>: Rt {
    type Listener: Send + Sync + 'static;
    type Stream: Send + 'static;

    /// On loopback, or at a path of this process.
    fn listen() -> impl Future<Output = io::Result<(Self::Listener, Target)>> + Send;

    fn accept(listener: &Self::Listener) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Reads once, from the buffer's beginning, as much as it has room for.
    fn read(
        stream: &mut Self::Stream,
        buffer: Vec<u8>,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + Send;

    /// Writes that many of the buffer's bytes.
    fn write_all(
        stream: &mut Self::Stream,
        buffer: Vec<u8>,
        count: usize,
    ) -> impl Future<Output = (io::Result<()>, Vec<u8>)> + Send;
}

/// Streams in memory.
pub(crate) trait Pipes: Rt {
    type End: Send + 'static;

    /// Two ends, with room for so many bytes each way.
    fn pipe(room: usize) -> (Self::End, Self::End);

    fn read_exact(
        end: &mut Self::End,
        buffer: &mut [u8],
    ) -> impl Future<Output = io::Result<()>> + Send;

    fn write_all(end: &mut Self::End, bytes: &[u8]) -> impl Future<Output = io::Result<()>> + Send;
}

/// Names.
pub(crate) trait Names: Rt {
    /// How many addresses it has.
    fn lookup(host: &'static str, port: u16) -> impl Future<Output = io::Result<usize>> + Send;
}

/// hyper, with the adapter that the runtime's users have.
pub(crate) trait Http: Net<Tcp> {
    /// Hands the connection to [`hello`](crate::cases::hello).
    fn serve(stream: Self::Stream) -> impl Future<Output = io::Result<()>> + Send + 'static;
}

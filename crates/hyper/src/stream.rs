//! Our sockets as hyper's byte streams: straight into its buffers, and out of many at once.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel::net::{TcpStream, UnixStream};
use futures_io::AsyncWrite;
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::cursor::read_socket;

/// A TCP or Unix stream as hyper's `Read` and `Write`.
///
/// Reads go into hyper's buffer as it is, without filling it with zeros first; writes take head and body
/// from where they lie, in one system call. Other streams go into [`HyperIo`](crate::HyperIo).
///
/// ```no_run
/// use evenkeel::net::TcpStream;
/// use evenkeel_hyper::HyperStream;
///
/// # async fn example() -> std::io::Result<()> {
/// let io = HyperStream::new(TcpStream::connect("127.0.0.1:80").await?);
/// // hyper::client::conn::http1::handshake(io).await
/// # drop(io); Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct HyperStream<S> {
    socket: S,
}

impl<S: Socket> HyperStream<S> {
    /// Wraps a socket.
    pub fn new(socket: S) -> HyperStream<S> {
        HyperStream { socket }
    }

    /// The socket.
    pub fn get_ref(&self) -> &S {
        &self.socket
    }

    /// The socket again; for one that a client has upgraded. (A server's is watched, and does not come apart.)
    pub fn into_inner(self) -> S {
        self.socket
    }
}

/// A stream that reads into memory which is not initialised: evenkeel's TCP and Unix streams, and
/// nothing else.
pub trait Socket: AsyncWrite + Unpin + sealed::Sealed {
    /// Reads into `memory`. Of an answer `n`, the first `n` bytes are initialised; nothing else in it is
    /// touched.
    ///
    /// # Errors
    ///
    /// Those of `recv`.
    fn poll_read_uninit(
        &self,
        cx: &mut Context<'_>,
        memory: &mut [MaybeUninit<u8>],
    ) -> Poll<io::Result<usize>>;
}

mod sealed {
    //! `cursor.rs` leans on what is written in this file.
    #[expect(unnameable_types, reason = "that is what seals `Socket`")]
    pub trait Sealed {}
}

macro_rules! socket {
    ($stream:ident) => {
        impl sealed::Sealed for $stream {}

        impl Socket for $stream {
            fn poll_read_uninit(
                &self,
                cx: &mut Context<'_>,
                memory: &mut [MaybeUninit<u8>],
            ) -> Poll<io::Result<usize>> {
                $stream::poll_read_uninit(self, cx, memory)
            }
        }
    };
}

socket!(TcpStream);
socket!(UnixStream);

impl<S: Socket> Read for HyperStream<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        read_socket(&self.socket, cx, cursor)
    }
}

impl<S: Socket> Write for HyperStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match pieces {
            [one] => Pin::new(&mut self.socket).poll_write(cx, one),
            _ => Pin::new(&mut self.socket).poll_write_vectored(cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    /// A socket keeps nothing back.
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx)
    }
}

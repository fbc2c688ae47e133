//! Any stream of the futures-io traits as hyper's, and hyper's as one of those.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use pin_project_lite::pin_project;

use crate::cursor::read_zeroed;

/// How much of hyper's buffer is filled with zeros for one read. A record of TLS is no longer, so a
/// stream of such gives no more at a time; less would cost reads, more zeros.
const ZEROED: usize = 16 * 1024;

pin_project! {
    /// A futures-io stream as hyper's `Read` and `Write`, and the other way round.
    ///
    /// For what is no socket: TLS, a pipe in memory, a test. Sockets go into
    /// [`HyperStream`](crate::HyperStream), which costs less. hyper is told to write one piece at a time,
    /// since most such streams make a record, a frame or a call of each.
    ///
    /// It turns what hyper gives back from an upgrade into a stream to read and write:
    ///
    /// ```no_run
    /// use evenkeel_hyper::HyperIo;
    /// use futures_lite::io::AsyncWriteExt;
    ///
    /// # async fn example(response: hyper::Response<hyper::body::Incoming>) -> Result<(), Box<dyn std::error::Error>> {
    /// # #[cfg(feature = "client")] {
    /// let mut stream = HyperIo::new(hyper::upgrade::on(response).await?);
    /// stream.write_all(b"no longer HTTP").await?;
    /// # }
    /// # Ok(()) }
    /// ```
    #[derive(Clone, Debug)]
    pub struct HyperIo<T> {
        #[pin]
        io: T,
    }
}

impl<T> HyperIo<T> {
    /// Wraps a stream, of either kind.
    pub fn new(io: T) -> HyperIo<T> {
        HyperIo { io }
    }

    /// The stream.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// The stream.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// The stream again.
    pub fn into_inner(self) -> T {
        self.io
    }
}

impl<T: AsyncRead> Read for HyperIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let io = self.project().io;
        read_zeroed(cursor, ZEROED, |memory| io.poll_read(cx, memory))
    }
}

impl<T: AsyncWrite> Write for HyperIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write_vectored(cx, pieces)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_close(cx)
    }
}

impl<T: Read> AsyncRead for HyperIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buf = ReadBuf::new(buf);
        ready!(self.project().io.poll_read(cx, buf.unfilled()))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: Write> AsyncWrite for HyperIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write_vectored(cx, pieces)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_shutdown(cx)
    }
}

//! hyper's reading and writing on the traits of futures-io, for runtimes whose streams have those.
//!
//! smol-hyper has the same, but fills the whole buffer with zeros before each read.

// WRITE ONLY: the streams that go in here hand their buffer to `recv`, which writes into it and
// reads nothing of it, and answer with the number of bytes that it wrote.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBufCursor, Write};

pub(crate) struct HyperIo<S>(pub(crate) S);

impl<S: AsyncRead + Unpin> Read for HyperIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: WRITE ONLY, so nothing is uninitialised that was not so before.
        let free = unsafe { cursor.as_mut() };
        // SAFETY: WRITE ONLY.
        let buffer =
            unsafe { std::slice::from_raw_parts_mut(free.as_mut_ptr().cast(), free.len()) };
        let count = ready!(Pin::new(&mut self.0).poll_read(cx, buffer))?;
        // SAFETY: WRITE ONLY.
        unsafe { cursor.advance(count) };
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> Write for HyperIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(cx)
    }
}

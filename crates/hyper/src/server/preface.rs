//! Which version a client speaks, by its first bytes, which hyper then reads again.

use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};

/// How an HTTP/2 client begins (RFC 9113, 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Room for the first bytes. An ordinary request fits, and so costs no second read.
const FIRST: usize = 1024;

/// A stream whose first bytes were looked at.
#[derive(Debug)]
pub(super) struct Looked<I> {
    io: I,
    /// Read already, and not given to hyper yet.
    head: Vec<u8>,
    given: usize,
}

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Speaks {
    Http1,
    Http2,
    /// It has gone without a word.
    Nothing,
}

impl<I: Read + Unpin> Looked<I> {
    pub(super) fn new(io: I) -> Looked<I> {
        Looked { io, head: Vec::new(), given: 0 }
    }

    /// Whether the client has said anything.
    pub(super) fn has_begun(&self) -> bool {
        !self.head.is_empty()
    }

    /// Reads until it is clear. What is no HTTP/2 is left to HTTP/1 to complain about.
    pub(super) fn poll_look(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Speaks>> {
        loop {
            let seen = self.head.len().min(PREFACE.len());
            if self.head[..seen] != PREFACE[..seen] {
                return Poll::Ready(Ok(Speaks::Http1));
            }
            if seen == PREFACE.len() {
                return Poll::Ready(Ok(Speaks::Http2));
            }
            let mut memory = [MaybeUninit::uninit(); FIRST];
            let mut buf = ReadBuf::uninit(&mut memory);
            ready!(Pin::new(&mut self.io).poll_read(cx, buf.unfilled()))?;
            match buf.filled() {
                [] if self.head.is_empty() => return Poll::Ready(Ok(Speaks::Nothing)),
                [] => return Poll::Ready(Ok(Speaks::Http1)),
                bytes => self.head.extend_from_slice(bytes),
            }
        }
    }
}

impl<I: Read + Unpin> Read for Looked<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let rest = &self.head[self.given..];
        if rest.is_empty() {
            return Pin::new(&mut self.io).poll_read(cx, cursor);
        }
        let n = rest.len().min(cursor.remaining());
        cursor.put_slice(&rest[..n]);
        self.given += n;
        if self.given == self.head.len() {
            // Its memory is needed no more, however long the connection lives.
            (self.head, self.given) = (Vec::new(), 0);
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: Write + Unpin> Write for Looked<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

//! Sources as byte streams: the `futures-io` traits, on `Source<T>` and on `&Source<T>`.
//!
//! Closing ends the writing half of a socket (the other side reads an end); for other descriptors it
//! flushes. A source is closed for good by dropping it.

use std::io::{self, IoSlice, IoSliceMut, Read, Write};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use rustix::io::Errno;
use rustix::net::{Shutdown, shutdown};

use crate::link::Shows;
use crate::registry::Way;
use crate::source::Source;
use crate::wait::{recv, send};

/// What a read of at most `room` bytes shows: an end (0) nothing, since it can be read again.
fn read_shows(room: usize) -> impl Fn(&usize) -> Shows {
    move |&n| match n {
        0 => Shows::Nothing,
        n if n < room => Shows::Dry,
        _ => Shows::Full,
    }
}

fn write_shows(load: usize) -> impl Fn(&usize) -> Shows {
    move |&n| if n < load { Shows::Dry } else { Shows::Nothing }
}

fn room(bufs: &[IoSliceMut<'_>]) -> usize {
    bufs.iter().map(|buf| buf.len()).sum()
}

fn load(bufs: &[IoSlice<'_>]) -> usize {
    bufs.iter().map(|buf| buf.len()).sum()
}

/// Ends the writing half, if there is one.
fn end(io: &impl AsFd) -> io::Result<()> {
    match shutdown(io, Shutdown::Write) {
        // Not a socket, or one whose other side is gone: nobody to tell.
        Ok(()) | Err(Errno::NOTSOCK | Errno::NOTCONN) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Of stream sockets: what std's types do, more directly.
impl<T: AsFd> Source<T> {
    fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        let shows = read_shows(buf.len());
        self.poll_with(Way::Read, cx, |io| recv(io.as_fd(), &mut *buf), shows)
    }

    fn poll_send(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let shows = write_shows(buf.len());
        self.poll_with(Way::Write, cx, |io| send(io.as_fd(), buf), shows)
    }
}

/// Reading into memory that nothing was written to yet, which spares filling it with zeros first.
macro_rules! reads_uninit {
    ($stream:ident) => {
        impl Source<$stream> {
            /// Reads into `buf`, which need not be initialised. Of an answer `n`, the first `n` bytes are
            /// initialised; nothing else in `buf` is touched. 0 is the end, if there was room.
            ///
            /// For code that hands out such buffers (hyper does); others read by
            /// [`AsyncRead`]. Any number of tasks may wait by it.
            ///
            /// # Errors
            ///
            /// Those of `recv`.
            pub fn poll_read_uninit(
                &self,
                cx: &mut Context<'_>,
                buf: &mut [MaybeUninit<u8>],
            ) -> Poll<io::Result<usize>> {
                let shows = read_shows(buf.len());
                let op = |io: &$stream| Ok(recv(io.as_fd(), &mut *buf)?.0.len());
                self.poll_with(Way::Read, cx, op, shows)
            }
        }
    };
}

reads_uninit!(TcpStream);
reads_uninit!(UnixStream);

impl<T: AsFd + Read> AsyncRead for Source<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_stream() {
            return self.poll_recv(cx, buf);
        }
        let shows = read_shows(buf.len());
        self.get_mut().poll_with_mut(Way::Read, cx, |io| io.read(buf), shows)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let shows = read_shows(room(bufs));
        self.get_mut().poll_with_mut(Way::Read, cx, |io| io.read_vectored(bufs), shows)
    }
}

impl<T: AsFd> AsyncRead for &Source<T>
where
    for<'a> &'a T: Read,
{
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_stream() {
            return self.poll_recv(cx, buf);
        }
        let shows = read_shows(buf.len());
        self.poll_with(Way::Read, cx, |mut io| io.read(buf), shows)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let shows = read_shows(room(bufs));
        self.poll_with(Way::Read, cx, |mut io| io.read_vectored(bufs), shows)
    }
}

impl<T: AsFd + Write> AsyncWrite for Source<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_stream() {
            return self.poll_send(cx, buf);
        }
        let shows = write_shows(buf.len());
        self.get_mut().poll_with_mut(Way::Write, cx, |io| io.write(buf), shows)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let shows = write_shows(load(bufs));
        self.get_mut().poll_with_mut(Way::Write, cx, |io| io.write_vectored(bufs), shows)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_with_mut(Way::Write, cx, |io| io.flush(), |()| Shows::Nothing)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.as_mut().poll_flush(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(end(&self.as_fd())),
            other => other,
        }
    }
}

impl<T: AsFd> AsyncWrite for &Source<T>
where
    for<'a> &'a T: Write,
{
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.is_stream() {
            return self.poll_send(cx, buf);
        }
        let shows = write_shows(buf.len());
        self.poll_with(Way::Write, cx, |mut io| io.write(buf), shows)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let shows = write_shows(load(bufs));
        self.poll_with(Way::Write, cx, |mut io| io.write_vectored(bufs), shows)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_with(Way::Write, cx, |mut io| io.flush(), |()| Shows::Nothing)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.as_mut().poll_flush(cx) {
            Poll::Ready(Ok(())) => Poll::Ready(end(&self.as_fd())),
            other => other,
        }
    }
}

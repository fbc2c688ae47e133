//! tokio's I/O traits and those of `futures-io`, each for the other's types.

use std::io::{self, IoSlice, SeekFrom};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;
use tokio::io as theirs;

pin_project! {
    /// A stream of ours for a library that wants tokio's traits, and one of theirs for ours: the traits alone,
    /// no runtime of tokio's runs.
    ///
    /// ```
    /// use evenkeel::io::prelude::*;
    /// use evenkeel::io::{TokioIo, duplex};
    ///
    /// async fn of_tokio(stream: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin)) {
    ///     /* a library written for tokio */
    /// }
    ///
    /// # evenkeel::run(async {
    /// let (here, _there) = duplex(64);
    /// let mut stream = TokioIo::new(here);
    /// of_tokio(&mut stream).await;
    /// stream.into_inner().close().await?;
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    #[derive(Clone, Debug)]
    #[doc(alias = "Compat")]
    pub struct TokioIo<T> {
        #[pin]
        io: T,
        // A seek of tokio's is begun and awaited in two calls.
        seeks: Option<SeekFrom>,
    }
}

impl<T> TokioIo<T> {
    /// With the other family's traits.
    pub fn new(io: T) -> TokioIo<T> {
        TokioIo { io, seeks: None }
    }

    /// What is within.
    pub fn get_ref(&self) -> &T {
        &self.io
    }

    /// What is within.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.io
    }

    /// What was within.
    pub fn into_inner(self) -> T {
        self.io
    }
}

impl<T: futures_io::AsyncRead> theirs::AsyncRead for TokioIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut theirs::ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        // Zeroed once at most: the buffer remembers how far it was.
        let n = ready!(self.project().io.poll_read(cx, buf.initialize_unfilled()))?;
        buf.advance(n);
        Poll::Ready(Ok(()))
    }
}

impl<T: futures_io::AsyncBufRead> theirs::AsyncBufRead for TokioIo<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().io.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.project().io.consume(n);
    }
}

impl<T: futures_io::AsyncWrite> theirs::AsyncWrite for TokioIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write_vectored(cx, bufs)
    }

    /// Sockets of ours do; whatever does not takes the first slice, which is right, only slower.
    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_close(cx)
    }
}

impl<T: futures_io::AsyncSeek> theirs::AsyncSeek for TokioIo<T> {
    fn start_seek(self: Pin<&mut Self>, to: SeekFrom) -> io::Result<()> {
        *self.project().seeks = Some(to);
        Ok(())
    }

    fn poll_complete(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<u64>> {
        let this = self.project();
        // Without a seek it tells where it is.
        let at = ready!(this.io.poll_seek(cx, this.seeks.unwrap_or(SeekFrom::Current(0))));
        *this.seeks = None;
        Poll::Ready(at)
    }
}

impl<T: theirs::AsyncRead> futures_io::AsyncRead for TokioIo<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let mut buf = theirs::ReadBuf::new(buf);
        ready!(self.project().io.poll_read(cx, &mut buf))?;
        Poll::Ready(Ok(buf.filled().len()))
    }
}

impl<T: theirs::AsyncBufRead> futures_io::AsyncBufRead for TokioIo<T> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        self.project().io.poll_fill_buf(cx)
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.project().io.consume(n);
    }
}

impl<T: theirs::AsyncWrite> futures_io::AsyncWrite for TokioIo<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.project().io.poll_write_vectored(cx, bufs)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_flush(cx)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.project().io.poll_shutdown(cx)
    }
}

impl<T: theirs::AsyncSeek> futures_io::AsyncSeek for TokioIo<T> {
    fn poll_seek(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        let mut this = self.project();
        // Begun once, however often it is polled; another aim begins another.
        if *this.seeks != Some(to) {
            ready!(this.io.as_mut().poll_complete(cx))?;
            this.io.as_mut().start_seek(to)?;
            *this.seeks = Some(to);
        }
        let at = ready!(this.io.poll_complete(cx));
        *this.seeks = None;
        Poll::Ready(at)
    }
}

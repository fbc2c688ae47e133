//! A stream whose reads and writes do not wait for ever.

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel_timer::{Sleep, sleep};
use futures_io::{AsyncRead, AsyncWrite};
use pin_project_lite::pin_project;

pin_project! {
    /// A stream whose reads, or writes, fail with `TimedOut` when the other side does nothing for so long.
    ///
    /// The time runs from a read (a write, a flush, a close) that has to wait until one succeeds: a stream that
    /// nobody has begun to read is not timed. It bounds silence and not the whole: against one who sends a byte
    /// a second put [`timeout`](crate::timeout()) around the reading of the whole request.
    ///
    /// A read that is dropped while it waits does not end the silence: a loop that races reads against other
    /// things and begins each of them anew is timed as if it were one. Whoever gives up reading for a while
    /// takes the time that has passed away by [`set_reading`](Timeouts::set_reading) before the next read,
    /// which would fail at once otherwise if that was long and nothing is there; the same of writes.
    ///
    /// ```
    /// use evenkeel::io::prelude::*;
    /// use evenkeel::io::{Timeouts, duplex};
    /// use std::io::ErrorKind;
    /// use std::time::Duration;
    ///
    /// # evenkeel::testing::run(async {
    /// let (here, _there) = duplex(64);
    /// let mut here = Timeouts::new(here).reading(Duration::from_secs(30));
    /// let error = here.read(&mut [0; 16]).await.unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::TimedOut);
    /// # });
    /// ```
    pub struct Timeouts<S> {
        #[pin]
        stream: S,
        reading: Limit,
        writing: Limit,
    }
}

/// One direction's.
#[derive(Default)]
struct Limit {
    after: Option<Duration>,
    /// While it waits.
    sleep: Option<Sleep>,
}

impl Limit {
    /// Passes on what is ready; what is not is timed.
    fn hold<T>(
        &mut self,
        cx: &mut Context<'_>,
        what: &str,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.sleep = None;
            return polled;
        }
        let Some(after) = self.after else { return Poll::Pending };
        let waits = self.sleep.get_or_insert_with(|| sleep(after));
        ready!(Pin::new(waits).poll(cx));
        self.sleep = None;
        let text = format!("{what} for {after:?}");
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, text)))
    }
}

const NOTHING_READ: &str = "nothing came to be read";
const NOTHING_WRITTEN: &str = "nothing could be written";

impl<S> Timeouts<S> {
    /// Without a limit so far.
    pub fn new(stream: S) -> Timeouts<S> {
        Timeouts { stream, reading: Limit::default(), writing: Limit::default() }
    }

    /// A read waits for so long at most.
    #[must_use]
    pub fn reading(mut self, after: Duration) -> Timeouts<S> {
        self.set_reading(Some(after));
        self
    }

    /// A write waits for so long at most.
    #[must_use]
    pub fn writing(mut self, after: Duration) -> Timeouts<S> {
        self.set_writing(Some(after));
        self
    }

    /// How long a read may wait from now on; `None`: for ever. Begins anew, for one that waits and after one
    /// that was dropped while it did.
    pub fn set_reading(&mut self, after: Option<Duration>) {
        self.reading = Limit { after, sleep: None };
    }

    /// How long a write may wait from now on; `None`: for ever. Begins anew, for one that waits and after one
    /// that was dropped while it did.
    pub fn set_writing(&mut self, after: Option<Duration>) {
        self.writing = Limit { after, sleep: None };
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The stream.
    pub fn into_inner(self) -> S {
        self.stream
    }
}

impl<S: AsyncRead> AsyncRead for Timeouts<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let polled = this.stream.poll_read(cx, buf);
        this.reading.hold(cx, NOTHING_READ, polled)
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let polled = this.stream.poll_read_vectored(cx, bufs);
        this.reading.hold(cx, NOTHING_READ, polled)
    }
}

impl<S: AsyncWrite> AsyncWrite for Timeouts<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let polled = this.stream.poll_write(cx, buf);
        this.writing.hold(cx, NOTHING_WRITTEN, polled)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.project();
        let polled = this.stream.poll_write_vectored(cx, bufs);
        this.writing.hold(cx, NOTHING_WRITTEN, polled)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let polled = this.stream.poll_flush(cx);
        this.writing.hold(cx, NOTHING_WRITTEN, polled)
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.project();
        let polled = this.stream.poll_close(cx);
        this.writing.hold(cx, NOTHING_WRITTEN, polled)
    }
}

impl<S> fmt::Debug for Timeouts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeouts")
            .field("read", &self.reading.after)
            .field("write", &self.writing.after)
            .finish_non_exhaustive()
    }
}

//! A connection's stream, timed where it is written to, and what it has seen of its client.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel::{Sleep, sleep};
use hyper::rt::{Read, ReadBufCursor, Write};

use super::options::is_departure;
use crate::cursor::read_counted;
use crate::loom::{AtomicBool, Ordering};

/// A stream that is watched.
#[derive(Debug)]
pub(super) struct Watched<I> {
    io: I,
    seen: Arc<Seen>,
    write_timeout: Option<Duration>,
    /// While it can write nothing.
    waits: Option<Sleep>,
}

/// What was seen, for whoever asks when hyper has the stream.
// Relaxed, all of it: hyper uses the stream in the task of the connection, which is the one that asks.
#[derive(Debug, Default)]
pub(super) struct Seen {
    ended: AtomicBool,
    broken: AtomicBool,
    stalled: AtomicBool,
    answered: AtomicBool,
}

impl Seen {
    /// Whether the client has closed its half.
    pub(super) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Relaxed)
    }

    /// Whether the connection broke.
    pub(super) fn is_broken(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
    }

    /// Whether the client took nothing for too long.
    pub(super) fn is_stalled(&self) -> bool {
        self.stalled.load(Ordering::Relaxed)
    }

    /// Whether the client has said nothing since it was last answered. What it had begun to say before that
    /// answer does not count.
    pub(super) fn is_idle(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    fn note_error(&self, error: &io::Error) {
        if is_departure(error) {
            self.broken.store(true, Ordering::Relaxed);
        }
    }
}

impl<I> Watched<I> {
    pub(super) fn new(io: I, write_timeout: Option<Duration>) -> (Watched<I>, Arc<Seen>) {
        let seen = Arc::<Seen>::default();
        (Watched { io, seen: Arc::clone(&seen), write_timeout, waits: None }, seen)
    }

    /// Passes on what a write answered.
    fn wrote(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(_)) = polled {
            self.seen.answered.store(true, Ordering::Relaxed);
        }
        self.timed(cx, polled)
    }

    /// The same of a flush, too; a standstill is timed.
    fn timed<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if let Poll::Ready(ended) = &polled {
            self.waits = None;
            if let Err(error) = ended {
                self.seen.note_error(error);
            }
            return polled;
        }
        let Some(limit) = self.write_timeout else { return Poll::Pending };
        let waits = self.waits.get_or_insert_with(|| sleep(limit));
        ready!(Pin::new(waits).poll(cx));
        self.waits = None;
        self.seen.stalled.store(true, Ordering::Relaxed);
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: Read + Unpin> Read for Watched<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let room = cursor.remaining();
        let Watched { io, seen, .. } = &mut *self;
        match ready!(read_counted(cursor, |cursor| Pin::new(io).poll_read(cx, cursor))) {
            Ok(0) if room > 0 => seen.ended.store(true, Ordering::Relaxed),
            Ok(_) => seen.answered.store(false, Ordering::Relaxed),
            Err(error) => {
                seen.note_error(&error);
                return Poll::Ready(Err(error));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<I: Write + Unpin> Write for Watched<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, bytes);
        self.wrote(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write_vectored(cx, pieces);
        self.wrote(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_flush(cx);
        self.timed(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.io).poll_shutdown(cx);
        self.timed(cx, polled)
    }
}

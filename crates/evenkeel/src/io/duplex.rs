//! A stream in memory: two ends, and what is written to one is read from the other.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};

use evenkeel_context::{Wait, poll_budget, spend, waiting_for};
use futures_io::{AsyncRead, AsyncWrite};

use super::{Mutex, lock, panicking};

/// Two ends of a stream in memory. Up to `capacity` bytes each way are on their way; then writing waits.
///
/// For tests of what speaks over sockets, and between tasks. Closing an end, or dropping it, ends the other's
/// reading; writing to an end that is gone is `BrokenPipe`, as with a socket.
///
/// ```
/// use evenkeel::io::duplex;
/// use evenkeel::io::prelude::*;
///
/// # evenkeel::run(async {
/// let (mut one, mut two) = duplex(64);
/// one.write_all(b"ahoy").await?;
/// let mut heard = [0; 4];
/// two.read_exact(&mut heard).await?;
/// assert_eq!(&heard, b"ahoy");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Panics
///
/// If `capacity` is 0: nothing could ever be written.
pub fn duplex(capacity: usize) -> (DuplexStream, DuplexStream) {
    assert!(capacity > 0, "a duplex stream with a capacity of 0 would carry nothing");
    let (there, back) = (Pipe::new(capacity), Pipe::new(capacity));
    let one = DuplexStream { reads: Arc::clone(&back), writes: Arc::clone(&there) };
    (one, DuplexStream { reads: there, writes: back })
}

/// One end of a stream in memory; see [`duplex`].
pub struct DuplexStream {
    reads: Arc<Pipe>,
    writes: Arc<Pipe>,
}

/// One way.
struct Pipe(Mutex<State>);

struct State {
    bytes: Box<[u8]>,
    /// Where the first byte lies, and how many there are from there on, round the end.
    first: usize,
    len: usize,
    reader: Option<Waker>,
    writer: Option<Waker>,
    /// Nothing is written any more.
    ended: bool,
    /// Nothing is read any more.
    unheard: bool,
}

#[derive(Clone, Copy)]
enum Side {
    Reader,
    Writer,
}

impl State {
    /// As many bytes as there are, and as there is room for.
    fn take(&mut self, mut room: &mut [u8]) -> usize {
        let before = self.len;
        while self.len > 0 && !room.is_empty() {
            let row = self.len.min(self.bytes.len() - self.first).min(room.len());
            let (now, later) = room.split_at_mut(row);
            now.copy_from_slice(&self.bytes[self.first..self.first + row]);
            room = later;
            self.first = (self.first + row) % self.bytes.len();
            self.len -= row;
        }
        if self.len == 0 {
            self.first = 0; // The next is written in one row.
        }
        before - self.len
    }

    /// As many bytes as there is room for.
    fn put(&mut self, mut load: &[u8]) -> usize {
        let before = self.len;
        while self.len < self.bytes.len() && !load.is_empty() {
            let at = (self.first + self.len) % self.bytes.len();
            let end = if at < self.first { self.first } else { self.bytes.len() };
            let row = load.len().min(end - at);
            self.bytes[at..at + row].copy_from_slice(&load[..row]);
            load = &load[row..];
            self.len += row;
        }
        self.len - before
    }

    fn waiting(&mut self, side: Side) -> &mut Option<Waker> {
        match side {
            Side::Reader => &mut self.reader,
            Side::Writer => &mut self.writer,
        }
    }
}

impl Pipe {
    fn new(capacity: usize) -> Arc<Pipe> {
        Arc::new(Pipe(Mutex::new(State {
            bytes: vec![0; capacity].into(),
            first: 0,
            len: 0,
            reader: None,
            writer: None,
            ended: false,
            unheard: false,
        })))
    }

    /// Tries `op` until it gives something. Whoever waits on the other side is woken then.
    fn poll<R>(
        &self,
        cx: &Context<'_>,
        side: Side,
        mut op: impl FnMut(&mut State) -> Option<R>,
    ) -> Poll<R> {
        ready!(poll_budget(cx));
        let mut waker = None;
        loop {
            let mut state = lock(&self.0);
            if let Some(done) = op(&mut state) {
                let other = match side {
                    Side::Reader => state.writer.take(),
                    Side::Writer => state.reader.take(),
                };
                drop(state);
                other.into_iter().for_each(Waker::wake);
                spend();
                return Poll::Ready(done);
            }
            let waiting = state.waiting(side);
            if waiting.as_ref().is_some_and(|mine| mine.will_wake(cx.waker())) {
                break;
            }
            // Cloned with nothing locked, as it may run anything; and so is the old one dropped.
            if let Some(mine) = waker.take() {
                let old = waiting.replace(mine);
                drop(state);
                drop(old);
                break;
            }
            drop(state);
            waker = Some(cx.waker().clone());
        }
        waiting_for(Wait::Queue, 0);
        Poll::Pending
    }

    /// This side is over; who is to be told of it.
    #[must_use]
    fn end(&self, side: Side) -> [Option<Waker>; 2] {
        let mut state = lock(&self.0);
        match side {
            Side::Reader => state.unheard = true,
            Side::Writer => state.ended = true,
        }
        [state.reader.take(), state.writer.take()]
    }

    fn poll_take(
        &self,
        cx: &Context<'_>,
        wants: bool,
        mut take: impl FnMut(&mut State) -> usize,
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, Side::Reader, |state| match state.len {
            0 if !state.ended && wants => None,
            _ => Some(Ok(take(state))),
        })
    }

    fn poll_put(
        &self,
        cx: &Context<'_>,
        wants: bool,
        mut put: impl FnMut(&mut State) -> usize,
    ) -> Poll<io::Result<usize>> {
        self.poll(cx, Side::Writer, |state| {
            if state.ended || state.unheard {
                return Some(Err(io::ErrorKind::BrokenPipe.into()));
            }
            if state.len == state.bytes.len() && wants {
                return None;
            }
            Some(Ok(put(state)))
        })
    }
}

impl AsyncRead for DuplexStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.reads.poll_take(cx, !buf.is_empty(), |state| state.take(buf))
    }

    fn poll_read_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        let wants = bufs.iter().any(|buf| !buf.is_empty());
        let all = |state: &mut State| bufs.iter_mut().map(|buf| state.take(buf)).sum();
        self.reads.poll_take(cx, wants, all)
    }
}

/// Closing ends the writing half: the other end reads what is there, and then an end.
impl AsyncWrite for DuplexStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.writes.poll_put(cx, !buf.is_empty(), |state| state.put(buf))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wants = bufs.iter().any(|buf| !buf.is_empty());
        self.writes.poll_put(cx, wants, |state| bufs.iter().map(|buf| state.put(buf)).sum())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        wake_all(self.writes.end(Side::Writer));
        Poll::Ready(Ok(()))
    }
}

impl Drop for DuplexStream {
    fn drop(&mut self) {
        let (readers, writers) = (self.writes.end(Side::Writer), self.reads.end(Side::Reader));
        wake_all(readers.into_iter().chain(writers));
    }
}

/// Wakes them with nothing locked, each of them, whichever panics.
fn wake_all(wakers: impl IntoIterator<Item = Option<Waker>>) {
    let mut panicked = None;
    for waker in wakers.into_iter().flatten() {
        let woken = catch_unwind(AssertUnwindSafe(|| waker.wake()));
        // Dropping a payload may panic too: what goes no further is let go of without dropping.
        match (woken, &panicked) {
            (Ok(()), _) => {}
            (Err(payload), None) => panicked = Some(payload),
            (Err(payload), Some(_)) => forget(payload),
        }
    }
    match panicked {
        None => {}
        Some(payload) if panicking() => forget(payload),
        Some(payload) => resume_unwind(payload),
    }
}

impl fmt::Debug for DuplexStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (readable, written) = (lock(&self.reads.0).len, lock(&self.writes.0).len);
        f.debug_struct("DuplexStream")
            .field("readable", &readable)
            .field("unread", &written)
            .finish_non_exhaustive()
    }
}

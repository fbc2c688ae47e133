//! Copying: everything from a reader to a writer, one way or both ways at once.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_io::{AsyncBufRead, AsyncRead, AsyncWrite};

/// What is read at a time. Larger saves calls on fast streams, smaller saves memory on many.
const CHUNK: usize = 8 * 1024;

/// Copies everything from `reader` to `writer`, until the reader's end. How many bytes there were.
///
/// The writer is flushed when the reader has nothing for now, and at the end; it is not closed.
///
/// ```
/// use evenkeel::io::copy;
///
/// # evenkeel::run(async {
/// let mut heard = Vec::new();
/// assert_eq!(copy(&b"ahoy"[..], &mut heard).await?, 4);
/// assert_eq!(heard, b"ahoy");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Errors
///
/// Those of reading and writing; `WriteZero` if the writer takes nothing.
///
/// # Cancellation
///
/// *Data may be lost*: up to 8 KiB were read and are not written.
pub async fn copy<R, W>(mut reader: R, mut writer: W) -> io::Result<u64>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut flow = Flow::new();
    poll_fn(|cx| flow.poll(cx, Pin::new(&mut reader), Pin::new(&mut writer))).await
}

/// [`copy`] from a reader that has a buffer: the bytes go from there to the writer without another one.
///
/// # Errors
///
/// Those of reading and writing; `WriteZero` if the writer takes nothing.
///
/// # Cancellation
///
/// *Nothing lost*: what is not written is still in the reader. How much was written is not told.
pub async fn copy_buf<R, W>(mut reader: R, mut writer: W) -> io::Result<u64>
where
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (mut copied, mut unflushed) = (0, false);
    poll_fn(|cx| {
        loop {
            ready!(poll_budget(cx));
            let filled = match Pin::new(&mut reader).poll_fill_buf(cx)? {
                Poll::Ready(filled) => filled,
                Poll::Pending => {
                    if unflushed && Pin::new(&mut writer).poll_flush(cx)?.is_ready() {
                        unflushed = false;
                    }
                    return Poll::Pending;
                }
            };
            if filled.is_empty() {
                ready!(Pin::new(&mut writer).poll_flush(cx))?;
                return Poll::Ready(Ok(copied));
            }
            let n = ready!(Pin::new(&mut writer).poll_write(cx, filled))?;
            spend();
            if n == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            Pin::new(&mut reader).consume(n);
            copied += n as u64;
            unflushed = true;
        }
    })
    .await
}

/// Copies both ways at once, until both sides have ended: what a proxy does. How many bytes went from `a` to
/// `b`, and from `b` to `a`.
///
/// When one side ends, the writing half of the other is closed, and the other way goes on.
///
/// ```
/// use evenkeel::io::prelude::*;
/// use evenkeel::io::{copy_bidirectional, duplex};
///
/// # evenkeel::run(async {
/// let (mut client, mut inner) = duplex(64);
/// let (mut outer, mut server) = duplex(64);
/// let proxy = evenkeel::create_task(async move { copy_bidirectional(&mut inner, &mut outer).await });
/// client.write_all(b"ahoy").await?;
/// client.close().await?;
/// let mut heard = String::new();
/// server.read_to_string(&mut heard).await?;
/// server.close().await?;
/// assert_eq!((heard.as_str(), proxy.await?), ("ahoy", (4, 0)));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Errors
///
/// The first of either side, at once; the other way may have been half-way through.
///
/// # Cancellation
///
/// *Data may be lost*: up to 8 KiB each way were read and are not written.
pub async fn copy_bidirectional<A, B>(a: &mut A, b: &mut B) -> io::Result<(u64, u64)>
where
    A: AsyncRead + AsyncWrite + Unpin + ?Sized,
    B: AsyncRead + AsyncWrite + Unpin + ?Sized,
{
    let (mut there, mut back) = (Way::Flows(Flow::new()), Way::Flows(Flow::new()));
    let mut back_first = true;
    poll_fn(|cx| {
        // In turns: one way that is always ready uses up the task's budget, and the other would get none.
        back_first = !back_first;
        let (mut sent, mut received) = (Poll::Pending, Poll::Pending);
        for is_back in [back_first, !back_first] {
            match is_back {
                false => sent = there.poll(cx, Pin::new(&mut *a), Pin::new(&mut *b))?,
                true => received = back.poll(cx, Pin::new(&mut *b), Pin::new(&mut *a))?,
            }
        }
        Poll::Ready(Ok((ready!(sent), ready!(received))))
    })
    .await
}

/// One way of two.
enum Way {
    Flows(Flow),
    /// The reader has ended, and the writer is being told so.
    Closes(u64),
    Over(u64),
}

impl Way {
    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        if let Way::Flows(flow) = self {
            let copied = ready!(flow.poll(cx, reader, writer.as_mut()))?;
            *self = Way::Closes(copied);
        }
        if let Way::Closes(copied) = *self {
            ready!(writer.poll_close(cx))?;
            *self = Way::Over(copied);
        }
        match self {
            Way::Over(copied) => Poll::Ready(Ok(*copied)),
            Way::Flows(_) | Way::Closes(_) => Poll::Pending,
        }
    }
}

/// Bytes on their way.
struct Flow {
    /// Empty until it is needed.
    bytes: Box<[u8]>,
    /// Read and not written yet.
    from: usize,
    to: usize,
    ended: bool,
    unflushed: bool,
    copied: u64,
}

impl Flow {
    fn new() -> Flow {
        Flow { bytes: Box::default(), from: 0, to: 0, ended: false, unflushed: false, copied: 0 }
    }

    fn poll<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        mut reader: Pin<&mut R>,
        mut writer: Pin<&mut W>,
    ) -> Poll<io::Result<u64>>
    where
        R: AsyncRead + ?Sized,
        W: AsyncWrite + ?Sized,
    {
        if self.bytes.is_empty() {
            self.bytes = vec![0; CHUNK].into();
        }
        loop {
            // For readers and writers in memory, which are always ready.
            ready!(poll_budget(cx));
            if self.from == self.to && !self.ended {
                match reader.as_mut().poll_read(cx, &mut self.bytes)? {
                    Poll::Ready(n) => (self.from, self.to, self.ended) = (0, n, n == 0),
                    Poll::Pending => {
                        if self.unflushed && writer.poll_flush(cx)?.is_ready() {
                            self.unflushed = false;
                        }
                        return Poll::Pending;
                    }
                }
            }
            if self.from < self.to {
                let n = ready!(writer.as_mut().poll_write(cx, &self.bytes[self.from..self.to]))?;
                spend();
                if n == 0 {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                self.from += n;
                self.copied += n as u64;
                self.unflushed = true;
            } else {
                ready!(writer.as_mut().poll_flush(cx))?;
                return Poll::Ready(Ok(self.copied));
            }
        }
    }
}

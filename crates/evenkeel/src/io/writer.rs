//! asyncio's `StreamWriter`: `write` never waits, `drain` waits for the other side.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

use evenkeel_context::spend;
use futures_io::AsyncWrite;

use super::turn;

/// asyncio's own default.
const HIGH_WATER: usize = 64 * 1024;

/// Writes to any stream through a buffer: asyncio's `StreamWriter`.
///
/// [`write`](StreamWriter::write) puts bytes into the buffer and returns; once more than the high-water mark
/// is there (64 KiB), it also pushes out what goes without waiting. [`drain`](StreamWriter::drain) writes
/// everything, and waits for an other side that is slow: call it after each batch, or the buffer grows.
///
/// Two things are unlike asyncio. There is no transport behind it that goes on by itself, so what was not
/// drained is not sent; and `drain` is therefore ready when *all* is with the kernel, not at a low-water mark.
///
/// ```
/// use evenkeel::io::StreamWriter;
///
/// # evenkeel::run(async {
/// let mut sent = Vec::new();
/// let mut writer = StreamWriter::new(&mut sent);
/// writer.write(b"even");
/// writer.writelines([b"keel\n", b"....\n"]);
/// writer.drain().await?;
/// drop(writer);
/// assert_eq!(sent, b"evenkeel\n....\n");
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub struct StreamWriter<W> {
    /// `None` once it is closed.
    writer: Option<W>,
    buffer: Vec<u8>,
    /// How much of the buffer is with the kernel.
    sent: usize,
    high_water: usize,
    stage: Stage,
    /// Of a write that did not wait; told by the next call that does.
    failed: Option<io::Error>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// The end is to be written behind what is buffered.
    Ends,
    /// It was.
    Ended,
}

impl<W: AsyncWrite + Unpin> StreamWriter<W> {
    /// With asyncio's high-water mark of 64 KiB.
    pub fn new(writer: W) -> StreamWriter<W> {
        StreamWriter::with_high_water(writer, HIGH_WATER)
    }

    /// `high_water`: how much is gathered before [`write`](StreamWriter::write) pushes it out by itself. With 0
    /// each write is tried at once, as asyncio does.
    pub fn with_high_water(writer: W, high_water: usize) -> StreamWriter<W> {
        let (buffer, sent, stage) = (Vec::new(), 0, Stage::Open);
        StreamWriter { writer: Some(writer), buffer, sent, high_water, stage, failed: None }
    }

    /// Takes the bytes; never waits. An error is told by the next [`drain`](StreamWriter::drain), and so is that
    /// the writer is closed.
    pub fn write(&mut self, bytes: &[u8]) {
        if self.stage != Stage::Open {
            let closed = || io::Error::new(io::ErrorKind::BrokenPipe, "written after close()");
            self.failed.get_or_insert_with(closed);
            return;
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffered() > self.high_water && self.failed.is_none() {
            // A task that waits for room does so in `drain`, with a waker of its own.
            let mut cx = Context::from_waker(Waker::noop());
            if let Poll::Ready(Err(error)) = self.poll_send(&mut cx) {
                self.failed = Some(error);
            }
        }
    }

    /// [`write`](StreamWriter::write), for each.
    pub fn writelines<B: AsRef<[u8]>>(&mut self, lines: impl IntoIterator<Item = B>) {
        lines.into_iter().for_each(|line| self.write(line.as_ref()));
    }

    /// Waits until everything is with the kernel.
    ///
    /// # Errors
    ///
    /// Those of writing, also of an earlier [`write`](StreamWriter::write): `BrokenPipe` and `ConnectionReset` if
    /// the other side is gone.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the rest stays in the buffer, and the next call goes on with it.
    pub async fn drain(&mut self) -> io::Result<()> {
        turn().await;
        poll_fn(|cx| self.poll_drain(cx)).await?;
        spend();
        Ok(())
    }

    /// Says that nothing more is written: [`drain`](StreamWriter::drain) writes the end behind the rest. The
    /// other side can still answer.
    pub fn write_eof(&mut self) {
        if self.stage == Stage::Open {
            self.stage = Stage::Ends;
        }
    }

    /// The same as [`write_eof`](StreamWriter::write_eof), to be followed by
    /// [`wait_closed`](StreamWriter::wait_closed).
    pub fn close(&mut self) {
        self.write_eof();
    }

    /// Writes the rest and the end, then drops the stream: it closes if no reader has it.
    ///
    /// # Errors
    ///
    /// As for [`drain`](StreamWriter::drain). The stream is dropped all the same.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the next call goes on.
    pub async fn wait_closed(&mut self) -> io::Result<()> {
        self.close();
        let closed = self.drain().await;
        self.writer = None;
        closed
    }

    /// Whether the end was written, or asked for.
    pub fn is_closing(&self) -> bool {
        self.stage != Stage::Open
    }

    /// How many bytes wait to be sent.
    pub fn buffered(&self) -> usize {
        self.buffer.len() - self.sent
    }

    /// The stream it writes to; `None` once it is closed.
    pub fn get_ref(&self) -> Option<&W> {
        self.writer.as_ref()
    }

    fn poll_drain(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if let Some(error) = self.failed.take() {
            return Poll::Ready(Err(error));
        }
        ready!(self.poll_send(cx))?;
        let Some(writer) = &mut self.writer else { return Poll::Ready(Ok(())) };
        match self.stage {
            Stage::Open => Pin::new(writer).poll_flush(cx),
            Stage::Ended => Poll::Ready(Ok(())),
            Stage::Ends => {
                ready!(Pin::new(writer).poll_close(cx))?;
                self.stage = Stage::Ended;
                Poll::Ready(Ok(()))
            }
        }
    }

    /// Sends what is buffered.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Some(writer) = &mut self.writer else { return Poll::Ready(Ok(())) };
        while self.sent < self.buffer.len() {
            let sent = Pin::new(&mut *writer).poll_write(cx, &self.buffer[self.sent..]);
            match sent {
                Poll::Ready(Ok(0)) => {
                    return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
                }
                Poll::Ready(Ok(n)) => self.sent += n,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => {
                    // What is sent is not kept, once it is the larger part.
                    if self.sent > self.buffer.len() / 2 {
                        self.buffer.drain(..self.sent);
                        self.sent = 0;
                    }
                    return Poll::Pending;
                }
            }
        }
        self.sent = 0;
        self.buffer.clear();
        self.buffer.shrink_to(self.high_water);
        Poll::Ready(Ok(()))
    }
}

impl<W> fmt::Debug for StreamWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamWriter")
            .field("buffered", &(self.buffer.len() - self.sent))
            .field("stage", &self.stage)
            .finish_non_exhaustive()
    }
}

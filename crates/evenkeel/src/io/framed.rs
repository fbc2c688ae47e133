//! Frames: a byte stream cut into pieces, by a codec that says where.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_core::Stream;
use futures_io::{AsyncRead, AsyncWrite};

use super::buffer::{Buffer, KEPT};

/// Where a frame begins and ends: [`Lines`](super::Lines), [`Lengths`](super::Lengths), or one of yours.
///
/// ```
/// use evenkeel::io::{Codec, Framed};
///
/// /// Each byte is a frame.
/// struct Bytes;
///
/// impl Codec for Bytes {
///     type Frame = u8;
///     type Sent = u8;
///
///     fn decode(&mut self, bytes: &[u8], _ended: bool) -> std::io::Result<Option<(usize, u8)>> {
///         Ok(bytes.first().map(|byte| (1, *byte)))
///     }
///
///     fn encode(&mut self, byte: &u8, out: &mut Vec<u8>) -> std::io::Result<()> {
///         out.push(*byte);
///         Ok(())
///     }
/// }
///
/// # evenkeel::run(async {
/// let mut frames = Framed::new(&b"ah"[..], Bytes);
/// assert_eq!(frames.next().await.transpose()?, Some(b'a'));
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
pub trait Codec {
    /// What comes in.
    type Frame;

    /// What goes out.
    type Sent: ?Sized;

    /// The first frame in `bytes`, and how many bytes of them it took, at least one; `None` if more must be
    /// read. `ended`: nothing comes behind `bytes`, so what is a piece of a frame is an error.
    ///
    /// # Errors
    ///
    /// If this will never be a frame. The stream of frames is over then.
    fn decode(&mut self, bytes: &[u8], ended: bool) -> io::Result<Option<(usize, Self::Frame)>>;

    /// Writes a frame behind `out`.
    ///
    /// # Errors
    ///
    /// If it cannot be sent so. `out` is as it was then.
    fn encode(&mut self, frame: &Self::Sent, out: &mut Vec<u8>) -> io::Result<()>;
}

/// A byte stream as a [`Stream`] of frames, and a place to send them.
///
/// The stream of frames is over after the first error: what follows a broken frame means nothing. Frames
/// have a largest size, by their codec, so the other side does not decide how much is kept.
///
/// ```
/// use evenkeel::io::{Framed, Lines, duplex};
///
/// # evenkeel::run(async {
/// let (here, there) = duplex(64);
/// let (mut here, mut there) = (Framed::new(here, Lines::default()), Framed::new(there, Lines::default()));
/// here.send("ahoy").await?;
/// here.close().await?;
/// assert_eq!(there.next().await.transpose()?.as_deref(), Some("ahoy"));
/// assert!(there.next().await.is_none());
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[doc(alias = "FramedRead")]
#[doc(alias = "FramedWrite")]
pub struct Framed<S, C> {
    stream: S,
    codec: C,
    inbound: Buffer,
    stage: Stage,
    outbound: Vec<u8>,
    /// How much of `outbound` is with the kernel.
    sent: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Reads,
    /// There is nothing to be read any more, but there may be frames.
    Ended,
    /// There are no frames any more.
    Over,
}

impl<S, C> Framed<S, C> {
    /// Frames of `stream`, cut by `codec`.
    pub fn new(stream: S, codec: C) -> Framed<S, C> {
        let (inbound, outbound) = (Buffer::default(), Vec::new());
        Framed { stream, codec, inbound, stage: Stage::Reads, outbound, sent: 0 }
    }

    /// The stream.
    pub fn get_ref(&self) -> &S {
        &self.stream
    }

    /// The codec, to change its rules for the frames that follow.
    pub fn codec_mut(&mut self) -> &mut C {
        &mut self.codec
    }

    /// The stream, and what was read of it beyond the last frame. What was not sent yet is dropped.
    pub fn into_parts(mut self) -> (S, Vec<u8>) {
        let rest = self.inbound.take_all();
        (self.stream, rest)
    }
}

impl<S: AsyncRead + Unpin, C: Codec> Framed<S, C> {
    /// The next frame; `None` at the end, and after an error.
    ///
    /// # Errors
    ///
    /// Those of reading, and of a frame that is broken or too long.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: what was read of a frame is kept.
    pub async fn next(&mut self) -> Option<io::Result<C::Frame>> {
        poll_fn(|cx| self.poll_frame(cx)).await
    }

    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<C::Frame>>> {
        ready!(poll_budget(cx));
        loop {
            if self.stage == Stage::Over {
                return Poll::Ready(None);
            }
            let ended = self.stage == Stage::Ended;
            match self.codec.decode(self.inbound.filled(), ended) {
                Ok(Some((n, frame))) => {
                    self.inbound.consume(n);
                    spend();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Ok(None) if ended => self.stage = Stage::Over,
                Ok(None) => match ready!(self.inbound.poll_fill(cx, Pin::new(&mut self.stream))) {
                    Ok(0) => self.stage = Stage::Ended,
                    Ok(_) => {}
                    Err(error) => return Poll::Ready(Some(Err(self.over(error)))),
                },
                Err(error) => return Poll::Ready(Some(Err(self.over(error)))),
            }
        }
    }

    fn over(&mut self, error: io::Error) -> io::Error {
        self.stage = Stage::Over;
        error
    }
}

impl<S: AsyncWrite + Unpin, C: Codec> Framed<S, C> {
    /// Sends a frame, and what was [fed](Framed::feed) before it; ready when it is with the kernel.
    ///
    /// # Errors
    ///
    /// Those of writing; a frame that is too long.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: once polled it has taken the frame, and the next `send`, `flush` or `close` sends the
    /// rest.
    pub async fn send(&mut self, frame: &C::Sent) -> io::Result<()> {
        self.feed(frame)?;
        self.flush().await
    }

    /// Takes a frame, to be sent with the next [`send`](Framed::send) or [`flush`](Framed::flush): many small ones
    /// go in one write. Never waits.
    ///
    /// # Errors
    ///
    /// A frame that is too long.
    pub fn feed(&mut self, frame: &C::Sent) -> io::Result<()> {
        self.codec.encode(frame, &mut self.outbound)
    }

    /// Sends what was taken.
    ///
    /// # Errors
    ///
    /// Those of writing.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the next call sends the rest.
    pub async fn flush(&mut self) -> io::Result<()> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Sends what was taken, and then the end: the other side reads it, and can still answer.
    ///
    /// # Errors
    ///
    /// Those of writing.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: the next call goes on.
    pub async fn close(&mut self) -> io::Result<()> {
        self.flush().await?;
        poll_fn(|cx| Pin::new(&mut self.stream).poll_close(cx)).await
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // For streams that always take everything: who only sends lets the others go first, too.
        ready!(poll_budget(cx));
        while self.sent < self.outbound.len() {
            let rest = &self.outbound[self.sent..];
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                n => self.sent += n,
            }
        }
        self.sent = 0;
        self.outbound.clear();
        self.outbound.shrink_to(KEPT);
        ready!(Pin::new(&mut self.stream).poll_flush(cx))?;
        spend();
        Poll::Ready(Ok(()))
    }
}

// Neither is ever pinned: both are only borrowed plainly.
impl<S: Unpin, C> Unpin for Framed<S, C> {}

impl<S: AsyncRead + Unpin, C: Codec> Stream for Framed<S, C> {
    type Item = io::Result<C::Frame>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_frame(cx)
    }
}

impl<S, C> fmt::Debug for Framed<S, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Framed")
            .field("inbound", &self.inbound)
            .field("stage", &self.stage)
            .field("outbound", &(self.outbound.len() - self.sent))
            .finish_non_exhaustive()
    }
}

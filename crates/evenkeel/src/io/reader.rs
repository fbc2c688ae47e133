//! asyncio's `StreamReader`: lines, exact lengths and separators, with a limit on what is kept.

use std::error::Error;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::spend;
use futures_io::{AsyncBufRead, AsyncRead};

use super::buffer::Buffer;
use super::turn;

/// asyncio's own default.
const LIMIT: usize = 64 * 1024;

/// Reads by lines, separators or lengths from any stream: asyncio's `StreamReader`.
///
/// Its searches ([`readline`](Self::readline), [`readuntil`](Self::readuntil)) look no further than a limit,
/// 64 KiB unless [said otherwise](StreamReader::with_limit), so a line without an end is an error and not
/// memory. What was read and not returned stays in the reader: a call that is dropped, by a timeout say, loses
/// nothing.
///
/// ```
/// use evenkeel::io::{ReadError, StreamReader};
///
/// # evenkeel::run(async {
/// let mut reader = StreamReader::new(&b"GET / HTTP/1.1\r\n\r\nbody"[..]);
/// assert_eq!(reader.readuntil(b"\r\n\r\n").await?, b"GET / HTTP/1.1\r\n\r\n");
/// assert_eq!(reader.readexactly(3).await?, b"bod");
/// match reader.readexactly(3).await {
///     Err(ReadError::Incomplete(error)) => assert_eq!(error.partial, b"y"),
///     other => panic!("{other:?}"),
/// }
/// assert!(reader.at_eof());
/// # Ok::<_, ReadError>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct StreamReader<R> {
    reader: R,
    buffer: Buffer,
    limit: usize,
    ended: bool,
}

/// The stream ended before a read had what it wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct IncompleteReadError {
    /// What there was.
    pub partial: Vec<u8>,
    /// How much was wanted, if that was said.
    pub expected: Option<usize>,
}

/// There is no separator within the limit. What was read stays in the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitOverrunError {
    /// How many bytes can be read that hold no separator.
    pub consumed: usize,
    /// The limit.
    pub limit: usize,
}

/// Why a [`StreamReader`] could not give what it was asked for.
///
/// It turns into an [`io::Error`] of the kind `UnexpectedEof`, `InvalidData`, or its own.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReadError {
    /// The stream ended too early.
    Incomplete(IncompleteReadError),
    /// The line, or what comes before the separator, is too long.
    LimitOverrun(LimitOverrunError),
    /// The stream failed.
    Io(io::Error),
}

impl<R> StreamReader<R> {
    /// With asyncio's limit of 64 KiB.
    pub fn new(reader: R) -> StreamReader<R> {
        StreamReader::with_limit(reader, LIMIT)
    }

    /// `limit`: how many bytes there may be in front of a separator.
    pub fn with_limit(reader: R, limit: usize) -> StreamReader<R> {
        StreamReader { reader, buffer: Buffer::default(), limit, ended: false }
    }

    /// Whether the stream has ended and all of it was returned.
    pub fn at_eof(&self) -> bool {
        self.ended && self.buffer.is_empty()
    }

    /// What was read and not returned yet.
    pub fn buffered(&self) -> &[u8] {
        self.buffer.filled()
    }

    /// The stream it reads from.
    pub fn get_ref(&self) -> &R {
        &self.reader
    }

    /// The stream it reads from; what is [buffered](StreamReader::buffered) is dropped.
    pub fn into_inner(self) -> R {
        self.reader
    }

    fn incomplete(&mut self, expected: Option<usize>) -> ReadError {
        let partial = self.buffer.take_all();
        ReadError::Incomplete(IncompleteReadError { partial, expected })
    }
}

impl<R: AsyncRead + Unpin> StreamReader<R> {
    /// What there is, up to `n` bytes; waits for the first of them. Empty at the end.
    ///
    /// # Errors
    ///
    /// Those of reading.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    pub async fn read(&mut self, n: usize) -> io::Result<Vec<u8>> {
        turn().await;
        if self.buffer.is_empty() && n > 0 {
            self.fill().await?;
        }
        spend();
        let n = n.min(self.buffer.filled().len());
        Ok(self.buffer.take(n))
    }

    /// All there is until the end: asyncio's `read(-1)`. It has no limit but memory.
    ///
    /// # Errors
    ///
    /// Those of reading.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    pub async fn read_to_end(&mut self) -> io::Result<Vec<u8>> {
        turn().await;
        while self.fill().await? {}
        spend();
        Ok(self.buffer.take_all())
    }

    /// A line with its `\n`; at the end what is left, which is empty when nothing is.
    ///
    /// # Errors
    ///
    /// [`ReadError::LimitOverrun`] if there is no `\n` within the limit: the part that is too long is dropped,
    /// as in asyncio, so that the next call reads on behind it. Those of reading.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    pub async fn readline(&mut self) -> Result<Vec<u8>, ReadError> {
        match self.readuntil(b"\n").await {
            Err(ReadError::Incomplete(end)) => Ok(end.partial),
            Err(ReadError::LimitOverrun(error)) => {
                let behind = self.buffer.filled().get(error.consumed) == Some(&b'\n');
                self.buffer.consume(error.consumed + usize::from(behind));
                Err(ReadError::LimitOverrun(error))
            }
            line => line,
        }
    }

    /// Everything up to `separator`, and the separator.
    ///
    /// # Errors
    ///
    /// [`ReadError::Incomplete`] with what is left, if the end comes first; [`ReadError::LimitOverrun`] if
    /// there is no separator within the limit, and then all stays in the reader. Those of reading.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Panics
    ///
    /// If the separator is empty.
    pub async fn readuntil(&mut self, separator: &[u8]) -> Result<Vec<u8>, ReadError> {
        assert!(!separator.is_empty(), "readuntil() wants a separator of one byte at least");
        turn().await;
        let mut searched = 0;
        loop {
            let filled = self.buffer.filled();
            if let Some(at) = find(&filled[searched..], separator) {
                let at = searched + at;
                if at > self.limit {
                    let limit = self.limit;
                    let error = LimitOverrunError { consumed: at, limit };
                    return Err(ReadError::LimitOverrun(error));
                }
                spend();
                return Ok(self.buffer.take(at + separator.len()));
            }
            // The last bytes may be the separator's first.
            searched = (filled.len() + 1).saturating_sub(separator.len());
            if searched > self.limit {
                let error = LimitOverrunError { consumed: searched, limit: self.limit };
                return Err(ReadError::LimitOverrun(error));
            }
            if !self.fill().await? {
                return Err(self.incomplete(None));
            }
        }
    }

    /// Exactly `n` bytes, however many that are: the limit is for searches.
    ///
    /// # Errors
    ///
    /// [`ReadError::Incomplete`] with what there was, if the end comes first. Those of reading.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    pub async fn readexactly(&mut self, n: usize) -> Result<Vec<u8>, ReadError> {
        turn().await;
        while self.buffer.filled().len() < n {
            if !self.fill().await? {
                return Err(self.incomplete(Some(n)));
            }
        }
        spend();
        Ok(self.buffer.take(n))
    }

    /// Reads more. Whether there was any.
    async fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let n = poll_fn(|cx| self.buffer.poll_fill(cx, Pin::new(&mut self.reader))).await?;
        self.ended = n == 0;
        Ok(n > 0)
    }
}

fn find(bytes: &[u8], separator: &[u8]) -> Option<usize> {
    match separator {
        [one] => bytes.iter().position(|byte| byte == one),
        many => bytes.windows(many.len()).position(|window| window == many),
    }
}

impl<R: AsyncRead + Unpin> AsyncRead for StreamReader<R> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        let filled = ready!(self.as_mut().poll_fill_buf(cx))?;
        let n = filled.len().min(buf.len());
        buf[..n].copy_from_slice(&filled[..n]);
        self.consume(n);
        Poll::Ready(Ok(n))
    }
}

impl<R: AsyncRead + Unpin> AsyncBufRead for StreamReader<R> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let this = self.get_mut();
        if this.buffer.is_empty() && !this.ended {
            let n = ready!(this.buffer.poll_fill(cx, Pin::new(&mut this.reader)))?;
            this.ended = n == 0;
        }
        Poll::Ready(Ok(this.buffer.filled()))
    }

    fn consume(self: Pin<&mut Self>, n: usize) {
        self.get_mut().buffer.consume(n);
    }
}

impl fmt::Display for IncompleteReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let there = self.partial.len();
        match self.expected {
            Some(expected) => write!(f, "the stream ended after {there} of {expected} bytes"),
            None => write!(f, "the stream ended after {there} bytes, before a separator"),
        }
    }
}

impl fmt::Display for LimitOverrunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LimitOverrunError { consumed, limit } = self;
        write!(f, "no separator within {limit} bytes: there are {consumed} without one")
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ReadError::Incomplete(error) => error.fmt(f),
            ReadError::LimitOverrun(error) => error.fmt(f),
            ReadError::Io(error) => error.fmt(f),
        }
    }
}

impl Error for IncompleteReadError {}

impl Error for LimitOverrunError {}

impl Error for ReadError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            ReadError::Incomplete(_) | ReadError::LimitOverrun(_) => None,
            ReadError::Io(error) => error.source(),
        }
    }
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> ReadError {
        ReadError::Io(error)
    }
}

impl From<ReadError> for io::Error {
    fn from(error: ReadError) -> io::Error {
        match error {
            ReadError::Incomplete(error) => io::Error::new(io::ErrorKind::UnexpectedEof, error),
            ReadError::LimitOverrun(error) => io::Error::new(io::ErrorKind::InvalidData, error),
            ReadError::Io(error) => error,
        }
    }
}

//! Standard input line by line.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_core::Stream;
use futures_io::AsyncRead;

use crate::stdio::Stdin;

/// The longest line, unless set: whoever sends more without a newline sends no lines.
const LONGEST: usize = 1 << 20;

/// Room for each read.
const ROOM: usize = 8 << 10;

/// The lines of standard input, without their ends (`\n`, `\r\n`); made by [`Stdin::lines`]. The last one
/// need not have an end.
pub struct Lines {
    stdin: Stdin,
    bytes: Vec<u8>,
    /// How many of the bytes were searched for a line's end in vain.
    searched: usize,
    /// What comes up to the next line's end is of a line that was too long.
    passing: bool,
    ended: bool,
    longest: usize,
}

impl Lines {
    pub(super) fn new(stdin: Stdin) -> Lines {
        let (bytes, longest) = (Vec::new(), LONGEST);
        Lines { stdin, bytes, searched: 0, passing: false, ended: false, longest }
    }

    /// The longest line that is taken, its end not counted; else it is 1 MiB.
    pub fn longest(mut self, bytes: usize) -> Lines {
        self.longest = bytes;
        self
    }

    /// The next line, or `None` at the end of the input.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: what was read of the line is kept for the next call.
    ///
    /// # Errors
    ///
    /// Those of reading; `InvalidData` if the line is not UTF-8, or longer than is taken. Then it is passed
    /// over: the next call gives the line behind it.
    pub async fn next_line(&mut self) -> io::Result<Option<String>> {
        std::future::poll_fn(|cx| self.poll_line(cx)).await
    }

    fn poll_line(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Option<String>>> {
        loop {
            ready!(poll_budget(cx));
            let end = self.bytes[self.searched..].iter().position(|byte| *byte == b'\n');
            if let Some(end) = end.map(|at| self.searched + at) {
                let line = self.take(end, end + 1);
                if std::mem::take(&mut self.passing) {
                    continue; // Told of already.
                }
                spend();
                return Poll::Ready(line.map(Some));
            }
            self.searched = self.bytes.len();
            if self.passing {
                self.clear();
            }
            // The `\r` of an end that is still to come does not count.
            if self.bytes.len() > self.longest.saturating_add(1) {
                self.clear();
                self.passing = true;
                return Poll::Ready(Err(self.too_long()));
            }
            if self.ended {
                return Poll::Ready(match self.bytes.len() {
                    0 => Ok(None),
                    all => self.take(all, all).map(Some),
                });
            }
            let filled = self.bytes.len();
            self.bytes.resize(filled + ROOM, 0);
            let read = Pin::new(&mut self.stdin).poll_read(cx, &mut self.bytes[filled..]);
            let count = if let Poll::Ready(Ok(count)) = read { count } else { 0 };
            self.bytes.truncate(filled + count);
            self.ended = ready!(read)? == 0;
        }
    }

    /// The line up to `end`; the next one begins at `next`.
    fn take(&mut self, end: usize, next: usize) -> io::Result<String> {
        let mut line: Vec<u8> = self.bytes.drain(..next).collect();
        self.searched = 0;
        line.truncate(end);
        if line.ends_with(b"\r") {
            line.pop();
        }
        if line.len() > self.longest {
            return Err(self.too_long());
        }
        String::from_utf8(line).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    fn too_long(&self) -> io::Error {
        let text = format!("a line of more than {} bytes", self.longest);
        io::Error::new(io::ErrorKind::InvalidData, text)
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.searched = 0;
    }
}

impl Stream for Lines {
    type Item = io::Result<String>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<String>>> {
        self.poll_line(cx).map(Result::transpose)
    }
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lines").field("stdin", &self.stdin).finish_non_exhaustive()
    }
}

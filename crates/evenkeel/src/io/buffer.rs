//! Bytes that were read and not used yet: filled at the back, used from the front.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_io::AsyncRead;

/// What the first read has room for, and each later one at least half of. Larger saves calls on fast
/// streams, smaller saves memory on thousands of slow ones.
const FIRST: usize = 8 * 1024;

/// A larger buffer is given back when it is empty: one long line does not cost its memory for ever.
pub(super) const KEPT: usize = 64 * 1024;

#[derive(Default)]
pub(super) struct Buffer {
    /// Initialised all over; what counts lies between `from` and `to`.
    bytes: Vec<u8>,
    from: usize,
    to: usize,
}

impl Buffer {
    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[self.from..self.to]
    }

    pub(super) fn is_empty(&self) -> bool {
        self.from == self.to
    }

    pub(super) fn consume(&mut self, n: usize) {
        self.from += n.min(self.to - self.from);
        if self.is_empty() {
            (self.from, self.to) = (0, 0);
            if self.bytes.len() > KEPT {
                self.bytes = Vec::new();
            }
        }
    }

    pub(super) fn take(&mut self, n: usize) -> Vec<u8> {
        let taken = self.filled()[..n].to_vec();
        self.consume(n);
        taken
    }

    pub(super) fn take_all(&mut self) -> Vec<u8> {
        self.take(self.to - self.from)
    }

    /// Reads once, behind what is there. 0: the end.
    pub(super) fn poll_fill<R: AsyncRead + ?Sized>(
        &mut self,
        cx: &mut Context<'_>,
        reader: Pin<&mut R>,
    ) -> Poll<io::Result<usize>> {
        self.make_room();
        let n = ready!(reader.poll_read(cx, &mut self.bytes[self.to..]))?;
        self.to += n;
        Poll::Ready(Ok(n))
    }

    fn make_room(&mut self) {
        if self.bytes.len() - self.to >= FIRST / 2 {
            return;
        }
        if self.from > 0 {
            self.bytes.copy_within(self.from..self.to, 0);
            (self.from, self.to) = (0, self.to - self.from);
        }
        if self.bytes.len() - self.to < FIRST / 2 {
            let size = FIRST.max(self.bytes.len() * 2);
            self.bytes.resize(size, 0);
        }
    }
}

impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.to - self.from)
    }
}

//! Byte streams.

mod copying;
mod duplex;
mod streams;
mod framed;
mod timeouts;
#[cfg(feature = "tokio-io")]
mod tokio_io;

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel::io::AsyncRead;

/// Gives its pieces one at a time, and waits once in front of each.
#[derive(Default)]
struct Pieces {
    pieces: VecDeque<io::Result<Vec<u8>>>,
    waited: bool,
}

impl Pieces {
    fn of(pieces: &[&[u8]]) -> Pieces {
        Pieces { pieces: pieces.iter().map(|piece| Ok(piece.to_vec())).collect(), waited: false }
    }

    fn then(mut self, kind: io::ErrorKind) -> Pieces {
        self.pieces.push_back(Err(kind.into()));
        self
    }
}

impl AsyncRead for Pieces {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        self.waited = !self.waited;
        if self.waited {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.pieces.pop_front() {
            None => Poll::Ready(Ok(0)),
            Some(Err(error)) => Poll::Ready(Err(error)),
            Some(Ok(mut piece)) => {
                let n = piece.len().min(buf.len());
                buf[..n].copy_from_slice(&piece[..n]);
                let rest = piece.split_off(n);
                if !rest.is_empty() {
                    self.pieces.push_front(Ok(rest));
                }
                Poll::Ready(Ok(n))
            }
        }
    }
}

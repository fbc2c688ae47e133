//! A file as a stream: read at once or ahead, written behind, sought.

use std::io::{self, Seek, SeekFrom};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_io::{AsyncRead, AsyncSeek, AsyncWrite};

use super::{Busy, File};
use crate::fs::ahead::{Now, read_blocking, read_now};
use crate::fs::call;

/// What a call reads at least, for whom a thread is asked, and at most.
const READ: std::ops::RangeInclusive<usize> = 8 << 10..=512 << 10;

/// A unit of the budget, in bytes that are copied at once.
const UNIT: usize = 16 << 10;

impl AsyncRead for File {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        ready!(poll_budget(cx));
        let this = &mut *self;
        if matches!(this.busy, Busy::Seeking(..)) {
            ready!(this.poll_rest(cx));
        }
        ready!(this.poll_written(cx))?;
        loop {
            if !this.ahead.is_empty() || buf.is_empty() {
                spend();
                return Poll::Ready(Ok(this.ahead.give(buf)));
            }
            if let Busy::Reading(read) = &mut this.busy {
                let bytes = ready!(Pin::new(read).poll(cx));
                this.busy = Busy::Nothing;
                this.ahead.fill(bytes?);
                return Poll::Ready(Ok(this.ahead.give(buf)));
            }
            match this.reads_now.then(|| read_now(&this.file, buf, &mut this.ahead)) {
                Some(Now::Read(count)) => {
                    (0..=count / UNIT).for_each(|_| spend());
                    return Poll::Ready(Ok(count));
                }
                Some(Now::Never) => this.reads_now = false,
                Some(Now::Unknown) | None => {}
            }
            let (memory, most) = this.ahead.lend(buf.len().clamp(*READ.start(), *READ.end()));
            let file = Arc::clone(&this.file);
            this.busy = Busy::Reading(call(move || read_blocking(&file, memory, most)));
        }
    }
}

/// Takes bytes at once, to be written by a thread; flushing and closing wait until they are.
impl AsyncWrite for File {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(poll_budget(cx));
        ready!(self.poll_rest(cx));
        self.rewind()?;
        self.wrote = true;
        let taken = ready!(self.behind.poll_push(cx, buf));
        spend();
        Poll::Ready(taken)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_written(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_written(cx)
    }
}

impl AsyncSeek for File {
    fn poll_seek(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        position: SeekFrom,
    ) -> Poll<io::Result<u64>> {
        ready!(poll_budget(cx));
        let this = &mut *self;
        loop {
            if let Busy::Seeking(asked, sought) = &mut this.busy {
                let asked = *asked;
                let reached = ready!(Pin::new(sought).poll(cx));
                this.busy = Busy::Nothing;
                if reached.is_ok() {
                    this.ahead.forget();
                }
                if asked == position {
                    return Poll::Ready(reached);
                }
            }
            ready!(this.poll_rest(cx));
            ready!(this.poll_written(cx))?;
            if !matches!(position, SeekFrom::End(_)) {
                spend();
                return Poll::Ready(this.seek_now(position));
            }
            let file = Arc::clone(&this.file);
            this.busy = Busy::Seeking(position, call(move || (&*file).seek(position)));
        }
    }
}

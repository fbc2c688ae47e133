//! Halves of a stream: one to read, one to write, borrowed or owned.

use std::io;
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_io::{AsyncRead, AsyncWrite};
use socket2::SockRef;

/// The reading half of a borrowed stream.
#[derive(Debug)]
pub struct ReadHalf<'a, S>(&'a S);

/// The writing half of a borrowed stream. Closing it ends the writing half of the connection; dropping it
/// does not.
#[derive(Debug)]
pub struct WriteHalf<'a, S>(&'a S);

/// The reading half of a stream, to be given to another task.
#[derive(Debug)]
pub struct OwnedReadHalf<S>(S);

/// The writing half of a stream, to be given to another task. Dropping it, as closing it, ends the writing
/// half of the connection: the other side reads an end.
#[derive(Debug)]
pub struct OwnedWriteHalf<S: AsFd> {
    /// `None` once the halves were put together again.
    stream: Option<S>,
}

/// The halves are not of the same stream; here they are again.
#[derive(Debug)]
pub struct Reunite<S: AsFd>(pub OwnedReadHalf<S>, pub OwnedWriteHalf<S>);

impl<S: AsFd> std::fmt::Display for Reunite<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("these halves are not of the same stream")
    }
}

impl<S: AsFd + std::fmt::Debug> std::error::Error for Reunite<S> {}

const WHOLE: &str = "a writing half has its stream until it is reunited";

impl<'a, S> ReadHalf<'a, S> {
    pub(super) fn new(stream: &'a S) -> Self {
        ReadHalf(stream)
    }
}

impl<'a, S> WriteHalf<'a, S> {
    pub(super) fn new(stream: &'a S) -> Self {
        WriteHalf(stream)
    }
}

impl<S: AsFd> OwnedReadHalf<S> {
    pub(super) fn new(stream: S) -> Self {
        OwnedReadHalf(stream)
    }

    /// Puts two halves of the same stream together again.
    ///
    /// # Errors
    ///
    /// Both halves, if they are not of the same stream.
    pub fn reunite(self, mut other: OwnedWriteHalf<S>) -> Result<S, Reunite<S>> {
        // Both hold their descriptor open, so equal numbers are the same one.
        let is_mine = |stream: &S| stream.as_fd().as_raw_fd() == self.0.as_fd().as_raw_fd();
        if !other.stream.as_ref().is_some_and(is_mine) {
            return Err(Reunite(self, other));
        }
        other.stream = None;
        Ok(self.0)
    }
}

impl<S: AsFd> OwnedWriteHalf<S> {
    pub(super) fn new(stream: S) -> Self {
        OwnedWriteHalf { stream: Some(stream) }
    }
}

impl<S: AsFd> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if let Some(stream) = &self.stream {
            // Who has hung up need not be told.
            let _ = SockRef::from(stream).shutdown(Shutdown::Write);
        }
    }
}

impl<S> AsRef<S> for ReadHalf<'_, S> {
    fn as_ref(&self) -> &S {
        self.0
    }
}

impl<S> AsRef<S> for WriteHalf<'_, S> {
    fn as_ref(&self) -> &S {
        self.0
    }
}

impl<S> AsRef<S> for OwnedReadHalf<S> {
    fn as_ref(&self) -> &S {
        &self.0
    }
}

impl<S: AsFd> AsRef<S> for OwnedWriteHalf<S> {
    fn as_ref(&self) -> &S {
        self.stream.as_ref().expect(WHOLE)
    }
}

macro_rules! reads {
    ($half:ty) => {
        impl<S: AsFd> AsyncRead for $half
        where
            for<'s> &'s S: AsyncRead,
        {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [io::IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_read_vectored(cx, bufs)
            }
        }
    };
}

macro_rules! writes {
    ($half:ty) => {
        impl<S: AsFd> AsyncWrite for $half
        where
            for<'s> &'s S: AsyncWrite,
        {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut (*self).as_ref()).poll_write_vectored(cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut (*self).as_ref()).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut (*self).as_ref()).poll_close(cx)
            }
        }
    };
}

reads!(ReadHalf<'_, S>);
reads!(OwnedReadHalf<S>);
writes!(WriteHalf<'_, S>);
writes!(OwnedWriteHalf<S>);

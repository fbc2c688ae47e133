//! The three pipes to a child: sources, closed when they are dropped.

use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::pin::Pin;
use std::process::{self, Stdio};
use std::task::{Context, Poll};

use evenkeel_reactor::Source;
use futures_io::{AsyncRead, AsyncWrite};
use rustix::buffer::spare_capacity;

/// A child's standard input, to be written to. Closing it, as dropping it, is the end of that input.
///
/// Writing to a child that reads no more is an error, `BrokenPipe`.
#[derive(Debug)]
pub struct ChildStdin {
    /// `None` once it is closed.
    source: Option<Source<process::ChildStdin>>,
}

/// A child's standard output, to be read.
#[derive(Debug)]
pub struct ChildStdout {
    source: Source<process::ChildStdout>,
}

/// A child's standard error, to be read.
#[derive(Debug)]
pub struct ChildStderr {
    source: Source<process::ChildStderr>,
}

const OPEN: &str = "a pipe that was closed has no descriptor";

impl ChildStdin {
    pub(super) fn new(pipe: process::ChildStdin) -> io::Result<ChildStdin> {
        Ok(ChildStdin { source: Some(Source::new(pipe)?) })
    }

    fn poll_with(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(
            Pin<&mut Source<process::ChildStdin>>,
            &mut Context<'_>,
        ) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match &mut self.source {
            Some(source) => write(Pin::new(source), cx),
            None => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

/// Closing it is the end of the child's input.
impl AsyncWrite for ChildStdin {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |source, cx| source.poll_write(cx, buf))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_with(cx, |source, cx| source.poll_write_vectored(cx, bufs))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.source = None;
        Poll::Ready(Ok(()))
    }
}

impl AsFd for ChildStdin {
    /// # Panics
    ///
    /// If it was closed.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.source.as_ref().expect(OPEN).as_fd()
    }
}

impl AsRawFd for ChildStdin {
    fn as_raw_fd(&self) -> RawFd {
        self.as_fd().as_raw_fd()
    }
}

/// To give it to another child: blocking again.
impl TryFrom<ChildStdin> for Stdio {
    type Error = io::Error;

    fn try_from(pipe: ChildStdin) -> io::Result<Stdio> {
        let source = pipe.source.ok_or_else(|| io::Error::other(OPEN))?;
        Ok(blocking(source.into_inner()?)?.into())
    }
}

/// What the pipes that are read have in common.
macro_rules! reading {
    ($pipe:ident) => {
        impl $pipe {
            pub(super) fn new(pipe: process::$pipe) -> io::Result<$pipe> {
                Ok($pipe { source: Source::new(pipe)? })
            }

            /// Reads all there is into `all`, to the end.
            pub(super) async fn read_all(&self, all: &mut Vec<u8>) -> io::Result<()> {
                read_all(&self.source, all).await
            }
        }

        impl AsyncRead for $pipe {
            fn poll_read(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.source).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut self.source).poll_read_vectored(cx, bufs)
            }
        }

        impl AsFd for $pipe {
            fn as_fd(&self) -> BorrowedFd<'_> {
                self.source.as_fd()
            }
        }

        impl AsRawFd for $pipe {
            fn as_raw_fd(&self) -> RawFd {
                self.source.as_raw_fd()
            }
        }

        /// To give it to another child as its input: blocking again.
        impl TryFrom<$pipe> for Stdio {
            type Error = io::Error;

            fn try_from(pipe: $pipe) -> io::Result<Stdio> {
                Ok(blocking(pipe.source.into_inner()?)?.into())
            }
        }
    };
}

reading!(ChildStdout);
reading!(ChildStderr);

fn blocking(pipe: impl Into<OwnedFd>) -> io::Result<OwnedFd> {
    let pipe = pipe.into();
    rustix::io::ioctl_fionbio(&pipe, false)?;
    Ok(pipe)
}

/// Room for each read. A pipe holds 64 KiB, unless somebody made it larger.
const LEAST_ROOM: usize = 32 << 10;

async fn read_all<T: AsFd>(source: &Source<T>, all: &mut Vec<u8>) -> io::Result<()> {
    loop {
        if all.capacity() - all.len() < LEAST_ROOM {
            all.reserve(LEAST_ROOM);
        }
        let read = |pipe: &T| Ok(rustix::io::read(pipe, spare_capacity(all))?);
        if source.read_with(read).await? == 0 {
            return Ok(());
        }
    }
}

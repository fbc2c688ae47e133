//! The program's own input, output and error, as streams.
//!
//! | Python | here | tokio |
//! |---|---|---|
//! | `loop.connect_read_pipe(.., sys.stdin)` | [`stdin`]`()?`, [`Stdin::lines`] | `stdin()`, a thread |
//! | `loop.connect_write_pipe(.., sys.stdout)` | [`stdout`]`()?`, [`stderr`]`()?` | `stdout()`, a thread |
//!
//! ```no_run
//! use evenkeel::stdio::{stdin, stdout};
//! use futures_lite::AsyncWriteExt;
//!
//! # fn main() -> std::io::Result<()> {
//! evenkeel::run(async {
//!     let (mut lines, mut out) = (stdin()?.lines(), stdout()?);
//!     while let Some(line) = lines.next_line().await? {
//!         out.write_all(format!("{} letters\n", line.len()).as_bytes()).await?;
//!     }
//!     out.flush().await
//! })
//! # }
//! ```
//!
//! # How they wait
//!
//! A terminal or a pipe is opened once more (Linux), and that opening is non-blocking and a source like any
//! other: no thread sits in a read that nobody can cancel, and a program that ends need not be given one more
//! line first. **The descriptors 0, 1 and 2 themselves are never made non-blocking**: they are shared with the
//! shell and with whoever else writes to that terminal, who would get errors that they do not expect.
//! What cannot be opened again (a socket, another user's terminal) and what is never worth waiting for (a
//! file, `/dev/null`) is read and written by threads, as a [`File`] is; so is everything on systems other than
//! Linux. A thread that sits in a read cannot be called off: if the run ends meanwhile, it waits for it as for
//! any call that blocks, for [`Options::shutdown_grace`](crate::Options::shutdown_grace), and then leaves the
//! thread behind. That keeps no process from ending.
//!
//! # At exit
//!
//! Nothing is buffered here. What was written to a terminal or a pipe is with the kernel when the write
//! returns. What was written to anything else is being written by a thread: `flush` waits until it is, and so
//! does the end of a run; only [`std::process::exit`] does not. `println!` has a buffer of its own: to keep
//! the order, end with a newline or flush it before writing here.

use std::fmt;
use std::fs;
use std::io::{self, IoSlice, IoSliceMut};
use std::os::fd::{AsFd, BorrowedFd};
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_reactor::Source;
use futures_io::{AsyncRead, AsyncWrite};

use crate::fs::File;

mod lines;

pub use lines::Lines;

/// Standard input, as a stream of bytes.
///
/// # Cancellation
///
/// *Nothing lost*: bytes are taken by a read that returns them, or kept for the next one.
pub struct Stdin(Stream);

/// Standard output, as a stream of bytes; see there [what happens at exit](self#at-exit).
pub struct Stdout(Stream);

/// Standard error, as a stream of bytes; see there [what happens at exit](self#at-exit).
pub struct Stderr(Stream);

enum Stream {
    Polled(Source<fs::File>),
    OnThreads(File),
}

/// Standard input. Several handles share what comes, each getting what it was first to read.
///
/// # Errors
///
/// If it is closed; if there are no descriptors left.
pub fn stdin() -> io::Result<Stdin> {
    Stream::open(io::stdin().as_fd(), Way::In).map(Stdin)
}

/// Standard output.
///
/// # Errors
///
/// If it is closed; if there are no descriptors left.
pub fn stdout() -> io::Result<Stdout> {
    Stream::open(io::stdout().as_fd(), Way::Out).map(Stdout)
}

/// Standard error.
///
/// # Errors
///
/// If it is closed; if there are no descriptors left.
pub fn stderr() -> io::Result<Stderr> {
    Stream::open(io::stderr().as_fd(), Way::Out).map(Stderr)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    In,
    Out,
}

impl Stream {
    fn open(of: BorrowedFd<'_>, way: Way) -> io::Result<Stream> {
        if let Some(source) = open_again(of, way) {
            return Ok(Stream::Polled(source));
        }
        Ok(Stream::OnThreads(of.try_clone_to_owned()?.into()))
    }
}

/// A terminal or pipe, opened once more, for us alone.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn open_again(of: BorrowedFd<'_>, way: Way) -> Option<Source<fs::File>> {
    use std::os::fd::AsRawFd;

    use rustix::fs::{FileType, Mode, OFlags, fstat, open};

    let kind = FileType::from_raw_mode(fstat(of).ok()?.st_mode);
    if kind != FileType::Fifo && !io::IsTerminal::is_terminal(&of) {
        return None;
    }
    let access = if way == Way::In { OFlags::RDONLY } else { OFlags::WRONLY };
    let flags = access | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY;
    let opened = open(format!("/proc/self/fd/{}", of.as_raw_fd()), flags, Mode::empty()).ok()?;
    Source::new_nonblocking(opened.into()).ok()
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn open_again(_: BorrowedFd<'_>, _: Way) -> Option<Source<fs::File>> {
    None
}

impl Stdin {
    /// Line by line.
    pub fn lines(self) -> Lines {
        Lines::new(self)
    }
}

impl AsyncRead for Stdin {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Stream::Polled(source) => Pin::new(source).poll_read(cx, buf),
            Stream::OnThreads(file) => Pin::new(file).poll_read(cx, buf),
        }
    }

    fn poll_read_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.0 {
            Stream::Polled(source) => Pin::new(source).poll_read_vectored(cx, bufs),
            Stream::OnThreads(file) => Pin::new(file).poll_read_vectored(cx, bufs),
        }
    }
}

/// What the streams that are written have in common.
macro_rules! writing {
    ($stream:ident) => {
        impl AsyncWrite for $stream {
            fn poll_write(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                match &mut self.0 {
                    Stream::Polled(source) => Pin::new(source).poll_write(cx, buf),
                    Stream::OnThreads(file) => Pin::new(file).poll_write(cx, buf),
                }
            }

            fn poll_write_vectored(
                mut self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                match &mut self.0 {
                    Stream::Polled(source) => Pin::new(source).poll_write_vectored(cx, bufs),
                    Stream::OnThreads(file) => Pin::new(file).poll_write_vectored(cx, bufs),
                }
            }

            fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                match &mut self.0 {
                    Stream::Polled(_) => Poll::Ready(Ok(())),
                    Stream::OnThreads(file) => Pin::new(file).poll_flush(cx),
                }
            }

            /// Flushes. The descriptor stays open, as it is the program's.
            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.poll_flush(cx)
            }
        }
    };
}

writing!(Stdout);
writing!(Stderr);

macro_rules! debug {
    ($($stream:ident)*) => {
        $(impl fmt::Debug for $stream {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let how = match &self.0 {
                    Stream::Polled(_) => "polled",
                    Stream::OnThreads(_) => "by threads",
                };
                f.debug_tuple(stringify!($stream)).field(&format_args!("{how}")).finish()
            }
        })*
    };
}

debug!(Stdin Stdout Stderr);

//! Sockets: TCP, UDP and Unix, written on [`reactor::Source`](crate::reactor::Source) and nothing else.
//!
//! | asyncio | here | tokio |
//! |---|---|---|
//! | `open_connection(host, port)` | [`TcpStream::connect`]`(..).await` | the same |
//! | `start_server(serve, host, port)` | [`serve`]`(listener, f)`, or [`TcpListener::bind`]`(..).await` | `TcpListener::bind` |
//! | `loop.create_datagram_endpoint(..)` | [`UdpSocket::bind`]`(..).await` | the same |
//! | `open_unix_connection`, `start_unix_server` | [`UnixStream`], [`UnixListener`] | the same |
//! | | [`UnixDatagram`] | the same |
//! | `loop.getaddrinfo(host, port)` | [`lookup_host`]`((host, port)).await` | the same |
//! | `happy_eyeballs_delay=` | [`ConnectOptions`] | – |
//! | `server.close()`, `wait_closed()` | [`ServerHandle`] | – |
//! | `reader, writer` | [`TcpStream::split`], [`into_split`](TcpStream::into_split) | the same |
//!
//! ```
//! use evenkeel::net::{TcpListener, TcpStream};
//! use futures_lite::io::{AsyncReadExt, AsyncWriteExt};
//!
//! # fn main() -> std::io::Result<()> {
//! evenkeel::run(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let address = listener.local_addr()?;
//!     let server = evenkeel::create_task(async move {
//!         let (stream, _) = listener.accept().await?;
//!         futures_lite::io::copy(&stream, &stream).await // everything back, until the end
//!     });
//!
//!     let mut stream = TcpStream::connect(address).await?;
//!     stream.write_all(b"ahoy").await?;
//!     stream.close().await?; // ends our half
//!     let mut answer = Vec::new();
//!     stream.read_to_end(&mut answer).await?;
//!     assert_eq!(answer, b"ahoy");
//!     server.await?;
//!     Ok(())
//! })
//! # }
//! ```
//!
//! [`serve`] and [`Server`] make that a server: a task per connection, a limit, an end in order.
//!
//! Code that tries first and waits second by itself, as programs ported from elsewhere do, finds the calls for it
//! at each socket, by names of their own:
//!
//! ```
//! use evenkeel::net::UnixStream;
//! use std::io::ErrorKind::WouldBlock;
//!
//! # fn main() -> std::io::Result<()> {
//! evenkeel::run(async {
//!     let (one, two) = UnixStream::pair()?;
//!     assert_eq!(one.try_write(b"ahoy")?, 4);
//!     let mut buf = [0; 16];
//!     let n = loop {
//!         two.readable().await?; // sleeps unless there is something now, whatever was tried before
//!         match two.try_read(&mut buf) {
//!             Err(error) if error.kind() == WouldBlock => {} // another task was quicker
//!             read => break read?,
//!         }
//!     };
//!     assert_eq!(&buf[..n], b"ahoy");
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Sockets are cheap handles: a clone is the same socket, which closes with the last one. Streams implement
//! the `futures-io` traits by value and by shared reference, so that one task can read while another writes.
//! They work on any thread, inside a runner or not.

mod resolve; /* an address, or a name to be looked up */
mod resolver;
mod options;
mod readiness;
mod tcp;
mod connect;
mod udp;
mod datagrams;
mod multicast;
mod unix;
mod unix_datagram;
mod unix_name;
#[cfg(any(target_os = "linux", target_os = "android"))]
#[expect(unsafe_code, reason = "a socket option, of which std has no stable reading")]
mod credentials;
mod split;
mod accept; /* servers */
mod serve;
mod handler;

pub use accept::{Acceptor, Listener};
pub use connect::interleave;
#[cfg(any(target_os = "linux", target_os = "android"))]
pub use credentials::PeerCredentials;
pub use datagrams::Datagrams;
pub use handler::Handled;
pub use options::{BindOptions, ConnectOptions, Keepalive, UdpOptions};
#[doc(alias = "getaddrinfo")]
pub use resolve::lookup_host;
pub use resolve::{Addresses, ToSocketAddrs};
pub use resolver::{Lookup, Resolver, SystemResolver, set_resolver};
pub use serve::{Connection, ServeOptions, ServeStatistics, Server, ServerHandle, serve};
pub use split::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, Reunite, WriteHalf};
pub use tcp::Incoming;
#[doc(alias = "start_server")]
pub use tcp::TcpListener;
#[doc(alias = "open_connection")]
pub use tcp::TcpStream;
#[doc(alias = "create_datagram_endpoint")]
pub use udp::UdpSocket;
#[doc(alias = "open_unix_connection")]
pub use unix::UnixStream;
#[doc(alias = "start_unix_server")]
pub use unix::{UnixIncoming, UnixListener};
pub use unix_datagram::UnixDatagram;

use std::io;
use std::sync::Arc;

use evenkeel_reactor::Source;

/// The socket itself, if this is the last handle; else a second descriptor of it.
fn into_std<T: std::os::fd::AsFd>(
    source: Arc<Source<T>>,
    again: impl FnOnce(&T) -> io::Result<T>,
) -> io::Result<T> {
    match Arc::try_unwrap(source) {
        Ok(source) => source.into_inner(),
        Err(source) => again(source.get_ref()),
    }
}

/// What every socket has: a descriptor, and a way from and to std.
macro_rules! socket {
    ($socket:ident) => {
        impl std::os::fd::AsFd for $socket {
            fn as_fd(&self) -> std::os::fd::BorrowedFd<'_> {
                self.source.as_fd()
            }
        }

        impl std::os::fd::AsRawFd for $socket {
            fn as_raw_fd(&self) -> std::os::fd::RawFd {
                self.source.as_raw_fd()
            }
        }

        /// Makes it non-blocking and registers it.
        impl TryFrom<std_net::$socket> for $socket {
            type Error = io::Error;

            fn try_from(socket: std_net::$socket) -> io::Result<$socket> {
                Ok($socket { source: Arc::new(Source::try_from(socket)?) })
            }
        }

        impl $socket {
            /// std's socket, still non-blocking; a second descriptor of it if this is not the only handle.
            ///
            /// # Errors
            ///
            /// If there are too many descriptors for a second one.
            pub fn into_std(self) -> io::Result<std_net::$socket> {
                crate::net::into_std(self.source, std_net::$socket::try_clone)
            }
        }
    };
}

/// What every byte stream has: the traits by value and by reference, and halves.
macro_rules! stream {
    ($stream:ident) => {
        crate::net::readiness::readiness!($stream);
        crate::net::readiness::tries_bytes!($stream);

        impl futures_io::AsyncRead for &$stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self.source).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [io::IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self.source).poll_read_vectored(cx, bufs)
            }
        }

        impl futures_io::AsyncRead for $stream {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut [u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [io::IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_read_vectored(cx, bufs)
            }
        }

        /// Closing ends the writing half: the other side reads an end, and can still answer.
        impl futures_io::AsyncWrite for &$stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self.source).poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self.source).poll_write_vectored(cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self.source).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self.source).poll_close(cx)
            }
        }

        /// Closing ends the writing half: the other side reads an end, and can still answer.
        impl futures_io::AsyncWrite for $stream {
            fn poll_write(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &[u8],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[io::IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                Pin::new(&mut &*self).poll_write_vectored(cx, bufs)
            }

            fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self).poll_flush(cx)
            }

            fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
                Pin::new(&mut &*self).poll_close(cx)
            }
        }

        impl $stream {
            /// Reads into `buf`, which need not be initialised. Of an answer `n`, the first `n` bytes are
            /// initialised; nothing else in `buf` is touched. 0 is the end, if there was room.
            ///
            /// For code that hands out such buffers (hyper does). Any number of tasks may wait by it.
            ///
            /// # Errors
            ///
            /// Those of `recv`.
            pub fn poll_read_uninit(
                &self,
                cx: &mut Context<'_>,
                buf: &mut [std::mem::MaybeUninit<u8>],
            ) -> Poll<io::Result<usize>> {
                self.source.poll_read_uninit(cx, buf)
            }

            /// Ends one half, or both, for all handles.
            ///
            /// # Errors
            ///
            /// `NotConnected` if the other side is gone.
            pub fn shutdown(&self, how: std::net::Shutdown) -> io::Result<()> {
                self.source.get_ref().shutdown(how)
            }

            /// A reading and a writing half, for two parts of one task. See [`into_split`](Self::into_split).
            pub fn split(&mut self) -> (ReadHalf<'_, $stream>, WriteHalf<'_, $stream>) {
                (ReadHalf::new(self), WriteHalf::new(self))
            }

            /// A reading and a writing half, for two tasks. Dropping the writing half ends it, as closing does.
            pub fn into_split(self) -> (OwnedReadHalf<$stream>, OwnedWriteHalf<$stream>) {
                (OwnedReadHalf::new(self.clone()), OwnedWriteHalf::new(self))
            }

            /// An error of the socket that no operation has reported yet.
            ///
            /// # Errors
            ///
            /// If the kernel will not say.
            pub fn take_error(&self) -> io::Result<Option<io::Error>> {
                self.source.get_ref().take_error()
            }
        }
    };
}

use {socket, stream};

//! Byte streams: copying, lines and frames, pipes in memory, and asyncio's reader and writer.
//!
//! Everything here works on the traits of `futures-io`, so on sockets, files, TLS streams and in memory
//! alike. What `futures-lite` has already is re-exported, not written again: the methods of the traits are in
//! the [`prelude`].
//!
//! | asyncio | here | tokio |
//! |---|---|---|
//! | `open_connection`, `start_server` | [`open_connection`], [`start_server`] | `TcpStream::connect` |
//! | `StreamReader`: `readline`, `readuntil`, `readexactly` | [`StreamReader`] | `AsyncBufReadExt` |
//! | `StreamWriter`: `write`, `drain`, `wait_closed` | [`StreamWriter`] | `BufWriter` |
//! | `IncompleteReadError`, `LimitOverrunError` | [`ReadError`] | |
//! | | [`copy`], [`copy_buf`], [`copy_bidirectional`] | the same |
//! | | [`split`], [`duplex`] | the same |
//! | | [`Framed`] of [`Lines`] or [`Lengths`] | tokio-util's codecs |
//! | `wait_for(reader.readline(), 5)` | [`timeout`](crate::timeout())`(d, reader.readline())`, or [`Timeouts`] | `timeout` |
//!
//! ```
//! use evenkeel::io::{StreamReader, StreamWriter, duplex};
//!
//! # fn main() -> std::io::Result<()> {
//! evenkeel::run(async {
//!     let (here, there) = duplex(1024);
//!     let mut writer = StreamWriter::new(here);
//!     writer.write(b"even\nkeel\n");
//!     writer.drain().await?;
//!     writer.close();
//!     writer.wait_closed().await?;
//!
//!     let mut reader = StreamReader::new(there);
//!     assert_eq!(reader.readline().await?, b"even\n");
//!     assert_eq!(reader.readline().await?, b"keel\n");
//!     assert_eq!(reader.readline().await?, b""); // the end
//!     Ok(())
//! })
//! # }
//! ```
//!
//! Nothing here grows with what the other side sends: lines, frames and searches have a limit, and what
//! passes it is an error.

mod buffer; /* bytes that were read and not used yet */
mod copy;
mod duplex;
mod reader; /* asyncio's two */
mod writer;
#[cfg(feature = "net")]
mod connection;
mod framed; /* frames, and two kinds of them */
mod lines;
mod lengths;
mod timeouts;
#[cfg(feature = "tokio-io")]
mod tokio_io;

#[cfg(feature = "net")]
pub use connection::{StreamServer, open_connection, start_server};
pub use copy::{copy, copy_bidirectional, copy_buf};
pub use duplex::{DuplexStream, duplex};
pub use framed::{Codec, Framed};
pub use lengths::{ByteOrder, Lengths};
pub use lines::Lines;
pub use reader::{IncompleteReadError, LimitOverrunError, ReadError, StreamReader};
pub use timeouts::Timeouts;
#[cfg(feature = "tokio-io")]
pub use tokio_io::TokioIo;
pub use writer::StreamWriter;

pub use futures_io::{AsyncBufRead, AsyncRead, AsyncSeek, AsyncWrite};
pub use futures_lite::io::{BufReader, BufWriter, Cursor, empty, repeat, sink};
/// A reading and a writing half of any stream, which share it behind a lock. Sockets have
/// [halves of their own](crate::net::TcpStream::into_split), which need none.
pub use futures_lite::io::{ReadHalf, WriteHalf, split};

/// The methods of readers, writers and streams: `use evenkeel::io::prelude::*`.
pub mod prelude {
    pub use futures_core::Stream;
    pub use futures_lite::StreamExt;
    pub use futures_lite::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
}

use std::future::poll_fn;

// For `duplex`, whose models are among the reactor's and give it loom's.
use crate::loom::{Mutex, lock, panicking};

/// Before an operation that may be served from memory: lets the others go first if this task has had its
/// share. Whoever did something afterwards spends a unit.
async fn turn() {
    poll_fn(|cx| evenkeel_context::poll_budget(cx)).await;
}

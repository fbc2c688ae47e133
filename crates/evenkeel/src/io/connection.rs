//! asyncio's two functions: a connection as reader and writer, and a server of such.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use evenkeel_task::Task;

use super::reader::StreamReader;
use super::writer::StreamWriter;
use crate::create_task;
use crate::net::{
    Handled, OwnedReadHalf, OwnedWriteHalf, ServeOptions, ServeStatistics, Server, ServerHandle,
    TcpListener, TcpStream, ToSocketAddrs,
};

type Reader = StreamReader<OwnedReadHalf<TcpStream>>;
type Writer = StreamWriter<OwnedWriteHalf<TcpStream>>;

fn halves(stream: TcpStream) -> (Reader, Writer) {
    let (reader, writer) = stream.into_split();
    (StreamReader::new(reader), StreamWriter::new(writer))
}

/// Connects over TCP: asyncio's `open_connection`.
///
/// ```
/// use evenkeel::io::{open_connection, start_server};
///
/// # evenkeel::run(async {
/// let server = start_server("127.0.0.1:0", async |mut reader, mut writer| {
///     let line = reader.readline().await?;
///     writer.write(&line);
///     writer.wait_closed().await
/// });
/// let server = server.await?;
///
/// let (mut reader, mut writer) = open_connection(server.local_addr()).await?;
/// writer.write(b"ahoy\n");
/// writer.drain().await?;
/// assert_eq!(reader.readline().await?, b"ahoy\n");
///
/// server.close();
/// server.wait_closed().await?;
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
///
/// # Errors
///
/// As [`TcpStream::connect`].
///
/// # Cancellation
///
/// *Nothing lost*: the attempts are given up and their sockets closed.
pub async fn open_connection(address: impl ToSocketAddrs) -> io::Result<(Reader, Writer)> {
    TcpStream::connect(address).await.map(halves)
}

/// Listens, and serves each connection with a task that runs `handler`: asyncio's `start_server`. The server
/// runs as a task of its own; dropping it cancels it and its connections.
///
/// As in asyncio, closing it lets the connections that are open go on for as long as they take. For a limit
/// and a deadline take a [`Server`].
///
/// # Errors
///
/// As [`TcpListener::bind`].
///
/// # Cancellation
///
/// *Nothing lost*: it waits only to look up a name.
///
/// # Panics
///
/// Outside a running loop.
pub async fn start_server<F, A>(address: impl ToSocketAddrs, handler: F) -> io::Result<StreamServer>
where
    F: Fn(Reader, Writer) -> A + Send + Sync + 'static,
    A: Future<Output: Handled> + Send + 'static,
{
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    let options = ServeOptions { grace: Duration::MAX, ..ServeOptions::default() };
    let server = Server::new(listener, options);
    let handle = server.handle();
    let task = create_task(server.run(move |connection| {
        let (reader, writer) = halves(connection.stream);
        handler(reader, writer)
    }));
    Ok(StreamServer { task, handle, address })
}

/// A server that runs: asyncio's `Server`. Made by [`start_server`].
#[must_use = "dropping a server cancels it and its connections"]
pub struct StreamServer {
    task: Task<io::Result<ServeStatistics>>,
    handle: ServerHandle,
    address: SocketAddr,
}

impl StreamServer {
    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more; connections that are open go on.
    pub fn close(&self) {
        self.handle.stop();
    }

    /// Accepts no more, and cancels the connections that are open.
    pub fn abort_clients(&self) {
        self.handle.abort();
    }

    /// Whether it accepts.
    pub fn is_serving(&self) -> bool {
        !self.handle.is_stopping()
    }

    /// What it has done so far.
    pub fn statistics(&self) -> ServeStatistics {
        self.handle.statistics()
    }

    /// Waits until it was closed and the last connection has ended: `close()`, then this.
    ///
    /// # Errors
    ///
    /// That of a listener that will never accept again.
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: the server is cancelled with its connections.
    #[doc(alias = "serve_forever")]
    pub async fn wait_closed(self) -> io::Result<ServeStatistics> {
        self.task.await
    }
}

impl fmt::Debug for StreamServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamServer")
            .field("address", &self.address)
            .field("serving", &self.is_serving())
            .finish_non_exhaustive()
    }
}

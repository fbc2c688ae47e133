//! Streams: an echo server and three clients, over TCP, in one program that ends by itself.
//!
//! ```python
//! async def serve(reader, writer):
//!     while data := await reader.read(1024):
//!         writer.write(data)
//!         await writer.drain()
//!     writer.close()
//!
//! server = await asyncio.start_server(serve, "127.0.0.1", 0)
//! reader, writer = await asyncio.open_connection("127.0.0.1", port)
//! ```

use evenkeel::net::{TcpListener, TcpStream};
use futures_lite::io::{self, AsyncReadExt, AsyncWriteExt};
use std::net::SocketAddr;

/// Accepts for ever; a task per connection.
async fn serve(listener: TcpListener) -> io::Result<()> {
    loop {
        let (stream, peer) = listener.accept().await?;
        // Nobody waits for this task, so it belongs to the runner: `detach`.
        evenkeel::create_task(async move {
            // Reading and writing need only `&stream`, so one stream can do both at once.
            match io::copy(&stream, &stream).await {
                Ok(bytes) => println!("server: {bytes} bytes from and to port {}", peer.port()),
                Err(error) => eprintln!("server: {peer} went away: {error}"),
            }
        })
        .detach();
    }
}

/// Sends a line, closes its half, and reads until the server closes the other.
async fn client(server: SocketAddr, line: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    // No `drain`: `write_all` is done when the bytes are with the kernel.
    stream.write_all(line.as_bytes()).await?;
    // asyncio's `write_eof`.
    stream.close().await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn main() -> io::Result<()> {
    evenkeel::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        println!("server: listening on {address}");
        let server = evenkeel::create_task(serve(listener));

        let lines = ["even", "keel", "steady as she goes"];
        // The clients borrow `lines`: they are futures, polled in place, not tasks.
        let answers = evenkeel::try_gather(lines.map(|line| client(address, line))).await?;
        println!("clients: {answers:?}");
        assert_eq!(answers, lines);

        // Dropping the handle would do; saying it reads better. The listener closes with it.
        server.cancel();
        let stopped = server.join().await;
        assert!(stopped.is_err_and(|error| error.is_cancelled()));
        println!("server: stopped");
        Ok(())
    })
}

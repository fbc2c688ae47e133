//! `evenkeel-reactor` alone: sockets, and any other descriptor, under any executor.
//!
//! Nothing here waits in the kernel for the reactor, so the crate's own fall-back thread does:
//! it starts with the first source, and parks for good when there is none. (Inside an evenkeel
//! runner the loop waits, and that thread never exists.)

use evenkeel_reactor::Source;
use futures_lite::future;
use futures_lite::io::{self, AsyncReadExt, AsyncWriteExt};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;

/// One connection over TCP: the sockets are std's, `Source` makes them wait politely.
async fn tcp() -> io::Result<()> {
    let listener = Source::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
    let address = listener.get_ref().local_addr()?;
    let server = async {
        let (stream, _) = listener.accept().await?;
        io::copy(&stream, &stream).await
    };
    let client = async {
        let mut stream = Source::<TcpStream>::connect(address).await?;
        stream.write_all(b"hello").await?;
        stream.close().await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        io::Result::Ok(answer)
    };
    let (bytes, answer) = future::try_zip(server, client).await?;
    println!("  tcp: {bytes} bytes there and back: {answer:?}");
    assert_eq!(answer, "hello");
    Ok(())
}

/// Any descriptor the kernel has news about, by way of its own blocking calls.
async fn any_descriptor() -> io::Result<()> {
    let (near, far) = UnixStream::pair()?;
    let (near, far) = (Source::new(near)?, Source::new(far)?);
    let read = async {
        // asyncio's `add_reader`: try the call first, and again whenever the kernel has news.
        let mut buffer = [0; 16];
        let count = near.read_with(|mut stream| stream.read(&mut buffer)).await?;
        io::Result::Ok(buffer[..count].to_vec())
    };
    let write = async {
        far.writable().await?;
        far.write_with(|mut stream| stream.write(b"knock")).await
    };
    let (bytes, _) = future::try_zip(read, write).await?;
    println!("  a socket pair: {:?}", String::from_utf8_lossy(&bytes));
    assert_eq!(bytes, b"knock");
    Ok(())
}

/// The same work wherever it is awaited.
async fn work() -> io::Result<()> {
    tcp().await?;
    any_descriptor().await
}

fn main() -> io::Result<()> {
    println!("under futures_lite::block_on");
    future::block_on(work())?;

    // This tokio runtime has no I/O driver: `enable_io` was not called.
    println!("inside a tokio runtime without a reactor of its own");
    let tokio = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build()?;
    tokio.block_on(async { tokio::spawn(work()).await }).expect("the task ends well")
}

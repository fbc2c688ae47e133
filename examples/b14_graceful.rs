//! Graceful shutdown: SIGTERM ends the accepting, requests under way are answered, a deadline ends the rest.
//!
//! ```python
//! loop.add_signal_handler(signal.SIGTERM, stop.set)
//! await stop.wait()
//! server.close()
//! async with asyncio.timeout(5):
//!     await server.wait_closed()
//! ```

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use evenkeel::net::{ServeOptions, Server, TcpListener, TcpStream};
use evenkeel::process::Command;
use evenkeel::signal::asked_to_end;
use evenkeel::{create_task, run, sleep};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

/// A request is a byte `n`; the answer comes after `n` tenths of a second.
async fn answer(mut stream: TcpStream) -> io::Result<()> {
    let mut request = [0];
    stream.read_exact(&mut request).await?;
    sleep(Duration::from_millis(100) * u32::from(request[0])).await;
    stream.write_all(b"done").await
}

async fn request(server: SocketAddr, tenths: u8) -> io::Result<String> {
    let mut stream = TcpStream::connect(server).await?;
    stream.write_all(&[tenths]).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

fn main() -> io::Result<()> {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let options = ServeOptions { connections: 100, grace: Duration::from_secs(1) };
        let server = Server::new(listener, options);
        let handle = server.handle();
        let asked = asked_to_end(); // From here on SIGTERM and Ctrl-C are heard.
        let server = create_task(server.run(async |connection| answer(connection.stream).await));

        let quick = create_task(request(address, 3));
        let slow = create_task(request(address, 200));
        while handle.statistics().open < 2 {
            sleep(Duration::from_millis(1)).await; // Until both requests are under way.
        }
        let press = create_task(Command::shell("kill -TERM $PPID").status());

        println!("asked to end by {:?}", asked.await?);
        handle.stop(); // New connections are refused from now on.
        let done = server.await?; // The grace is in it.
        println!("{done:?}");
        assert_eq!((done.accepted, done.failed, done.cancelled), (2, 0, 1));

        assert!(press.await?.success());
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
        let (quick, slow) = (quick.await?, slow.await?);
        println!("the quick one was answered: {quick:?}");
        println!("the slow one was cut off: {slow:?}");
        assert_eq!((&*quick, &*slow), ("done", ""));
        Ok(())
    })
}

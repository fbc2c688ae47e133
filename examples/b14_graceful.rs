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
use std::sync::Arc;
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::process::Command;
use evenkeel::signal::asked_to_end;
use evenkeel::{Semaphore, TaskGroup, create_task, run, sleep, timeout};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

/// Connections at a time.
const LIMIT: usize = 100;

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
        let asked = asked_to_end(); // From here on SIGTERM and Ctrl-C are heard.

        let quick = create_task(request(address, 2));
        let slow = create_task(request(address, 200));
        let press = create_task(async {
            sleep(Duration::from_millis(100)).await; // Both requests are under way.
            Command::shell("kill -TERM $PPID").status().await
        });

        // A permit for each connection: a limit, and later a way to wait for all of them.
        let permits = Arc::new(Semaphore::new(LIMIT));
        let served = TaskGroup::<io::Error>::scope(async |group| {
            let accept = async {
                loop {
                    let permit = permits.acquire_owned().await;
                    // Such errors pass: a client that left, no descriptors for the moment.
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    group.create_task(async {
                        drop(answer(stream).await); // What a client does wrong is its own affair.
                        drop(permit);
                    });
                }
            };
            evenkeel::race((accept, async { drop(asked.await) })).await;
            drop(listener); // New connections are refused from now on.
            println!("asked to end: {} connections are open", group.len());
            let in_time = timeout(Duration::from_millis(500), permits.acquire_many(LIMIT)).await;
            println!("all of them ended in time: {}", in_time.is_ok());
            group.cancel(); // The rest; the scope ends when they have.
        });
        served.await.expect("no client fails the server");

        assert!(press.await?.success());
        assert!(TcpStream::connect(address).await.is_err(), "nobody listens");
        println!("the quick one was answered: {:?}", quick.await?);
        println!("the slow one was cut off: {:?}", slow.await?);
        Ok(())
    })
}

//! A chat server: a task per client, one broadcast channel for all of them, and an end in order.
//!
//! ```python
//! async def client(reader, writer):
//!     name = (await reader.readline()).strip()
//!     writers.add(writer)
//!     while line := await reader.readline():
//!         for other in writers: ...
//!
//! server = await asyncio.start_server(client, "127.0.0.1", 0)
//! ```

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use evenkeel::io::{Framed, Lines};
use evenkeel::net::{Connection, ServeOptions, Server, TcpListener, TcpStream};
use evenkeel::sync::broadcast::{self, RecvError};
use evenkeel::{create_task, race, timeout};

/// Nobody types longer lines, and nobody may fill our memory with one.
const LONGEST: usize = 200;

/// Says hello, then passes lines on, until the client or the server goes.
async fn client(
    connection: Connection<TcpStream, SocketAddr>,
    room: broadcast::Sender<String>,
) -> io::Result<()> {
    // A shared stream can be read and written at once: two `Framed` of one connection.
    let mut hears = Framed::new(connection.stream.clone(), Lines::up_to(LONGEST));
    let mut says = Framed::new(connection.stream.clone(), Lines::up_to(2 * LONGEST));
    says.send("your name?").await?;
    let Some(name) = hears.next().await.transpose()? else { return Ok(()) };
    let mut others = room.subscribe();
    let _ = room.send(format!("* {name} is here"));
    loop {
        race! {
            line = hears.next() => match line.transpose()? {
                Some(line) => drop(room.send(format!("{name}: {line}"))),
                None => break,
            },
            heard = others.recv() => match heard {
                Ok(line) => says.send(&line).await?,
                // Who reads too slowly misses some, and is told so.
                Err(RecvError::Lagged(n)) => says.send(&format!("* you missed {n} lines")).await?,
                Err(_) => break,
            },
            () = connection.stopping() => {
                says.send("* the harbour closes").await?;
                break;
            }
        }
    }
    let _ = room.send(format!("* {name} has left"));
    says.close().await
}

type Lined = Framed<TcpStream, Lines>;

async fn join(address: SocketAddr, name: &str) -> io::Result<Lined> {
    let mut lines = Framed::new(TcpStream::connect(address).await?, Lines::default());
    assert_eq!(lines.next().await.transpose()?.as_deref(), Some("your name?"));
    lines.send(name).await?;
    expect(&mut lines, &format!("* {name} is here")).await?;
    Ok(lines)
}

async fn expect(lines: &mut Lined, wanted: &str) -> io::Result<()> {
    let heard = timeout(Duration::from_secs(10), lines.next()).await.map_err(io::Error::other)?;
    assert_eq!(heard.transpose()?.as_deref(), Some(wanted));
    Ok(())
}

fn main() -> io::Result<()> {
    evenkeel::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = Server::new(listener, ServeOptions { connections: 100, ..Default::default() });
        let handle = server.handle();
        let (room, _) = evenkeel::broadcast(64);
        let server = create_task(server.run(move |connection| client(connection, room.clone())));

        let mut anna = join(address, "anna").await?;
        let mut otto = join(address, "otto").await?;
        expect(&mut anna, "* otto is here").await?;
        otto.send("steady as she goes").await?;
        for lines in [&mut anna, &mut otto] {
            expect(lines, "otto: steady as she goes").await?;
        }
        println!("both have heard it");

        // A line that is too long ends the one who sent it. Nobody else is disturbed.
        let mut bore = join(address, "bore").await?;
        for lines in [&mut anna, &mut otto] {
            expect(lines, "* bore is here").await?;
        }
        bore.send(&"x".repeat(LONGEST + 1)).await?;
        assert!(!matches!(bore.next().await, Some(Ok(_))), "shown out");

        otto.close().await?;
        assert!(otto.next().await.is_none(), "and hears the end");
        expect(&mut anna, "* otto has left").await?;
        handle.stop();
        expect(&mut anna, "* the harbour closes").await?;
        let done = server.await?;
        println!("{done:?}");
        assert_eq!((done.accepted, done.failed, done.cancelled), (3, 1, 0));
        Ok(())
    })
}

//! Unix sockets: who is at the other end is told by the kernel, and a name needs no file.
//!
//! ```python
//! server = await asyncio.start_unix_server(client, path)
//! uid = writer.get_extra_info("socket").getsockopt(SOL_SOCKET, SO_PEERCRED, 12)
//! ```

use std::io;
use std::path::PathBuf;

use evenkeel::create_task;
use evenkeel::io::{StreamReader, StreamWriter};
use evenkeel::net::{ServeOptions, Server, UnixDatagram, UnixListener, UnixStream};

/// A socket's file, which goes when this does.
struct Path(PathBuf);

impl Drop for Path {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn main() -> io::Result<()> {
    evenkeel::run(async {
        let name = format!("evenkeel-example-{}", std::process::id());
        let path = Path(std::env::temp_dir().join(&name));
        let server = Server::new(UnixListener::bind(&path.0)?, ServeOptions::default());
        let handle = server.handle();
        let server = create_task(server.run(async |connection| {
            let (reads, writes) = connection.stream.clone().into_split();
            let (mut reader, mut writer) = (StreamReader::new(reads), StreamWriter::new(writes));
            let line = reader.readline().await?;
            let who = whose(&connection.stream)?;
            writer.write(format!("{who} says ").as_bytes());
            writer.write(&line);
            writer.wait_closed().await
        }));

        let (reads, writes) = UnixStream::connect(&path.0).await?.into_split();
        let (mut reader, mut writer) = (StreamReader::new(reads), StreamWriter::new(writes));
        writer.write(b"ahoy\n");
        writer.drain().await?;
        let answer = String::from_utf8_lossy(&reader.readline().await?).into_owned();
        print!("{answer}");
        assert!(answer.ends_with("says ahoy\n"));
        handle.stop();
        server.await?;

        // Datagrams between two processes, or here between two tasks.
        let (one, two) = UnixDatagram::pair()?;
        one.send(b"whole or not at all").await?;
        let mut heard = [0; 64];
        let n = two.recv(&mut heard).await?;
        assert_eq!(&heard[..n], b"whole or not at all");

        #[cfg(target_os = "linux")]
        without_a_file(&name).await?;
        Ok(())
    })
}

#[cfg(target_os = "linux")]
fn whose(stream: &UnixStream) -> io::Result<String> {
    let peer = stream.peer_credentials()?;
    assert_eq!(peer.process, Some(std::process::id()), "it is this process, both ends");
    Ok(format!("user {}", peer.user))
}

#[cfg(not(target_os = "linux"))]
fn whose(_: &UnixStream) -> io::Result<String> {
    Ok("somebody".to_owned())
}

/// An abstract name: nothing in the file system, and gone with its socket.
#[cfg(target_os = "linux")]
async fn without_a_file(name: &str) -> io::Result<()> {
    use std::os::linux::net::SocketAddrExt;

    let address = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    let listener = UnixListener::bind_addr(&address)?;
    let (client, server) =
        evenkeel::try_gather!(UnixStream::connect_addr(&address), listener.accept()).await?;
    assert_eq!(server.0.peer_credentials()?.process, Some(std::process::id()));
    drop((client, listener));
    let gone = UnixStream::connect_addr(&address).await.unwrap_err();
    assert_eq!(gone.kind(), io::ErrorKind::ConnectionRefused);
    println!("and without a file");
    Ok(())
}

//! evenkeel's sockets.

use std::future::Future;
use std::io;

use evenkeel::io::{DuplexStream, duplex};
use evenkeel::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use evenkeel_hyper::HyperStream;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::Evenkeel;
use crate::cases::hello;
use crate::load::Target;
use crate::rt::net::{Http, Names, Net, Pipes, Tcp, Unix};

/// All but `listen`, which comes as an argument.
macro_rules! sockets {
    ($kind:ty, $listener:ty, $stream:ty, $listen:item) => {
        impl Net<$kind> for Evenkeel {
            type Listener = $listener;
            type Stream = $stream;

            $listen

            async fn accept(listener: &$listener) -> io::Result<$stream> {
                Ok(listener.accept().await?.0)
            }

            async fn read(stream: &mut $stream, mut buffer: Vec<u8>) -> (io::Result<usize>, Vec<u8>) {
                (stream.read(&mut buffer).await, buffer)
            }

            async fn write_all(
                stream: &mut $stream,
                buffer: Vec<u8>,
                count: usize,
            ) -> (io::Result<()>, Vec<u8>) {
                (stream.write_all(&buffer[..count]).await, buffer)
            }
        }
    };
}

sockets!(
    Tcp,
    TcpListener,
    TcpStream,
    async fn listen() -> io::Result<(TcpListener, Target)> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        Ok((listener, Target::Tcp(address)))
    }
);

sockets!(
    Unix,
    UnixListener,
    UnixStream,
    async fn listen() -> io::Result<(UnixListener, Target)> {
        let path = Target::own_path();
        Ok((UnixListener::bind(&path)?, Target::Unix(path)))
    }
);

impl Http for Evenkeel {
    fn serve(stream: TcpStream) -> impl Future<Output = io::Result<()>> + Send + 'static {
        hello(HyperStream::new(stream))
    }
}

impl Pipes for Evenkeel {
    type End = DuplexStream;

    fn pipe(room: usize) -> (DuplexStream, DuplexStream) {
        duplex(room)
    }

    async fn read_exact(end: &mut DuplexStream, buffer: &mut [u8]) -> io::Result<()> {
        end.read_exact(buffer).await
    }

    async fn write_all(end: &mut DuplexStream, bytes: &[u8]) -> io::Result<()> {
        end.write_all(bytes).await
    }
}

impl Names for Evenkeel {
    async fn lookup(host: &'static str, port: u16) -> io::Result<usize> {
        Ok(evenkeel::net::lookup_host((host, port)).await?.count())
    }
}

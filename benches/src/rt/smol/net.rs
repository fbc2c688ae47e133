//! smol's sockets.

use std::future::Future;
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};

use futures_lite::{AsyncReadExt, AsyncWriteExt};
use smol::Async;

use super::{Exec, Smol};
use crate::cases::hello;
use crate::load::Target;
use crate::rt::hyper_io::HyperIo;
use crate::rt::net::{Http, Names, Net, Tcp, Unix};

/// All but `listen`, which comes as an argument.
macro_rules! sockets {
    ($kind:ty, $listener:ty, $stream:ty, $listen:item) => {
        impl<E: Exec> Net<$kind> for Smol<E> {
            type Listener = Async<$listener>;
            type Stream = Async<$stream>;

            $listen

            async fn accept(listener: &Async<$listener>) -> io::Result<Async<$stream>> {
                Ok(listener.accept().await?.0)
            }

            async fn read(
                stream: &mut Async<$stream>,
                mut buffer: Vec<u8>,
            ) -> (io::Result<usize>, Vec<u8>) {
                (stream.read(&mut buffer).await, buffer)
            }

            async fn write_all(
                stream: &mut Async<$stream>,
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
    async fn listen() -> io::Result<(Async<TcpListener>, Target)> {
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0))?;
        let address = listener.get_ref().local_addr()?;
        Ok((listener, Target::Tcp(address)))
    }
);

sockets!(
    Unix,
    UnixListener,
    UnixStream,
    async fn listen() -> io::Result<(Async<UnixListener>, Target)> {
        let path = Target::own_path();
        Ok((Async::<UnixListener>::bind(&path)?, Target::Unix(path)))
    }
);

impl<E: Exec> Http for Smol<E> {
    fn serve(stream: Async<TcpStream>) -> impl Future<Output = io::Result<()>> + Send + 'static {
        hello(HyperIo(stream))
    }
}

impl<E: Exec> Names for Smol<E> {
    async fn lookup(host: &'static str, port: u16) -> io::Result<usize> {
        Ok(smol::net::resolve((host, port)).await?.len())
    }
}

//! compio's sockets.

use std::future::Future;
use std::io;

use compio::buf::{BufResult, IntoInner, IoBuf};
use compio::io::{AsyncRead, AsyncWriteExt};
use compio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use cyper_core::HyperStream;

use super::{Compio, here};
use crate::cases::hello;
use crate::load::Target;
use crate::rt::net::{Http, Net, Tcp, Unix};
use crate::rt::one_thread::OneThread;

/// All but `listen`, which comes as an argument.
macro_rules! sockets {
    ($kind:ty, $listener:ty, $stream:ty, $listen:item) => {
        impl Net<$kind> for Compio {
            type Listener = OneThread<$listener>;
            type Stream = OneThread<$stream>;

            $listen

            async fn accept(listener: &OneThread<$listener>) -> io::Result<OneThread<$stream>> {
                let (stream, _) = here(listener.accept()).await?;
                Ok(here(stream))
            }

            async fn read(
                stream: &mut OneThread<$stream>,
                buffer: Vec<u8>,
            ) -> (io::Result<usize>, Vec<u8>) {
                let BufResult(count, buffer) = here((**stream).read(buffer)).await;
                (count, buffer)
            }

            async fn write_all(
                stream: &mut OneThread<$stream>,
                buffer: Vec<u8>,
                count: usize,
            ) -> (io::Result<()>, Vec<u8>) {
                let BufResult(done, slice) = here((**stream).write_all(buffer.slice(..count))).await;
                (done, slice.into_inner())
            }
        }
    };
}

sockets!(
    Tcp,
    TcpListener,
    TcpStream,
    async fn listen() -> io::Result<(OneThread<TcpListener>, Target)> {
        let listener = here(TcpListener::bind("127.0.0.1:0")).await?;
        let address = listener.local_addr()?;
        Ok((here(listener), Target::Tcp(address)))
    }
);

sockets!(
    Unix,
    UnixListener,
    UnixStream,
    async fn listen() -> io::Result<(OneThread<UnixListener>, Target)> {
        let path = Target::own_path();
        let listener = here(UnixListener::bind(&path)).await?;
        Ok((here(listener), Target::Unix(path)))
    }
);

impl Http for Compio {
    fn serve(
        stream: OneThread<TcpStream>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        here(hello(HyperStream::new_plain(stream.into_inner())))
    }
}

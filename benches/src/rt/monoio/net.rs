//! monoio's sockets.

use std::future::Future;
use std::io;

use monoio::buf::IoBuf;
use monoio::io::{AsyncReadRent, AsyncWriteRentExt, IntoPollIo};
use monoio::net::{ListenerOpts, TcpListener, TcpStream, UnixListener, UnixStream};
use monoio_compat::hyper::MonoioIo;

use super::{Monoio, here};
use crate::cases::hello;
use crate::load::Target;
use crate::rt::net::{Http, Net, Tcp, Unix};
use crate::rt::one_thread::OneThread;

/// All but `listen`, which comes as an argument.
macro_rules! sockets {
    ($kind:ty, $listener:ty, $stream:ty, $listen:item) => {
        impl Net<$kind> for Monoio {
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
                here((**stream).read(buffer)).await
            }

            async fn write_all(
                stream: &mut OneThread<$stream>,
                buffer: Vec<u8>,
                count: usize,
            ) -> (io::Result<()>, Vec<u8>) {
                let (done, slice) = here((**stream).write_all(buffer.slice(..count))).await;
                (done.map(drop), slice.into_inner())
            }
        }
    };
}

sockets!(
    Tcp,
    TcpListener,
    TcpStream,
    async fn listen() -> io::Result<(OneThread<TcpListener>, Target)> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
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
        // Its default asks for a shared port, which recent kernels refuse on a Unix socket.
        let options = ListenerOpts::new().reuse_port(false);
        let listener = UnixListener::bind_with_config(&path, &options)?;
        Ok((here(listener), Target::Unix(path)))
    }
);

impl Http for Monoio {
    fn serve(
        stream: OneThread<TcpStream>,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        here(async move { hello(MonoioIo::new(stream.into_inner().into_poll_io()?)).await })
    }
}

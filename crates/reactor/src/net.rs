//! Sockets: what std's types can do, without blocking.

mod tcp;
mod udp;
mod unix;

pub use tcp::Incoming;
pub use unix::UnixIncoming;

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::SocketAddrAny;
use socket2::{SockAddr, Socket};

use crate::source::Source;

/// Connections the kernel holds for a listener that has not accepted them yet. The kernel cuts it to
/// its own limit (`net.core.somaxconn`, 4096 by default); a smaller one refuses bursts.
const BACKLOG: i32 = 4096;

/// A socket that does not block, and is not inherited by child processes.
fn socket(address: &SockAddr, kind: socket2::Type) -> io::Result<Socket> {
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let socket = Socket::new(address.domain(), kind.nonblocking(), None)?;
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    let socket = {
        let socket = Socket::new(address.domain(), kind, None)?;
        socket.set_nonblocking(true)?;
        socket
    };
    Ok(socket)
}

/// A socket whose connection is under way, or complete.
fn connecting(address: &SockAddr, kind: socket2::Type) -> io::Result<Socket> {
    let socket = socket(address, kind)?;
    match socket.connect(address) {
        Err(error) if !is_under_way(&error) => Err(error),
        _ => Ok(socket),
    }
}

fn is_under_way(error: &io::Error) -> bool {
    // Interrupted too: the connection then goes on by itself (POSIX), and must not be begun again.
    [rustix::io::Errno::INPROGRESS, rustix::io::Errno::INTR]
        .iter()
        .any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

/// Waits for the end of `connect`, good or bad.
async fn connected<T: AsFd>(source: Source<T>) -> io::Result<Source<T>> {
    source.writable().await?;
    match socket2::SockRef::from(source.get_ref()).take_error()? {
        None => Ok(source),
        Some(error) => Err(error),
    }
}

/// One try at accepting a connection, which will not block. One system call where the platform can.
fn accept(listener: &impl AsFd) -> io::Result<(OwnedFd, Option<SocketAddrAny>)> {
    use rustix::io::Errno;
    loop {
        #[cfg(not(target_vendor = "apple"))]
        let accepted = {
            use rustix::net::{SocketFlags, acceptfrom_with};
            acceptfrom_with(listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC)
        };
        #[cfg(target_vendor = "apple")]
        let accepted = rustix::net::acceptfrom(listener).and_then(|(fd, address)| {
            rustix::io::fcntl_setfd(&fd, rustix::io::FdFlags::CLOEXEC)?;
            rustix::io::ioctl_fionbio(&fd, true)?;
            Ok((fd, address))
        });
        match accepted {
            // This one gave up while it was waiting; there may be another.
            Err(Errno::CONNABORTED | Errno::INTR) => continue,
            accepted => return Ok(accepted?),
        }
    }
}

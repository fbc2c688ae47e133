//! Who is at the other end of a Unix connection, as the kernel has it.
//!
//! Not by rustix, whose number of a process is never zero: the kernel's is, of one outside this one's namespace.
// ROOM AS SAID: the kernel is told how many bytes there are to be filled, and fills no more; any bytes make an answer.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// Who is at the other end of a Unix connection; see
/// [`UnixStream::peer_credentials`](super::UnixStream::peer_credentials).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PeerCredentials {
    /// The process, when it connected or listened; `None` if it is outside of this one's sight.
    pub process: Option<u32>,
    /// The user.
    pub user: u32,
    /// The group.
    pub group: u32,
}

/// Asks of the connection that is this descriptor.
pub(super) fn of(socket: &impl AsFd) -> io::Result<PeerCredentials> {
    let mut found = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut len = size_of_val(&found) as libc::socklen_t;
    // SAFETY: ROOM AS SAID: `found` is `len` bytes.
    let code = unsafe {
        libc::getsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut found).cast(),
            &raw mut len,
        )
    };
    if code == 0 { Ok(PeerCredentials::new(&found)) } else { Err(io::Error::last_os_error()) }
}

impl PeerCredentials {
    fn new(found: &libc::ucred) -> PeerCredentials {
        PeerCredentials {
            process: u32::try_from(found.pid).ok().filter(|pid| *pid > 0),
            user: found.uid,
            group: found.gid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_out_of_sight_has_no_number() {
        let far = PeerCredentials::new(&libc::ucred { pid: 0, uid: 1, gid: 2 });
        assert_eq!(far, PeerCredentials { process: None, user: 1, group: 2 });
    }
}

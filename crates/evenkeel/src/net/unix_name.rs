//! The name of a Unix socket: a path, or an abstract one.

#[cfg(any(target_os = "linux", target_os = "android"))]
use std::ffi::OsString;
use std::io;
#[cfg(any(target_os = "linux", target_os = "android"))]
use std::os::unix::ffi::OsStringExt;
use std::os::unix::net::SocketAddr;
use std::path::PathBuf;

/// What the system calls know: an abstract name begins with a zero.
pub(super) fn path_of(address: &SocketAddr) -> io::Result<PathBuf> {
    if let Some(path) = address.as_pathname() {
        return Ok(path.to_owned());
    }
    #[cfg(any(target_os = "linux", target_os = "android"))]
    if let Some(name) = abstract_name(address) {
        let mut path = b"\0".to_vec();
        path.extend_from_slice(name);
        return Ok(OsString::from_vec(path).into());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "this address has no name to connect to"))
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn abstract_name(address: &SocketAddr) -> Option<&[u8]> {
    #[cfg(target_os = "android")]
    use std::os::android::net::SocketAddrExt;
    #[cfg(target_os = "linux")]
    use std::os::linux::net::SocketAddrExt;
    address.as_abstract_name()
}

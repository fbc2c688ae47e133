//! Children and files.

use std::future::Future;
use std::io;
use std::path::Path;

use super::Rt;

/// Other programs.
pub(crate) trait Processes: Rt {
    /// Starts `true`, which does nothing, and waits for its end. Whether it ended well.
    fn run_true() -> impl Future<Output = io::Result<bool>> + Send;
}

/// Files as streams of bytes. Buffers go in and come back, as with sockets.
pub(crate) trait Files: Rt {
    type File: Send + 'static;

    fn open(path: &Path) -> impl Future<Output = io::Result<Self::File>> + Send;

    fn create(path: &Path) -> impl Future<Output = io::Result<Self::File>> + Send;

    /// Reads once, from the buffer's beginning, as much as it has room for or less.
    fn read(
        file: &mut Self::File,
        buffer: Vec<u8>,
    ) -> impl Future<Output = (io::Result<usize>, Vec<u8>)> + Send;

    /// Writes that many of the buffer's bytes.
    fn write_all(
        file: &mut Self::File,
        buffer: Vec<u8>,
        count: usize,
    ) -> impl Future<Output = (io::Result<()>, Vec<u8>)> + Send;

    /// Waits until all is with the kernel.
    fn flush(file: &mut Self::File) -> impl Future<Output = io::Result<()>> + Send;
}

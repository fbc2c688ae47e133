//! What a file is read by: at once, where the kernel has the bytes in memory, else ahead of the reader.

use std::fs::File;
use std::io;

/// Bytes that were read and not given to a reader yet: of a read that nobody waited for, or that read more
/// than was asked for.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    given: usize,
}

impl Ahead {
    pub(super) fn new(bytes: Vec<u8>) -> Ahead {
        Ahead { bytes, given: 0 }
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len() - self.given
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As many as there is room for.
    pub(super) fn give(&mut self, room: &mut [u8]) -> usize {
        let count = self.len().min(room.len());
        room[..count].copy_from_slice(&self.bytes[self.given..self.given + count]);
        self.given += count;
        count
    }

    /// Forgets them, and lends the memory.
    pub(super) fn take_memory(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.bytes);
        self.given = 0;
        bytes.clear();
        bytes
    }
}

/// The most that is read at once: a copy of some microseconds.
#[cfg(any(target_os = "linux", target_os = "android"))]
const AT_ONCE: usize = 64 << 10;

/// What came of a read that does not block.
pub(super) enum Now {
    Read(usize),
    /// Only a call that may block knows.
    Unknown,
    /// Not with this file.
    Never,
}

/// Reads what the kernel has in memory.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn read_now(file: &File, room: &mut [u8]) -> Now {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    let most = room.len().min(AT_ONCE);
    let mut room = [io::IoSliceMut::new(&mut room[..most])];
    // At the file's own position, and moves it.
    match preadv2(file, &mut room, u64::MAX, ReadWriteFlags::NOWAIT) {
        // The end; some kernels said so as well when they would have had to wait.
        Ok(0) | Err(Errno::AGAIN | Errno::INTR) => Now::Unknown,
        Ok(count) => Now::Read(count),
        Err(_) => Now::Never,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn read_now(_: &File, _: &mut [u8]) -> Now {
    Now::Never
}

/// Reads into memory that it is given, on a thread.
pub(super) fn read_blocking(file: &File, mut memory: Vec<u8>, most: usize) -> io::Result<Vec<u8>> {
    memory.reserve_exact(most);
    loop {
        // There may be more room than asked for, and a read is not cut short for that.
        match rustix::io::read(file, rustix::buffer::spare_capacity(&mut memory)) {
            Ok(_) => return Ok(memory),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

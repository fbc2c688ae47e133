//! What a file is read by: at once, where the kernel has the bytes in memory, else ahead of the reader.

use std::fs::File;
use std::io;

/// Bytes that were read and not given to a reader yet: of a read that nobody waited for, or that read more
/// than was asked for.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    bytes: Vec<u8>,
    /// Those before it were given to a reader,
    given: usize,
    /// and those behind it are none of the file's.
    end: usize,
    /// How many to read beside those asked for: one read after the other may well go on.
    more: usize,
}

impl Ahead {
    /// Bytes that a thread has read.
    pub(super) fn fill(&mut self, bytes: Vec<u8>) {
        (self.given, self.end) = (0, bytes.len());
        self.bytes = bytes;
    }

    pub(super) fn len(&self) -> usize {
        self.end - self.given
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

    /// The position is another: what was read is of no use, and whoever reads there begins anew.
    pub(super) fn forget(&mut self) {
        *self = Ahead::default();
    }

    /// Lends the memory to a thread, and says how much to read: so much, or what a row of reads has come to.
    pub(super) fn lend(&mut self, least: usize) -> (Vec<u8>, usize) {
        let mut bytes = std::mem::take(&mut self.bytes);
        (self.given, self.end) = (0, 0);
        bytes.clear();
        (bytes, self.more.max(least))
    }
}

/// The most that is read at once: a copy of some microseconds.
#[cfg(any(target_os = "linux", target_os = "android"))]
const AT_ONCE: usize = 64 << 10;

/// What came of a read that does not block.
#[cfg_attr(
    not(any(target_os = "linux", target_os = "android")),
    expect(dead_code, reason = "there is no such read")
)]
pub(super) enum Now {
    Read(usize),
    /// Only a call that may block knows.
    Unknown,
    /// Not with this file.
    Never,
}

/// Reads what the kernel has in memory. Small reads in a row ask it seldom: each that is filled has the next
/// one read twice as much, and what there is no room for is kept.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn read_now(file: &File, room: &mut [u8], ahead: &mut Ahead) -> Now {
    use rustix::io::{Errno, ReadWriteFlags, preadv2};

    debug_assert!(ahead.is_empty(), "what was read before comes first");
    let most = room.len().min(AT_ONCE);
    let more = ahead.more.min(AT_ONCE - most);
    if ahead.bytes.len() < more {
        ahead.bytes.resize(more, 0);
    }
    let mut rooms = [&mut room[..most], &mut ahead.bytes[..more]].map(io::IoSliceMut::new);
    // At the file's own position, and moves it.
    match preadv2(file, &mut rooms, u64::MAX, ReadWriteFlags::NOWAIT) {
        // The end; some kernels said so as well when they would have had to wait.
        Ok(0) | Err(Errno::AGAIN | Errno::INTR) => Now::Unknown,
        Ok(count) => {
            if count == most + more {
                ahead.more = AT_ONCE.min(2 * count);
            }
            let given = count.min(most);
            (ahead.given, ahead.end) = (0, count - given);
            Now::Read(given)
        }
        Err(_) => Now::Never,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn read_now(_: &File, _: &mut [u8], _: &mut Ahead) -> Now {
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

#[cfg(all(test, any(target_os = "linux", target_os = "android")))]
mod tests {
    //! How far ahead is read, which cannot be seen from outside.

    use super::{AT_ONCE, Ahead, File, Now, read_now};

    fn with_file(name: &str, test: impl FnOnce(&File)) {
        let path = std::env::temp_dir().join(format!("evenkeel-{name}-{}", std::process::id()));
        std::fs::write(&path, vec![7; 3 * AT_ONCE]).unwrap();
        test(&File::open(&path).unwrap());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_row_of_small_reads_asks_the_kernel_for_twice_as_much_each_time() {
        with_file("small", |file| {
            let (mut ahead, mut kept) = (Ahead::default(), Vec::new());
            for _ in 0..3 {
                match read_now(file, &mut [0; 1000], &mut ahead) {
                    Now::Read(count) => assert_eq!(count, 1000),
                    // Where files are not read so, there is nothing to see.
                    Now::Never => return,
                    Now::Unknown => panic!("it was just written"),
                }
                kept.push(ahead.len());
                ahead.give(&mut [0; 8000]);
            }
            assert_eq!(kept, [0, 2000, 6000]);
        });
    }

    #[test]
    fn a_row_of_large_reads_has_a_thread_read_no_more_than_one_of_them() {
        with_file("large", |file| {
            let mut ahead = Ahead::default();
            for _ in 0..2 {
                let now = read_now(file, &mut [0; AT_ONCE], &mut ahead);
                assert!(matches!(now, Now::Read(AT_ONCE) | Now::Never));
            }
            assert!(ahead.lend(8 << 10).1 <= AT_ONCE);
        });
    }
}

//! An open file: a stream of bytes with a position.

use std::fmt;
use std::fs::{self, Metadata, Permissions};
use std::future::poll_fn;
use std::io::{self, Seek, SeekFrom};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use crate::fs::ahead::Ahead;
use crate::fs::behind::Behind;
use crate::fs::{OnThread, OpenOptions, call};

mod stream;

/// An open file.
///
/// **Reading** gives what the kernel has in memory at once, and asks a thread for the rest. Small reads in a
/// row are read ahead, by up to 64 KiB, or as much as a large read before them took: what somebody else changes
/// there meanwhile is seen after a seek.
///
/// **Writing** takes the bytes at once (as long as no more than some 256 KiB wait) and has them written, in
/// order, by a thread. So an error is told by a later call: *flush before you drop it*, or `close`, or
/// [`sync_all`](File::sync_all). What was taken is written in any case, also if the file is dropped, or its
/// task cancelled, or the run ends; only the error is then told to nobody.
///
/// The **position** is where the last byte was given to a reader or taken from a writer, whatever was
/// cancelled in between: a read that was dropped half-way has its bytes for the next one. Other handles of
/// the same open file ([`try_clone`](File::try_clone)) share the kernel's position, which may be further on
/// by what was read ahead, and back by what is not written yet.
///
/// ```
/// use evenkeel::fs::{self, File};
/// use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
/// use std::io::SeekFrom;
///
/// # fn main() -> std::io::Result<()> {
/// # let path = std::env::temp_dir().join(format!("evenkeel-file-{}", std::process::id()));
/// evenkeel::run(async {
///     let mut file = File::options().read(true).write(true).create(true).open(&path).await?;
///     file.write_all(b"steady as she goes").await?;
///     file.seek(SeekFrom::Start(7)).await?;
///     let mut words = String::new();
///     file.read_to_string(&mut words).await?;
///     assert_eq!(words, "as she goes");
///     fs::remove_file(&path).await
/// })
/// # }
/// ```
pub struct File {
    file: Arc<fs::File>,
    ahead: Ahead,
    behind: Behind,
    busy: Busy,
    /// Something was written since it was last seen that all of it was.
    wrote: bool,
    /// Reading at once has not failed yet.
    reads_now: bool,
}

/// The call that is under way; its future may have been dropped.
enum Busy {
    Nothing,
    Reading(OnThread<Vec<u8>>),
    Seeking(SeekFrom, OnThread<u64>),
}

impl File {
    /// Opens a file to read it.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a file that was opened all the same is closed.
    ///
    /// # Errors
    ///
    /// Those of the system; if no thread could be started.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<File> {
        File::options().read(true).open(path).await
    }

    /// Opens a file to write it; what was in it goes. Makes it, if it is not there.
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: what was in the file.
    ///
    /// # Errors
    ///
    /// Those of the system; if no thread could be started.
    pub async fn create(path: impl AsRef<Path>) -> io::Result<File> {
        File::options().write(true).create(true).truncate(true).open(path).await
    }

    /// How else it may be opened.
    pub fn options() -> OpenOptions {
        OpenOptions::new()
    }

    /// Waits until all that was written is on the disk, with what the system knows of the file.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: what was written is written, and may not be on the disk.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; those of the system; if no thread could be started.
    #[doc(alias = "fsync")]
    pub async fn sync_all(&mut self) -> io::Result<()> {
        self.when_written(fs::File::sync_all).await
    }

    /// Waits until all that was written is on the disk, and of the rest what is needed to read it again.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: what was written is written, and may not be on the disk.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; those of the system; if no thread could be started.
    #[doc(alias = "fdatasync")]
    pub async fn sync_data(&mut self) -> io::Result<()> {
        self.when_written(fs::File::sync_data).await
    }

    /// Cuts it to that length, or fills it up with zeroes. The position stays.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost* but what was to be cut: a call that has begun goes on to its end.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; those of the system; if no thread could be started.
    #[doc(alias = "truncate")]
    pub async fn set_len(&mut self, length: u64) -> io::Result<()> {
        poll_fn(|cx| self.poll_rest(cx)).await;
        // What was read of it before may be cut now.
        self.rewind()?;
        self.when_written(move |file| file.set_len(length)).await
    }

    /// What the system knows of it; its length is that of what was written so far.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; those of the system; if no thread could be started.
    #[doc(alias = "fstat")]
    pub async fn metadata(&mut self) -> io::Result<Metadata> {
        self.when_written(fs::File::metadata).await
    }

    /// Sets its permissions.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a call that has begun goes on to its end.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; those of the system; if no thread could be started.
    #[doc(alias = "fchmod")]
    pub async fn set_permissions(&mut self, permissions: Permissions) -> io::Result<()> {
        self.when_written(move |file| file.set_permissions(permissions)).await
    }

    /// A second handle of the same open file, with all written and the position where it is here.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; if there are no descriptors left.
    pub async fn try_clone(&mut self) -> io::Result<File> {
        self.settle().await?;
        self.file.try_clone().map(File::from)
    }

    /// std's file, with all written and the position where it is here.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost* of what was written; the handle is.
    ///
    /// # Errors
    ///
    /// Those of writes that were not told yet; if there are no descriptors left.
    pub async fn into_std(mut self) -> io::Result<fs::File> {
        self.settle().await?;
        // The thread that wrote last may not have let go of it.
        self.file.try_clone()
    }

    /// Until nothing is under way, all is written and the kernel's position is ours.
    async fn settle(&mut self) -> io::Result<()> {
        poll_fn(|cx| {
            ready!(self.poll_rest(cx));
            self.poll_written(cx)
        })
        .await?;
        self.rewind()
    }

    async fn when_written<T: Send + 'static>(
        &mut self,
        then: impl FnOnce(&fs::File) -> io::Result<T> + Send + 'static,
    ) -> io::Result<T> {
        poll_fn(|cx| self.poll_written(cx)).await?;
        let file = Arc::clone(&self.file);
        call(move || then(&file)).await
    }

    fn poll_written(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.wrote {
            let written = ready!(self.behind.poll_written(cx));
            self.wrote = false;
            return Poll::Ready(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Waits for a call whose future is gone. Its error is for nobody; what it read is kept.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match &mut self.busy {
            Busy::Nothing => return Poll::Ready(()),
            Busy::Reading(read) => {
                if let Ok(bytes) = ready!(Pin::new(read).poll(cx)) {
                    self.ahead.fill(bytes);
                }
            }
            Busy::Seeking(_, sought) => {
                if ready!(Pin::new(sought).poll(cx)).is_ok() {
                    self.ahead.forget(); // It is of another place now.
                }
            }
        }
        self.busy = Busy::Nothing;
        Poll::Ready(())
    }

    /// Moves the kernel's position back to ours.
    fn rewind(&mut self) -> io::Result<()> {
        if !self.ahead.is_empty() {
            let ahead = i64::try_from(self.ahead.len()).expect("a buffer is not as long");
            match (&*self.file).seek(SeekFrom::Current(-ahead)) {
                Ok(_) => self.ahead.forget(),
                // A pipe has no position: what was read of it is kept for the next reader.
                Err(error) if error.kind() == io::ErrorKind::NotSeekable => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// The kernel's position is a number that it looks up, or sets, without waiting for anything; only where
    /// the end is may have to be asked of another machine.
    fn seek_now(&mut self, position: SeekFrom) -> io::Result<u64> {
        let position = match position {
            SeekFrom::Current(offset) => {
                let ahead = i64::try_from(self.ahead.len()).expect("a buffer is not as long");
                SeekFrom::Current(offset.checked_sub(ahead).ok_or(io::ErrorKind::InvalidInput)?)
            }
            other => other,
        };
        let reached = (&*self.file).seek(position)?;
        self.ahead.forget();
        Ok(reached)
    }
}

impl From<fs::File> for File {
    fn from(file: fs::File) -> File {
        let file = Arc::new(file);
        File {
            behind: Behind::new(&file),
            ahead: Ahead::default(),
            busy: Busy::Nothing,
            wrote: false,
            reads_now: true,
            file,
        }
    }
}

impl From<OwnedFd> for File {
    fn from(descriptor: OwnedFd) -> File {
        fs::File::from(descriptor).into()
    }
}

impl AsFd for File {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

impl AsRawFd for File {
    fn as_raw_fd(&self) -> RawFd {
        self.file.as_raw_fd()
    }
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("File").field(&self.file).finish()
    }
}

//! What is in a folder, as a stream.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use evenkeel_context::{poll_budget, spend};
use futures_core::Stream;

use crate::fs::{OnThread, call, call_at};

/// Entries of one call: enough that the way to the thread does not count.
const AT_ONCE: usize = 64;

/// What is in a folder, in no particular order, without `.` and `..`.
///
/// ```
/// use futures_lite::StreamExt;
///
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let mut entries = evenkeel::fs::read_dir("/").await?;
///     while let Some(entry) = entries.try_next().await? {
///         println!("{}", entry.path().display());
///     }
///     Ok(())
/// })
/// # }
/// ```
///
/// # Cancellation
///
/// *Nothing lost*.
///
/// # Errors
///
/// Those of the system, also as items; if no thread could be started.
#[doc(alias = "listdir")]
#[doc(alias = "scandir")]
pub async fn read_dir(path: impl AsRef<Path>) -> io::Result<ReadDir> {
    let (read, rest) = call_at(path, |path| Ok(batch(fs::read_dir(path)?))).await?;
    Ok(ReadDir { read, rest: Rest::Here(rest) })
}

/// The stream made by [`read_dir`].
#[must_use = "streams do nothing unless polled"]
pub struct ReadDir {
    read: Entries,
    rest: Rest,
}

type Entries = VecDeque<io::Result<DirEntry>>;
/// Some entries, and what gives more of them.
type Batch = (Entries, Option<fs::ReadDir>);

enum Rest {
    /// `None` at the end.
    Here(Option<fs::ReadDir>),
    OnThread(OnThread<Batch>),
}

/// On a thread.
fn batch(mut folder: fs::ReadDir) -> Batch {
    let mut entries = VecDeque::new();
    while entries.len() < AT_ONCE {
        match folder.next() {
            Some(entry) => entries.push_back(entry.map(DirEntry::new)),
            None => return (entries, None),
        }
    }
    (entries, Some(folder))
}

impl Stream for ReadDir {
    type Item = io::Result<DirEntry>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<DirEntry>>> {
        ready!(poll_budget(cx));
        loop {
            if let Some(entry) = self.read.pop_front() {
                spend();
                return Poll::Ready(Some(entry));
            }
            self.rest = match &mut self.rest {
                Rest::Here(rest) => match rest.take() {
                    Some(folder) => Rest::OnThread(call(move || Ok(batch(folder)))),
                    None => return Poll::Ready(None),
                },
                Rest::OnThread(more) => match ready!(Pin::new(more).poll(cx)) {
                    Ok((entries, rest)) => {
                        self.read = entries;
                        Rest::Here(rest)
                    }
                    Err(error) => {
                        self.rest = Rest::Here(None);
                        return Poll::Ready(Some(Err(error)));
                    }
                },
            };
        }
    }
}

impl fmt::Debug for ReadDir {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadDir").finish_non_exhaustive()
    }
}

/// One thing in a folder.
#[derive(Clone, Debug)]
pub struct DirEntry {
    entry: Arc<fs::DirEntry>,
    /// If the folder itself says it, as most file systems' do.
    file_type: Option<FileType>,
}

impl DirEntry {
    fn new(entry: fs::DirEntry) -> DirEntry {
        let file_type = entry.file_type().ok();
        DirEntry { entry: Arc::new(entry), file_type }
    }

    /// The folder's path, as it was given, and the name.
    pub fn path(&self) -> PathBuf {
        self.entry.path()
    }

    /// The name.
    pub fn file_name(&self) -> OsString {
        self.entry.file_name()
    }

    /// The number of what it names, in its file system.
    pub fn ino(&self) -> u64 {
        self.entry.ino()
    }

    /// Whether it is a file, a folder or something else. Links are not followed. Usually known already.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of the system; if no thread could be started.
    pub async fn file_type(&self) -> io::Result<FileType> {
        match self.file_type {
            Some(file_type) => Ok(file_type),
            None => {
                let entry = Arc::clone(&self.entry);
                call(move || entry.file_type()).await
            }
        }
    }

    /// What the system knows of it. Links are not followed.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    ///
    /// # Errors
    ///
    /// Those of the system; if no thread could be started.
    pub async fn metadata(&self) -> io::Result<Metadata> {
        let entry = Arc::clone(&self.entry);
        call(move || entry.metadata()).await
    }
}

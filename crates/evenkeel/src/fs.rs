//! Files, whose calls block, made on threads that may.
//!
//! | Python | here | tokio, async-fs |
//! |---|---|---|
//! | `to_thread(Path(p).read_text)` | [`read_to_string`]`(p).await` | the same |
//! | `open(p)`, in a thread | [`File::open`]`(p).await` | the same |
//! | `to_thread(shutil.copyfile, a, b)` | [`copy`]`(a, b).await` | the same |
//! | `to_thread(os.listdir, p)` | [`read_dir`]`(p).await`, a stream | the same |
//! | write to a temporary, `os.replace` | [`write_atomic`]`(p, text).await` | – |
//!
//! ```
//! use evenkeel::fs;
//! use futures_lite::{AsyncReadExt, AsyncWriteExt};
//!
//! # fn main() -> std::io::Result<()> {
//! # let folder = std::env::temp_dir().join(format!("evenkeel-fs-{}", std::process::id()));
//! evenkeel::run(async {
//!     fs::create_dir_all(&folder).await?;
//!     let path = folder.join("log");
//!     let mut log = fs::File::create(&path).await?;
//!     log.write_all(b"weighed anchor\n").await?;
//!     log.flush().await?; // else nobody hears of an error
//!     assert_eq!(fs::read_to_string(&path).await?, "weighed anchor\n");
//!     fs::remove_dir_all(&folder).await
//! })
//! # }
//! ```
//!
//! There is no readiness to wait for with files: the kernel makes the caller wait for the disk. So each call
//! here is one call on the pool of [`to_thread`], under any executor, with one exception:
//! what the kernel has in memory, a [`File`] reads without a thread (on Linux).
//!
//! # Cancellation, of all calls here
//!
//! A call that has begun goes on to its end on its thread, for nobody; one that has not begun never does. So
//! a cancelled `write` may have written all, nothing, or (if the call itself fails half-way) a part: whoever
//! must not be seen with a part uses [`write_atomic`]. A [`File`] keeps its position right in any case: see
//! there.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use evenkeel_blocking::to_thread;
use evenkeel_task::Join;

mod whole; // start here
mod path;
mod dir;
mod open;
mod file;
mod ahead;
mod behind;

pub use std::fs::{FileType, Metadata, Permissions};

pub use dir::{DirEntry, ReadDir, read_dir};
pub use file::File;
pub use open::OpenOptions;
pub use path::{
    canonicalize, create_dir, create_dir_all, hard_link, metadata, read_link, remove_dir,
    remove_dir_all, remove_file, rename, set_permissions, symlink, symlink_metadata, try_exists,
};
pub use whole::{copy, read, read_to_string, write, write_atomic};

/// A call on a thread, and what it answers.
#[derive(Debug)]
struct OnThread<T>(Join<io::Result<T>>);

/// Runs `call` on a thread; it starts at once.
#[track_caller]
fn call<T: Send + 'static>(call: impl FnOnce() -> io::Result<T> + Send + 'static) -> OnThread<T> {
    OnThread(to_thread(call).join())
}

/// [`call`], with a path.
#[track_caller]
fn call_at<T: Send + 'static>(
    path: impl AsRef<Path>,
    at: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
) -> OnThread<T> {
    let path = path.as_ref().to_owned();
    call(move || at(path))
}

impl<T> Future for OnThread<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        Poll::Ready(match ready!(Pin::new(&mut self.0).poll(cx)) {
            Ok(result) => result,
            Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
            // No thread, or a pool that was shut down.
            Err(error) => Err(io::Error::other(error)),
        })
    }
}

//! What is done to paths: folders, links, names, metadata.

use std::fs::{Metadata, Permissions};
use std::io;
use std::path::{Path, PathBuf};

use crate::fs::call_at;

/// The path with all links followed and no `.` or `..` in it.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "realpath")]
pub async fn canonicalize(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    call_at(path, std::fs::canonicalize).await
}

/// Makes a folder, whose parent exists.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "mkdir")]
pub async fn create_dir(path: impl AsRef<Path>) -> io::Result<()> {
    call_at(path, std::fs::create_dir).await
}

/// Makes a folder, and those above it that do not exist. One that exists is no error.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "makedirs")]
pub async fn create_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    call_at(path, std::fs::create_dir_all).await
}

/// Removes an empty folder.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "rmdir")]
pub async fn remove_dir(path: impl AsRef<Path>) -> io::Result<()> {
    call_at(path, std::fs::remove_dir).await
}

/// Removes a folder and all that is in it. Links are removed, not followed.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "rmtree")]
pub async fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    call_at(path, std::fs::remove_dir_all).await
}

/// Removes a file, or a link.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "unlink")]
pub async fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    call_at(path, std::fs::remove_file).await
}

/// What the system knows of a path: its size, times, permissions. Links are followed.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "stat")]
pub async fn metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    call_at(path, std::fs::metadata).await
}

/// [`metadata`], of a link itself if it is one.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "lstat")]
pub async fn symlink_metadata(path: impl AsRef<Path>) -> io::Result<Metadata> {
    call_at(path, std::fs::symlink_metadata).await
}

/// Where a symbolic link leads.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "readlink")]
pub async fn read_link(path: impl AsRef<Path>) -> io::Result<PathBuf> {
    call_at(path, std::fs::read_link).await
}

/// Whether there is anything at the path. Links are followed.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "exists")]
pub async fn try_exists(path: impl AsRef<Path>) -> io::Result<bool> {
    call_at(path, |path| path.try_exists()).await
}

/// Moves a file or folder to another name on the same file system. What had that name is replaced.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
pub async fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let to = to.as_ref().to_owned();
    call_at(from, move |from| std::fs::rename(from, to)).await
}

/// Gives a file a second name.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
pub async fn hard_link(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let link = link.as_ref().to_owned();
    call_at(original, move |original| std::fs::hard_link(original, link)).await
}

/// Makes a symbolic link that leads to `original`.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
pub async fn symlink(original: impl AsRef<Path>, link: impl AsRef<Path>) -> io::Result<()> {
    let link = link.as_ref().to_owned();
    call_at(original, move |original| std::os::unix::fs::symlink(original, link)).await
}

/// Sets the permissions of a file or folder.
///
/// # Cancellation
///
/// *Nothing lost*: a call that has begun goes on to its end, on its thread.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "chmod")]
pub async fn set_permissions(path: impl AsRef<Path>, permissions: Permissions) -> io::Result<()> {
    call_at(path, |path| std::fs::set_permissions(path, permissions)).await
}

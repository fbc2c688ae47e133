//! Whole files: read, written, copied in one call.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use crate::fs::{call, call_at};
use crate::loom::{AtomicUsize, Ordering};

/// All that is in a file.
///
/// # Cancellation
///
/// *Nothing lost*: the file stays as it is.
///
/// # Errors
///
/// Those of the system; if no thread could be started.
#[doc(alias = "read_bytes")]
pub async fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    call_at(path, fs::read).await
}

/// All that is in a file of text.
///
/// # Cancellation
///
/// *Nothing lost*: the file stays as it is.
///
/// # Errors
///
/// Those of the system; `InvalidData` if it is not UTF-8; if no thread could be started.
#[doc(alias = "read_text")]
pub async fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    call_at(path, fs::read_to_string).await
}

/// Makes `contents` all that is in a file, which is made if it is not there.
///
/// Others may see it half-written meanwhile: [`write_atomic`] is for that.
///
/// # Cancellation
///
/// *Data may be lost*: what was in the file; a call that has begun goes on and writes all of `contents`.
///
/// # Errors
///
/// Those of the system, when the file may hold a part; if no thread could be started.
#[doc(alias = "write_bytes")]
#[doc(alias = "write_text")]
pub async fn write(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let contents = contents.as_ref().to_owned();
    call_at(path, move |path| fs::write(path, contents)).await
}

/// [`write()`], in one step: whoever opens the file finds all of what was in it or all of `contents`, also
/// after the machine has lost its power.
///
/// It is written to a file beside it, flushed to the disk, given the permissions of the file it replaces, if
/// there is one, and renamed. Its owner and group are the writer's. A link is replaced, not followed.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let path = std::env::temp_dir().join(format!("evenkeel-atomic-{}", std::process::id()));
/// evenkeel::run(async {
///     evenkeel::fs::write_atomic(&path, "state = 2").await?;
///     assert_eq!(evenkeel::fs::read_to_string(&path).await?, "state = 2");
///     # evenkeel::fs::remove_file(&path).await?;
///     Ok(())
/// })
/// # }
/// ```
///
/// # Cancellation
///
/// *Nothing lost*: the file is the old one or the new one.
///
/// # Errors
///
/// Those of the system; the file is the old one then. If no thread could be started.
pub async fn write_atomic(path: impl AsRef<Path>, contents: impl AsRef<[u8]>) -> io::Result<()> {
    let contents = contents.as_ref().to_owned();
    call_at(path, move |path| replace(&path, &contents)).await
}

/// Copies what is in a file, and its permissions, to another, which is made or replaced: in the kernel, where
/// it can. The number of bytes.
///
/// # Cancellation
///
/// *Data may be lost*: what was in the second file; a call that has begun goes on and copies all.
///
/// # Errors
///
/// Those of the system, when the second file may hold a part; if no thread could be started.
#[doc(alias = "copyfile")]
pub async fn copy(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<u64> {
    let (from, to) = (from.as_ref().to_owned(), to.as_ref().to_owned());
    call(move || fs::copy(from, to)).await
}

/// On a thread.
fn replace(path: &Path, contents: &[u8]) -> io::Result<()> {
    let permissions = match fs::symlink_metadata(path) {
        Ok(before) if before.is_file() => Some(before.permissions()),
        Ok(_) => None,
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let (beside, mut file) = beside(path, permissions.as_ref())?;
    let written = file.write_all(contents).and_then(|()| {
        if let Some(exactly) = permissions {
            file.set_permissions(exactly)?; // The process's mask may have taken some away.
        }
        file.sync_all()?;
        fs::rename(&beside, path)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside); // The first error is the one to tell.
        return written;
    }
    // The name, too, must be on the disk; a file system that cannot do that does not have to.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = fs::File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// A new file in the same folder, of a name that nobody else takes; nobody may open it who could not open
/// the one with these permissions. So none but its owner, yet: its group may be another.
fn beside(path: &Path, permissions: Option<&Permissions>) -> io::Result<(PathBuf, fs::File)> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let Some(name) = path.file_name() else {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the path does not end in a name"));
    };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    if let Some(permissions) = permissions {
        options.mode(permissions.mode() & 0o700);
    }
    loop {
        // Relaxed: only that it is another number each time.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut other = std::ffi::OsString::from(".");
        other.push(name);
        other.push(format!(".{}-{number}", process::id()));
        let other = path.with_file_name(other);
        match options.open(&other) {
            Ok(file) => return Ok((other, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
}

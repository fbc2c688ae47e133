//! How a file is opened.

use std::fs;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::fs::{File, call_at};

/// How a file is opened: std's options.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # let path = std::env::temp_dir().join(format!("evenkeel-open-{}", std::process::id()));
/// use evenkeel::fs::{self, OpenOptions};
/// use futures_lite::AsyncWriteExt;
///
/// evenkeel::run(async {
///     for line in ["even\n", "keel\n"] {
///         let mut log = OpenOptions::new().create(true).append(true).open(&path).await?;
///         log.write_all(line.as_bytes()).await?;
///         log.close().await?;
///     }
///     assert_eq!(fs::read_to_string(&path).await?, "even\nkeel\n");
///     fs::remove_file(&path).await
/// })
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct OpenOptions(fs::OpenOptions);

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident($argument:ident: $type:ty);)*) => {
        $($(#[$doc])* pub fn $name(&mut self, $argument: $type) -> &mut OpenOptions {
            self.0.$name($argument);
            self
        })*
    };
}

impl OpenOptions {
    /// None set.
    #[expect(clippy::new_without_default, reason = "as std has it: a file is opened for something")]
    pub fn new() -> OpenOptions {
        OpenOptions(fs::OpenOptions::new())
    }

    options! {
        /// To be read.
        read(yes: bool);
        /// To be written.
        write(yes: bool);
        /// To be written at its end, wherever that is by then.
        append(yes: bool);
        /// What is in it goes.
        truncate(yes: bool);
        /// Made, if it is not there.
        create(yes: bool);
        /// Made; if it is there, that is an error.
        create_new(yes: bool);
        /// The permissions of a file that is made, less what the process's mask takes away.
        mode(mode: u32);
        /// Flags of the system's `open` beside those that the other options stand for.
        custom_flags(flags: i32);
    }

    /// Opens it.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a file that was opened all the same is closed. It may have been made, or truncated.
    ///
    /// # Errors
    ///
    /// Those of the system; `InvalidInput` for options that contradict each other; if no thread could be
    /// started.
    pub async fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let options = self.0.clone();
        call_at(path, move |path| options.open(path)).await.map(File::from)
    }
}

impl From<fs::OpenOptions> for OpenOptions {
    fn from(options: fs::OpenOptions) -> OpenOptions {
        OpenOptions(options)
    }
}

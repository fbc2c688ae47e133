//! All of a conversation at once: input is written while both outputs are read, so none waits for another.

use std::io;
use std::process::Output;

use evenkeel_task::gather;
use futures_io::AsyncWrite;

use crate::process::child::Child;
use crate::process::pipe::{ChildStderr, ChildStdin, ChildStdout};

impl Child {
    /// Writes `input` to its standard input and closes that, reads output and error to their ends meanwhile,
    /// and waits for the process: asyncio's `communicate`. Without a deadlock, however much it is.
    ///
    /// What is not a pipe is left alone, and its part of the answer is empty. A child that reads no more is
    /// no error, the rest of the input is for nobody; how it ended is in the answer. If it leaves a process
    /// behind that keeps its output open, this waits for that one too, as asyncio does.
    ///
    /// ```
    /// use evenkeel::process::{Command, Stdio};
    ///
    /// # fn main() -> std::io::Result<()> {
    /// evenkeel::run(async {
    ///     let mut upper = Command::new("tr");
    ///     let upper = upper.args(["a-z", "A-Z"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    ///     let output = upper.spawn()?.communicate("even keel").await?;
    ///     assert_eq!(output.stdout, b"EVEN KEEL");
    ///     Ok(())
    /// })
    /// # }
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: what was read so far, and nobody knows how much was written. The pipes are closed,
    /// and the process goes on as long as this handle says.
    ///
    /// # Errors
    ///
    /// Those of reading, writing (but for `BrokenPipe`) and [waiting](Child::wait).
    #[doc(alias = "wait_with_output")]
    pub async fn communicate(&mut self, input: impl AsRef<[u8]>) -> io::Result<Output> {
        let (stdin, stdout, stderr) = (self.stdin.take(), self.stdout.take(), self.stderr.take());
        let (mut said, mut wailed) = (Vec::new(), Vec::new());
        let input = input.as_ref();
        let (written, read, read_errors) = match (&stdin, &stdout, &stderr) {
            // One pipe: nothing to be done at once.
            (None, Some(out), None) => (Ok(()), out.read_all(&mut said).await, Ok(())),
            _ => {
                let written = write_all(stdin, input);
                let read = read_output(stdout, &mut said);
                gather((written, read, read_errors_of(stderr, &mut wailed))).await
            }
        };
        let status = self.wait().await?;
        written.and(read).and(read_errors)?;
        Ok(Output { status, stdout: said, stderr: wailed })
    }
}

async fn read_output(pipe: Option<ChildStdout>, all: &mut Vec<u8>) -> io::Result<()> {
    match pipe {
        Some(pipe) => pipe.read_all(all).await,
        None => Ok(()),
    }
}

async fn read_errors_of(pipe: Option<ChildStderr>, all: &mut Vec<u8>) -> io::Result<()> {
    match pipe {
        Some(pipe) => pipe.read_all(all).await,
        None => Ok(()),
    }
}

/// Writes it all and closes; a reader who has gone is not an error.
async fn write_all(pipe: Option<ChildStdin>, mut input: &[u8]) -> io::Result<()> {
    let Some(mut pipe) = pipe else { return Ok(()) };
    while !input.is_empty() {
        let written = std::future::poll_fn(|cx| {
            let pipe = std::pin::Pin::new(&mut pipe);
            pipe.poll_write(cx, input)
        });
        match written.await {
            Ok(count) => input = &input[count..],
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

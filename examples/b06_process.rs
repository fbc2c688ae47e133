//! Processes: run to the end, talked to, in a pipeline, given up on.
//!
//! ```python
//! proc = await asyncio.create_subprocess_exec("sort", stdin=PIPE, stdout=PIPE)
//! out, err = await proc.communicate(b"keel\neven\n")
//!
//! async with asyncio.timeout(0.1):
//!     await (await asyncio.create_subprocess_exec("sleep", "3600")).wait()
//! ```

use std::io;
use std::time::{Duration, Instant};

use evenkeel::process::{Command, Stdio};
use evenkeel::{gather, run, timeout};
use futures_lite::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, StreamExt, io::BufReader};

fn main() -> io::Result<()> {
    run(async {
        // To the end, with all it said.
        let sorted = Command::new("sort").output_of("keel\neven\n").await?;
        println!("sort: {:?}", String::from_utf8_lossy(&sorted.stdout));
        assert_eq!(sorted.stdout, b"even\nkeel\n");

        // A conversation, line by line.
        let mut shell = Command::shell("while read line; do echo \"you said: $line\"; done");
        let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (mut say, hear) = (shell.stdin.take().unwrap(), shell.stdout.take().unwrap());
        let mut hear = BufReader::new(hear).lines();
        for line in ["ahoy", "steady"] {
            say.write_all(format!("{line}\n").as_bytes()).await?;
            let answer = hear.next().await.unwrap()?;
            println!("shell: {answer}");
            assert_eq!(answer, format!("you said: {line}"));
        }
        drop(say); // An end to its input, and so to it.
        assert!(shell.wait().await?.success());

        // Five at once take as long as one.
        let begun = Instant::now();
        let naps = (0..5).map(|_| async { Command::new("sleep").arg("0.2").status().await });
        assert!(gather(naps).await.into_iter().all(|status| status.unwrap().success()));
        println!("five naps of 0.2 s took {:.1} s", begun.elapsed().as_secs_f64());
        assert!(begun.elapsed() < Duration::from_millis(900));

        // Nobody waits an hour, and nobody is left behind: dropping the future ends the process.
        let patience = Duration::from_millis(100);
        assert!(timeout(patience, Command::new("sleep").arg("3600").status()).await.is_err());

        // Politely, with a deadline.
        let mut deaf = Command::shell("trap '' TERM; echo; exec sleep 3600");
        let mut deaf = deaf.stdout(Stdio::piped()).spawn()?;
        deaf.stdout.as_mut().unwrap().read_exact(&mut [0]).await?; // Now it is deaf.
        let status = deaf.terminate_or_kill(patience).await?;
        println!("asked to end, then ended: {status}");
        assert!(!status.success());

        // What does not exist is an error like any other.
        let missing = Command::new("no-such-program").spawn().map(drop);
        println!("no-such-program: {}", missing.unwrap_err());
        Ok(())
    })
}

//! The program's own streams, of a process of its own: pipes, a terminal, files.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evenkeel::stdio::{stderr, stdin, stdout};
use evenkeel::{Options, Runner, create_task, run, timeout, yield_now};
use futures_lite::{AsyncReadExt, AsyncWriteExt, StreamExt};
use rustix::fs::{OFlags, fcntl_getfl};

use crate::child;

fn is_nonblocking(fd: impl std::os::fd::AsFd) -> bool {
    fcntl_getfl(fd).unwrap().contains(OFlags::NONBLOCK)
}

/// In the child: each line of input, louder, to error, where libtest does not write.
fn shout() {
    let mut lines = stdin().unwrap().lines().longest(1000);
    let (mut out, mut err) = (stdout().unwrap(), stderr().unwrap());
    run(async {
        // Nothing there yet: given up without a thread that reads on.
        assert!(timeout(Duration::from_millis(5), lines.next_line()).await.is_err());
        err.write_all(b"ready\n").await.unwrap();
        while let Some(line) = lines.next().await {
            let line = line.map_or_else(|error| error.to_string(), |line| line.to_uppercase());
            out.write_all(line.as_bytes()).await.unwrap();
            err.write_all(format!("{line}\n").as_bytes()).await.unwrap();
        }
        out.flush().await.unwrap();
        err.close().await.unwrap();
    });
    assert!(!is_nonblocking(std::io::stdin()) && !is_nonblocking(std::io::stderr()));
}

fn until_ready(process: &mut Child) -> impl Read + use<> {
    let mut errors = process.stderr.take().unwrap();
    let mut ready = [0; 6];
    errors.read_exact(&mut ready).unwrap();
    assert_eq!(&ready, b"ready\n");
    errors
}

#[test]
fn lines_through_pipes() {
    if child::is_this() {
        return shout();
    }
    let mut process = child::command("stdio::lines_through_pipes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = until_ready(&mut process);
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all(b"even\nkeel\r\n\nno e").unwrap();
    std::thread::sleep(Duration::from_millis(10));
    stdin.write_all(b"nd\n\xff\n").unwrap();
    stdin.write_all(&[b'x'; 3000]).unwrap();
    std::thread::sleep(Duration::from_millis(10));
    stdin.write_all(b"\n").unwrap();
    // Whole at once, with an end: of the longest that is taken, and longer by a byte.
    for length in [1000, 1001] {
        stdin.write_all(&[&vec![b'y'; length][..], b"\r\n"].concat()).unwrap();
    }
    stdin.write_all(b"last").unwrap();
    drop(stdin);
    let mut said = String::new();
    errors.read_to_string(&mut said).unwrap();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(&lines[..4], ["EVEN", "KEEL", "", "NO END"]);
    assert!(lines[4].contains("utf-8"), "{said}");
    // What is too long is told of once, and passed over to its end.
    assert_eq!(lines[5], "a line of more than 1000 bytes", "{said}");
    assert_eq!(&lines[6..], ["Y".repeat(1000).as_str(), lines[5], "LAST"]);
    assert!(process.wait().unwrap().success());
}

#[test]
fn many_lines_at_once_let_others_go_first() {
    if child::is_this() {
        let mut lines = stdin().unwrap().lines();
        return Runner::new(Options { workers: 1, ..Options::default() }).unwrap().run(async {
            let turns = Arc::new(AtomicUsize::new(0));
            let counts = Arc::clone(&turns);
            let _other = create_task(async move {
                loop {
                    counts.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            });
            while lines.next_line().await.unwrap().is_some() {}
            assert!(turns.load(Ordering::Relaxed) >= 1000 / 128, "{turns:?}");
        });
    }
    let mut process = child::command("stdio::many_lines_at_once_let_others_go_first")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // All of it is there with one read.
    process.stdin.take().unwrap().write_all("\n".repeat(1000).as_bytes()).unwrap();
    assert!(process.wait().unwrap().success());
}

#[test]
fn a_read_that_cannot_be_called_off_keeps_no_process() {
    if child::is_this() {
        let shutdown_grace = Duration::from_millis(20);
        let mut runner = Runner::new(Options { shutdown_grace, ..Options::default() }).unwrap();
        // A socket: read by a thread.
        let mut lines = stdin().unwrap().lines();
        let line = runner.run(timeout(Duration::from_millis(20), lines.next_line()));
        assert!(line.is_err(), "nothing comes");
        assert_eq!(runner.close().calls.len(), 1);
        return;
    }
    let (_ours, theirs) = UnixStream::pair().unwrap();
    let status = child::command("stdio::a_read_that_cannot_be_called_off_keeps_no_process")
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    assert!(status.unwrap().success());
}

#[test]
fn a_terminal_stays_as_it_is() {
    if child::is_this() {
        return shout();
    }
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
    let mut process = child::command("stdio::a_terminal_stays_as_it_is")
        .stdin(Stdio::from(OwnedFd::from(theirs.try_clone().unwrap())))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut errors = until_ready(&mut process);
    let mut keyboard = File::from(ours);
    keyboard.write_all(b"ahoy\n\x04").unwrap(); // Ctrl-D
    let mut said = String::new();
    errors.read_to_string(&mut said).unwrap();
    assert_eq!(said, "AHOY\n");
    assert!(process.wait().unwrap().success());
    assert!(!is_nonblocking(&theirs));
}

#[test]
fn files_as_input_and_output_share_their_position() {
    if child::is_this() {
        return run(async {
            let (mut input, mut output) = (stdin().unwrap(), stderr().unwrap());
            let mut all = Vec::new();
            input.read_to_end(&mut all).await.unwrap();
            std::io::stderr().write_all(b"[").unwrap();
            output.write_all(&all).await.unwrap();
            output.flush().await.unwrap();
            std::io::stderr().write_all(b"]").unwrap();
            // Not flushed: the end of the run sees to it.
            output.write_all(b".").await.unwrap();
        });
    }
    let path = std::env::temp_dir().join(format!("evenkeel-stdio-{}", std::process::id()));
    std::fs::write(&path, "steady").unwrap();
    let out = path.with_extension("out");
    let status = child::command("stdio::files_as_input_and_output_share_their_position")
        .stdin(File::open(&path).unwrap())
        .stderr(File::create(&out).unwrap())
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "[steady].");
    std::fs::remove_file(&path).unwrap();
    std::fs::remove_file(&out).unwrap();
}

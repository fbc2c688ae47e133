//! Children: all they say, however much; their ends; nothing of them left.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::time::{Duration, Instant};

use evenkeel::process::{Command, Signal, Stdio, orphans};
use evenkeel::{Options, Runner, gather, run, sleep, timeout};
use futures_lite::{AsyncReadExt, AsyncWriteExt, StreamExt, future::block_on};

use crate::child;

/// On the single-threaded loop and on two workers: the same program.
fn on_each<F: Future<Output = ()>>(main: impl Fn() -> F) {
    for workers in [1, 2] {
        Runner::new(Options { workers, ..Options::default() }).unwrap().run(main());
    }
}

/// Runs the test in a process of its own, once with descriptors and once with threads, and there does `test`.
fn in_both_ways(name: &str, test: impl FnOnce()) {
    if child::is_this() {
        return test();
    }
    child::run(name, &[]);
    child::run(name, &[("EVENKEEL_NO_PIDFD", "1")]);
}

fn descriptors() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Children of this process that ended and were not waited for.
fn zombies() -> usize {
    let mine = format!(" {} ", std::process::id());
    let stat = |entry: std::io::Result<fs::DirEntry>| {
        fs::read_to_string(entry.unwrap().path().join("stat")).unwrap_or_default()
    };
    fs::read_dir("/proc")
        .unwrap()
        .map(stat)
        .filter(|stat| {
            stat.rsplit_once(')').is_some_and(|(_, rest)| {
                rest.starts_with(" Z") && format!("{rest} ")[2..].starts_with(&mine)
            })
        })
        .count()
}

/// Waits until it is so; some things end a moment after they were told to.
fn soon(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(10), "not in ten seconds: {what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn is_running(id: u32) -> bool {
    fs::read_to_string(format!("/proc/{id}/stat")).is_ok_and(|stat| !stat.contains(") Z"))
}

/// So that it neither compresses to nothing nor takes long to make.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 28) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn what_it_wrote_and_how_it_ended() {
    on_each(|| async {
        let mut line = Command::shell("cat; echo wailed >&2; exit 3");
        let output = line.output_of("said").await.unwrap();
        assert_eq!((&*output.stdout, &*output.stderr), (&b"said"[..], &b"wailed\n"[..]));
        assert_eq!(output.status.code(), Some(3));
        assert!(Command::new("true").status().await.unwrap().success());
        let killed = Command::shell("kill -USR1 $$").status().await.unwrap();
        assert_eq!(killed.signal(), Some(Signal::USR1.as_raw()));
        // Nothing to read is an end, not the terminal.
        assert_eq!(Command::new("cat").output().await.unwrap().stdout, b"");
    });
}

#[test]
fn what_it_inherits_and_what_std_can_set() {
    on_each(|| async {
        let mut bare = Command::new("/usr/bin/env");
        bare.env("LOST", "x").env_clear().env("KEPT", "y");
        assert_eq!(bare.as_std().get_program(), "/usr/bin/env");
        assert_eq!(bare.output().await.unwrap().stdout, b"KEPT=y\n");
        let mut renamed = Command::new("sh");
        renamed.args(["-c", "echo $0"]);
        renamed.as_std_mut().arg0("called-so");
        assert_eq!(renamed.output().await.unwrap().stdout, b"called-so\n");
    });
}

#[test]
fn pipes_for_one_output_are_not_there_for_the_next_child() {
    on_each(|| async {
        let mut command = Command::new("true");
        command.stderr(Stdio::piped());
        command.output().await.unwrap();
        let mut child = command.spawn().unwrap();
        assert!(child.stdin.is_none() && child.stdout.is_none(), "nobody would read it");
        assert!(child.stderr.is_some(), "that was asked for");
        assert!(child.wait().await.unwrap().success());
    });
}

#[test]
fn a_command_that_does_not_exist_is_an_error_and_nothing_else() {
    on_each(|| async {
        let missing = Command::new("no-such-program-anywhere").spawn();
        assert_eq!(missing.unwrap_err().kind(), ErrorKind::NotFound);
        let nowhere = Command::new("true").current_dir("/no/such/folder").status().await;
        assert_eq!(nowhere.unwrap_err().kind(), ErrorKind::NotFound);
        let no_program = Command::new("/dev/null").output().await;
        assert_eq!(no_program.unwrap_err().kind(), ErrorKind::PermissionDenied);
        assert!(Command::new("true").status().await.unwrap().success());
    });
}

#[test]
fn a_hundred_megabytes_through_a_program_and_back() {
    if !child::is_this() {
        child::run("process::a_hundred_megabytes_through_a_program_and_back", &[]);
        return;
    }
    let input = noise(100 << 20);
    run(async {
        // The first child makes the process open what it keeps.
        assert!(Command::new("true").status().await.unwrap().success());
        let before = descriptors();
        let same = Command::new("cat").output_of(&input).await.unwrap();
        assert!(same.stdout == input, "cat gave something else back");
        let small = Command::new("gzip").arg("-1").output_of(&input).await.unwrap();
        assert!(small.status.success() && small.stdout.len() < input.len());
        let large = Command::new("gzip").arg("-d").output_of(&small.stdout).await.unwrap();
        assert!(large.stdout == input, "gzip gave something else back");
        assert_eq!((zombies(), descriptors()), (0, before));
    });
}

#[test]
fn a_child_that_reads_no_more_costs_the_rest_of_its_input_and_no_more() {
    on_each(|| async {
        let much = vec![b'x'; 1 << 20];
        let head = Command::new("head").args(["-c", "3"]).output_of(&much).await.unwrap();
        assert_eq!(head.stdout, b"xxx");
        let deaf = Command::shell("exec <&-; sleep 0.05; echo done").output_of(&much).await;
        assert_eq!(deaf.unwrap().stdout, b"done\n");
        // Whoever writes himself is told.
        let mut gone = Command::new("true").stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = gone.stdin.take().unwrap();
        assert!(gone.wait().await.unwrap().success());
        let written = stdin.write_all(b"anybody there?").await;
        assert_eq!(written.unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

#[test]
fn closing_its_input_is_an_end_to_it() {
    on_each(|| async {
        let mut wc = Command::new("wc");
        let mut wc = wc.arg("-l").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut stdin = wc.stdin.take().unwrap();
        stdin.write_all(b"one\ntwo\n").await.unwrap();
        stdin.close().await.unwrap();
        assert_eq!(stdin.write(b"three").await.unwrap_err().kind(), ErrorKind::BrokenPipe);
        let mut said = String::new();
        wc.stdout.take().unwrap().read_to_string(&mut said).await.unwrap();
        assert_eq!(said.trim(), "2");
        assert!(wc.wait().await.unwrap().success());
        // Waiting closes it too: else both would wait for ever.
        let mut cat = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        assert!(cat.wait().await.unwrap().success());
    });
}

#[test]
fn a_pipe_goes_from_one_child_to_the_next() {
    on_each(|| async {
        let mut one = Command::new("echo").arg("even keel").stdout(Stdio::piped()).spawn().unwrap();
        let pipe = Stdio::try_from(one.stdout.take().unwrap()).unwrap();
        let two = Command::new("tr").args(["a-z", "A-Z"]).stdin(pipe).output();
        let (one, two) = gather((one.wait(), two)).await;
        assert!(one.unwrap().success());
        assert_eq!(two.unwrap().stdout, b"EVEN KEEL\n");
    });
}

#[test]
fn waiting_can_be_given_up_and_begun_again() {
    in_both_ways("process::waiting_can_be_given_up_and_begun_again", || {
        on_each(|| async {
            let mut child = Command::new("sleep").arg("3600").spawn().unwrap();
            assert_eq!(child.try_wait().unwrap(), None);
            for _ in 0..3 {
                assert!(timeout(Duration::from_millis(2), child.wait()).await.is_err());
            }
            child.terminate().unwrap();
            let ended = child.wait().await.unwrap();
            assert_eq!(ended.signal(), Some(Signal::TERM.as_raw()));
            assert_eq!(child.wait().await.unwrap(), ended, "as often as it is asked");
            child.kill().unwrap(); // Nobody is there.
            child.send_signal(Signal::USR1).unwrap();
        });
        // Any executor will do, also one after the other.
        let mut child = Command::shell("read line; exit 4").stdin(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        run(async {
            assert!(timeout(Duration::from_millis(2), child.wait()).await.is_err());
        });
        drop(stdin);
        assert_eq!(block_on(child.wait()).unwrap().code(), Some(4));
    });
}

#[test]
fn a_child_that_does_not_listen_is_ended_after_the_grace() {
    run(async {
        let mut deaf = Command::shell("trap '' TERM; echo ready; exec sleep 3600");
        let mut deaf = deaf.stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = [0; 6];
        deaf.stdout.as_mut().unwrap().read_exact(&mut ready).await.unwrap();
        let ended = deaf.terminate_or_kill(Duration::from_millis(20)).await.unwrap();
        assert_eq!(ended.signal(), Some(Signal::KILL.as_raw()));
    });
}

#[test]
fn who_is_killed_on_drop_and_who_is_not() {
    on_each(|| async {
        let spawn = |kill| Command::new("sleep").arg("3600").kill_on_drop(kill).spawn().unwrap();
        let id = spawn(true).id(); // Dropped at once.
        soon("killed", || !is_running(id));
        let mut kept = Command::new("sleep").arg("3600").spawn().unwrap();
        let id = kept.id();
        drop((kept.stdin.take(), kept));
        sleep(Duration::from_millis(20)).await;
        assert!(is_running(id), "a handle that is dropped lets it go on");
        Command::new("kill").arg(id.to_string()).status().await.unwrap();
        // Nobody could end it any more.
        let path = std::env::temp_dir().join(format!("evenkeel-{id}"));
        let mut slow = Command::shell("echo $$ > \"$1\"; exec sleep 3600");
        slow.arg("sh").arg(&path);
        let mut output = Box::pin(slow.output());
        let said = || fs::read_to_string(&path).unwrap_or_default();
        while !said().ends_with('\n') {
            assert!(timeout(Duration::from_millis(5), &mut output).await.is_err());
        }
        drop(output);
        let id: u32 = said().trim().parse().unwrap();
        soon("killed with its future", || !is_running(id));
        fs::remove_file(&path).unwrap();
    });
}

#[test]
fn a_group_is_reached_as_a_whole() {
    async fn family() -> (evenkeel::process::Child, u32) {
        let mut parent = Command::shell("sleep 3600 & echo $!; wait");
        let parent = parent.process_group(0).kill_on_drop(true).stdout(Stdio::piped());
        let mut parent = parent.spawn().unwrap();
        let stdout = parent.stdout.as_mut().unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"\n") {
            let mut byte = [0];
            stdout.read_exact(&mut byte).await.unwrap();
            said.push(byte[0]);
        }
        (parent, String::from_utf8(said).unwrap().trim().parse().unwrap())
    }
    on_each(|| async {
        for signal in [Signal::KILL, Signal::TERM] {
            let (mut parent, child) = family().await;
            assert!(is_running(child));
            match signal {
                Signal::KILL => parent.kill_group().unwrap(),
                other => parent.signal_group(other).unwrap(),
            }
            assert_eq!(parent.wait().await.unwrap().signal(), Some(signal.as_raw()));
            soon("its child reached, too", || !is_running(child));
            parent.kill_group().unwrap(); // Nothing: the number may be another's.
        }
        let (parent, child) = family().await;
        drop(parent);
        soon("killed on drop", || !is_running(child));
        let mut alone = Command::new("true").spawn().unwrap();
        assert_eq!(alone.kill_group().unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(alone.signal_group(Signal::TERM).unwrap_err().kind(), ErrorKind::InvalidInput);
        alone.wait().await.unwrap();
    });
}

#[test]
fn a_thousand_short_children_leave_no_zombie_and_no_descriptor() {
    let name = "process::a_thousand_short_children_leave_no_zombie_and_no_descriptor";
    in_both_ways(name, || {
        on_each(|| async {
            // What is opened once: pipes of std's, the runner's timer. That long, or it may be over before the
            // runner comes to sleep, and needs none.
            drop(Command::new("true").output().await.unwrap());
            sleep(Duration::from_millis(50)).await;
            let before = descriptors();
            for _ in 0..10 {
                let waited = (0..25).map(|n| async move {
                    let mut line = Command::shell(format!("read x; echo {n} $x"));
                    let output = line.output_of("times").await.unwrap();
                    assert_eq!(output.stdout, format!("{n} times\n").as_bytes());
                });
                gather(waited).await;
                // Nobody waits for these.
                let dropped = (0..25).map(|n| {
                    let mut sleep = Command::new("sleep");
                    sleep.arg(format!("0.{n:03}")).stdin(Stdio::piped());
                    sleep.spawn().unwrap().id()
                });
                dropped.for_each(drop);
            }
            while orphans() > 0 {
                sleep(Duration::from_millis(1)).await;
            }
            assert_eq!(zombies(), 0);
            assert_eq!(descriptors(), before);
        });
    });
}

#[test]
fn an_orphan_outlives_the_run_and_is_seen_to() {
    let name = "process::an_orphan_outlives_the_run_and_is_seen_to";
    in_both_ways(name, || {
        let mut runner = Runner::new(Options::default()).unwrap();
        let stdin = runner.run(async {
            let mut cat = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
            let stdin = Stdio::try_from(cat.stdin.take().unwrap()).unwrap();
            assert!(timeout(Duration::from_millis(1), cat.wait()).await.is_err());
            stdin // Its handle is dropped here.
        });
        let left = runner.close();
        let by_thread = std::env::var_os("EVENKEEL_NO_PIDFD").is_some();
        assert_eq!(left.sources, usize::from(!by_thread), "{left}");
        assert_eq!(orphans(), 1);
        drop(stdin);
        soon("the orphan is seen to", || orphans() == 0);
        assert_eq!(zombies(), 0);
        // And outside any run.
        drop(Command::new("true").spawn().unwrap());
        soon("the second, too", || orphans() == 0);
        assert_eq!(zombies(), 0);
    });
}

#[test]
fn a_child_taken_by_somebody_else_is_an_error_and_no_wait() {
    let name = "process::a_child_taken_by_somebody_else_is_an_error_and_no_wait";
    in_both_ways(name, || {
        run(async {
            let mut child = Command::new("true").spawn().unwrap();
            let pid = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap());
            rustix::process::waitpid(pid, rustix::process::WaitOptions::empty()).unwrap();
            // Its number may be another's by now: nobody is sent anything.
            child.kill().unwrap();
            assert_eq!(child.wait().await.unwrap_err().raw_os_error(), Some(libc::ECHILD));
        });
    });
}

#[test]
fn output_is_read_while_it_comes() {
    on_each(|| async {
        let mut ticks = Command::shell("for n in 1 2 3; do echo $n; sleep 0.01; done");
        let mut ticks = ticks.stdout(Stdio::piped()).spawn().unwrap();
        let lines = futures_lite::io::BufReader::new(ticks.stdout.take().unwrap());
        let lines: Vec<_> =
            futures_lite::AsyncBufReadExt::lines(lines).map(Result::unwrap).collect().await;
        assert_eq!(lines, ["1", "2", "3"]);
        assert!(ticks.wait().await.unwrap().success());
    });
}

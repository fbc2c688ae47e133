//! Files, children and signals: a call that has begun ends on its thread, a child is nobody's zombie, and no
//! listener stays registered.

use std::mem;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use evenkeel::ThreadPool;
use evenkeel::fs::{self, File};
use evenkeel::process::{Command, Stdio, orphans};
use evenkeel::reactor::Reactor;
use evenkeel::signal::{Signal, Signals, asked_to_end, ctrl_c};
use futures_lite::{
    AsyncWriteExt, StreamExt,
    future::{block_on, poll_once},
};

use crate::harness::{Case, World, case};
use crate::reactor::{news, on_reactor};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = paths();
    cases.extend(files());
    cases.extend(children());
    cases.extend(signals());
    cases
}

/// A call that waits for the one thread of a pool, until the event lets it through. It was begun before the
/// play: whether a call that begins meanwhile is done at its first poll, nobody knows.
fn on_thread<F: Future<Output = ()> + 'static>(call: impl FnOnce() -> F) -> World {
    let pool = ThreadPool::new(1);
    let (go, gate) = mpsc::channel::<()>();
    let shut = pool.run(move || gate.recv().is_ok());
    let entered = pool.enter();
    let mut call = Box::pin(call());
    assert!(block_on(poll_once(&mut call)).is_none(), "it needs no thread");
    let quiet = move || {
        while pool.pending() > 0 {
            thread::yield_now();
        }
    };
    World::new()
        .keep((entered, shut))
        .wakers_stay("the call that runs keeps its last awaiter's waker")
        .future(call)
        .event("done", move || {
            drop(go);
            quiet();
        })
}

/// Nothing is there, so nothing is done; the way is the same.
fn nowhere() -> &'static Path {
    Path::new("/no/such/place")
}

macro_rules! on_thread {
    ($($covers:literal: $call:expr;)*) => {
        vec![$(case(concat!("fs ", $covers), &[$covers], || {
            on_thread(|| async { drop($call.await) })
        })),*]
    };
}

fn paths() -> Vec<Case> {
    on_thread! {
        "evenkeel/fs/whole read": fs::read(nowhere());
        "evenkeel/fs/whole read_to_string": fs::read_to_string(nowhere());
        "evenkeel/fs/whole write": fs::write(nowhere(), "x");
        "evenkeel/fs/whole write_atomic": fs::write_atomic(nowhere(), "x");
        "evenkeel/fs/whole copy": fs::copy(nowhere(), nowhere());
        "evenkeel/fs/path canonicalize": fs::canonicalize(nowhere());
        "evenkeel/fs/path create_dir": fs::create_dir(nowhere());
        "evenkeel/fs/path create_dir_all": fs::create_dir_all("/dev/null/x");
        "evenkeel/fs/path remove_dir": fs::remove_dir(nowhere());
        "evenkeel/fs/path remove_dir_all": fs::remove_dir_all(nowhere());
        "evenkeel/fs/path remove_file": fs::remove_file(nowhere());
        "evenkeel/fs/path metadata": fs::metadata(nowhere());
        "evenkeel/fs/path symlink_metadata": fs::symlink_metadata(nowhere());
        "evenkeel/fs/path read_link": fs::read_link(nowhere());
        "evenkeel/fs/path try_exists": fs::try_exists(nowhere());
        "evenkeel/fs/path rename": fs::rename(nowhere(), nowhere());
        "evenkeel/fs/path hard_link": fs::hard_link(nowhere(), nowhere());
        "evenkeel/fs/path symlink": fs::symlink(nowhere(), nowhere());
        "evenkeel/fs/path set_permissions": fs::set_permissions(nowhere(), permissions());
        "evenkeel/fs/dir read_dir": fs::read_dir(nowhere());
        "evenkeel/fs/open OpenOptions::open": File::options().read(true).open(nowhere());
        "evenkeel/fs/file File::open": File::open(nowhere());
        "evenkeel/fs/file File::create": File::create(nowhere());
    }
}

fn permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o600)
}

/// An entry of a folder that is there.
fn entry() -> fs::DirEntry {
    let first = async { fs::read_dir("/").await.unwrap().next().await.unwrap().unwrap() };
    block_on(first)
}

/// A file with a write that nobody has seen the end of.
async fn written() -> File {
    let mut file = null();
    file.write_all(b"x").await.unwrap();
    file
}

fn null() -> File {
    File::from(std::fs::File::options().read(true).write(true).open("/dev/null").unwrap())
}

fn files() -> Vec<Case> {
    let mut cases = on_thread! {
        "evenkeel/fs/file File::sync_all": null().sync_all();
        "evenkeel/fs/file File::sync_data": null().sync_data();
        "evenkeel/fs/file File::set_len": null().set_len(0);
        "evenkeel/fs/file File::metadata": null().metadata();
        "evenkeel/fs/file File::set_permissions": null().set_permissions(as_it_is());
        "evenkeel/fs/file File::try_clone": written().await.try_clone();
        "evenkeel/fs/file File::into_std": written().await.into_std();
    };
    cases.push(case("fs_entry", &["evenkeel/fs/dir DirEntry::metadata"], || {
        let entry = entry();
        on_thread(|| async move { assert!(entry.metadata().await.is_ok()) })
    }));
    // Known already, as nearly always.
    cases.push(case("fs_entry_type", &["evenkeel/fs/dir DirEntry::file_type"], || {
        let entry = entry();
        World::new().future(async move { assert!(entry.file_type().await.is_ok()) })
    }));
    cases
}

fn as_it_is() -> fs::Permissions {
    std::fs::metadata("/dev/null").unwrap().permissions()
}

fn children() -> Vec<Case> {
    vec![
        case("process_wait", &["evenkeel/process/child Child::wait"], || {
            child(|command, gate| {
                let mut child = command.stdin(gate).spawn().unwrap();
                async move { assert!(child.wait().await.unwrap().success()) }
            })
        }),
        case("process_status", &["evenkeel/process/command Command::status"], || {
            child(|command, gate| {
                let status = command.stdin(gate).kill_on_drop(false).status();
                async { assert!(status.await.unwrap().success()) }
            })
        }),
        case("process_output", &["evenkeel/process/command Command::output"], || {
            child(|command, gate| {
                let output = command.stdin(gate).output();
                async { assert_eq!(output.await.unwrap().stdout, b"") }
            })
        }),
        case("process_output_of", &["evenkeel/process/command Command::output_of"], || {
            child(|command, gate| {
                let output = command.stdin(gate).output_of("not for the gate");
                async { assert_eq!(output.await.unwrap().stdout, b"") }
            })
        }),
        case("process_communicate", &["evenkeel/process/communicate Child::communicate"], || {
            child(|command, gate| {
                let mut child = command.stdin(gate).stdout(Stdio::piped()).spawn().unwrap();
                async move { assert_eq!(child.communicate("").await.unwrap().stdout, b"") }
            })
        }),
        case("process_terminate", &["evenkeel/process/child Child::terminate_or_kill"], || {
            child(|command, gate| {
                let mut child = command.stdin(gate).spawn().unwrap();
                let hour = Duration::from_secs(3600);
                async move {
                    let _ = child.terminate_or_kill(hour).await.unwrap();
                }
            })
        }),
    ]
}

/// A child that ends when the event closes its input, unless it was told to before; in the end there is none,
/// and nothing is registered for it.
fn child<F: Future<Output = ()> + 'static>(call: impl FnOnce(&mut Command, Stdio) -> F) -> World {
    let (reactor, world) = on_reactor();
    let (gate, keeper) = std::os::unix::net::UnixStream::pair().unwrap();
    let future = call(&mut Command::new("cat"), Stdio::from(std::os::fd::OwnedFd::from(gate)));
    let turned = reactor.clone();
    let end = move || {
        drop(keeper);
        // Its pipes, and then its end: several pieces of news.
        for _ in 0..10 {
            turned.wait(Some(Duration::from_millis(2))).unwrap();
        }
    };
    // Also of a world that is not played, whose child is an orphan as well.
    let ends = Ends(reactor.clone());
    let last = Ends(reactor.clone());
    world
        .keep(last)
        .future(future)
        .event("end", news(&reactor, end))
        .victim_may_wait()
        .check(move |_| drop(ends))
}

/// Drives the reactor until it has seen to the orphans.
struct Ends(Reactor);

impl Drop for Ends {
    fn drop(&mut self) {
        let begun = Instant::now();
        while orphans() > 0 {
            assert!(begun.elapsed() < Duration::from_secs(10), "an orphan is left");
            self.0.wait(Some(Duration::from_millis(1))).unwrap();
        }
    }
}

fn signals() -> Vec<Case> {
    let recv: &[_] = &["evenkeel/signal Signals::recv"];
    vec![
        case("signal_recv", recv, || {
            signal(Signal::USR1, || {
                let mut signals = Signals::new([Signal::USR1]).unwrap();
                async move { assert_eq!(signals.recv().await.unwrap(), Signal::USR1) }
            })
        }),
        case("signal_ctrl_c", &["evenkeel/signal ctrl_c"], || {
            signal(Signal::INT, || {
                let ctrl_c = ctrl_c();
                async { ctrl_c.await.unwrap() }
            })
        }),
        case("signal_asked_to_end", &["evenkeel/signal asked_to_end"], || {
            signal(Signal::TERM, || {
                let asked = asked_to_end();
                async { assert_eq!(asked.await.unwrap(), Signal::TERM) }
            })
        }),
    ]
}

fn signal<F: Future<Output = ()> + 'static>(signal: Signal, wait: impl FnOnce() -> F) -> World {
    // What nobody listens for ends the process: somebody does, for ever.
    static KEPT: std::sync::Once = std::sync::Once::new();
    KEPT.call_once(|| {
        mem::forget(Signals::new([Signal::USR1, Signal::INT, Signal::TERM]).unwrap());
    });
    let (reactor, world) = on_reactor();
    world.future(wait()).event("signal", news(&reactor, move || raise(signal)))
}

#[expect(unsafe_code, reason = "to this thread, so that it has come when the call returns")]
fn raise(signal: Signal) {
    // SAFETY: somebody listens for it, so no default action is taken.
    assert_eq!(unsafe { libc::raise(signal.as_raw()) }, 0);
}

//! The threads that drive what nobody else drives.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::pin::pin;

use evenkeel_reactor::{Reactor, Source};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};

use crate::support::{Count, alone, descriptors, poll_once, soon, threads};

/// As the kernel has it: names are cut at 15 bytes.
const NAME: &str = "evenkeel-reacto";

fn drivers() -> usize {
    threads().iter().filter(|name| *name == NAME).count()
}

#[test]
fn echo_with_nothing_started() {
    let heard = future::block_on(async {
        let listener = Source::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let server = async {
            let (stream, _) = listener.accept().await.unwrap();
            futures_lite::io::copy(&stream, &mut &stream).await.unwrap();
        };
        let client = async {
            let mut stream = Source::<TcpStream>::connect(address).await.unwrap();
            stream.write_all(b"ahoy").await.unwrap();
            stream.close().await.unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).await.unwrap();
            heard
        };
        future::zip(server, client).await.1
    });
    assert_eq!(heard, "ahoy");
}

#[test]
fn there_is_one_thread_only_when_needed_and_it_rests() {
    alone("thread::there_is_one_thread_only_when_needed_and_it_rests", || {
        assert_eq!(drivers(), 0);
        for _ in 0..3 {
            let (one, mut two) = UnixStream::pair().unwrap();
            let source = Source::new(one).unwrap();
            let wait = std::thread::spawn(move || future::block_on(source.readable()).unwrap());
            two.write_all(b"x").unwrap();
            wait.join().unwrap();
            soon("the thread has its name", || drivers() == 1);
        }
        // Nothing is registered: it sleeps in the kernel without a timeout.
        let waits = || {
            let task = std::fs::read_dir("/proc/self/task").unwrap().find_map(|task| {
                let path = task.unwrap().path();
                let name = std::fs::read_to_string(path.join("comm")).ok()?;
                (name.trim() == NAME).then_some(path)
            });
            let status = std::fs::read_to_string(task.unwrap().join("status")).unwrap();
            let line = status.lines().find(|line| line.starts_with("voluntary_ctxt")).unwrap();
            line.to_owned()
        };
        soon("the driver is asleep", || {
            let before = waits();
            std::thread::sleep(std::time::Duration::from_millis(100));
            waits() == before
        });
    });
}

#[test]
fn the_fall_back_survives_a_panicking_waker() {
    struct Panics;
    impl std::task::Wake for Panics {
        fn wake(self: std::sync::Arc<Self>) {
            panic!("a waker panics, as it should in this test");
        }
    }
    let (one, mut two) = UnixStream::pair().unwrap();
    let source = Source::new(one).unwrap();
    let (count, good) = Count::new();
    let (mut first, mut second) = (pin!(source.readable()), pin!(source.readable()));
    let bad = std::sync::Arc::new(Panics).into();
    assert!(poll_once(first.as_mut(), &bad).is_pending());
    assert!(poll_once(second.as_mut(), &good).is_pending());
    two.write_all(b"x").unwrap();
    soon("the other is woken", || count.get() == 1);
    echo_with_nothing_started();
}

#[test]
fn sources_that_outlive_their_loop_are_served() {
    alone("thread::sources_that_outlive_their_loop_are_served", || {
        let before = descriptors();
        let reactor = Reactor::new().unwrap();
        let (one, mut two) = UnixStream::pair().unwrap();
        let source = reactor.register(one).unwrap();
        reactor.leave_to_thread().unwrap();
        reactor.leave_to_thread().unwrap();
        soon("the thread has its name", || drivers() == 1);
        drop(reactor);
        let wait = std::thread::spawn(move || {
            future::block_on(source.readable()).unwrap();
            source.get_ref().read_now()
        });
        two.write_all(b"x").unwrap();
        assert_eq!(wait.join().unwrap(), b'x');
        drop(two);
        // The thread ends with the last source, and the reactor with the thread.
        soon("the thread is gone", || drivers() == 0);
        soon("the descriptors are closed", || descriptors() == before);
    });
}

trait ReadNow {
    fn read_now(&self) -> u8;
}

impl ReadNow for UnixStream {
    fn read_now(&self) -> u8 {
        let mut byte = [0];
        Read::read_exact(&mut &*self, &mut byte).unwrap();
        byte[0]
    }
}

#[test]
fn a_reactor_left_empty_starts_its_thread_when_one_is_needed() {
    alone("thread::a_reactor_left_empty_starts_its_thread_when_one_is_needed", || {
        let reactor = Reactor::new().unwrap();
        reactor.leave_to_thread().unwrap();
        assert_eq!(drivers(), 0);
        for _ in 0..3 {
            let (one, mut two) = UnixStream::pair().unwrap();
            let source = reactor.register(one).unwrap();
            let wait = std::thread::spawn(move || future::block_on(source.readable()).unwrap());
            two.write_all(b"x").unwrap();
            wait.join().unwrap();
        }
        assert!(drivers() <= 1);
        soon("the thread is gone", || drivers() == 0);
    });
}

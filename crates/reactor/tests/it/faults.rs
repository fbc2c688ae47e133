//! What the kernel may refuse: each refusal is an error of the one operation, and the rest goes on.

use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use evenkeel_reactor::{Reactor, Source};
use futures_lite::{AsyncReadExt, AsyncWriteExt, future};
use rustix::process::{Resource, getrlimit, setrlimit};

use crate::support::{alone, run};

const EMFILE: i32 = 24;

/// The number the next descriptor of this process will have.
fn next() -> u64 {
    std::fs::File::open("/dev/null").unwrap().as_raw_fd() as u64
}

/// From now on this process can open `more` descriptors; `next` is that of now.
fn leave_room_for(next: u64, more: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = Some(next + more);
    setrlimit(Resource::Nofile, limit).unwrap();
}

#[test]
fn a_server_goes_on_after_too_many_descriptors() {
    alone("faults::a_server_goes_on_after_too_many_descriptors", || {
        let reactor = Reactor::new().unwrap();
        run(&reactor, async {
            let listener = Source::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
            let address = listener.get_ref().local_addr().unwrap();
            let early = Source::<TcpStream>::connect(address).await.unwrap();
            let mut late = Source::<TcpStream>::connect(address).await.unwrap();
            leave_room_for(next(), 1);

            let (first, _) = listener.accept().await.unwrap();
            for _ in 0..3 {
                let error = listener.accept().await.unwrap_err();
                assert_eq!(error.raw_os_error(), Some(EMFILE));
                let error = Source::<TcpStream>::connect(address).await.unwrap_err();
                assert_eq!(error.raw_os_error(), Some(EMFILE));
            }
            // What was open is served, and the failures left nothing registered.
            assert_eq!(reactor.statistics().sources, 4);
            (&first).write_all(b"x").await.unwrap();
            (&early).read_exact(&mut [0]).await.unwrap();

            // One goes, and the connection that waited all the while is next.
            drop((first, early));
            let (second, _) = listener.accept().await.unwrap();
            (&second).write_all(b"y").await.unwrap();
            let mut byte = [0];
            late.read_exact(&mut byte).await.unwrap();
            assert_eq!(&byte, b"y");
        });
    });
}

#[test]
fn no_reactor_without_descriptors() {
    alone("faults::no_reactor_without_descriptors", || {
        let (one, two) = UnixStream::pair().unwrap();
        let next = next();
        for room in 0..2 {
            leave_room_for(next, room);
            assert_eq!(Reactor::new().unwrap_err().raw_os_error(), Some(EMFILE));
        }
        // The process-wide one is an error as well, and is tried anew the next time.
        leave_room_for(next, 0);
        assert_eq!(Source::new(&one).unwrap_err().raw_os_error(), Some(EMFILE));
        leave_room_for(next, 100);
        let mut one = Source::new(one).unwrap();
        let mut two = Source::new(two).unwrap();
        future::block_on(async {
            let mut byte = [0];
            let (said, heard) = future::zip(two.write_all(b"x"), one.read_exact(&mut byte)).await;
            said.unwrap();
            heard.unwrap();
        });
    });
}

#[test]
fn a_deadline_is_kept_without_a_descriptor_for_a_timer() {
    alone("faults::a_deadline_is_kept_without_a_descriptor_for_a_timer", || {
        let reactor = Reactor::new().unwrap();
        let next = next();
        leave_room_for(next, 0);
        for _ in 0..3 {
            let deadline = Instant::now() + Duration::from_millis(5);
            assert_eq!(reactor.wait_until(Some(deadline)).unwrap(), 0);
            assert!(Instant::now() >= deadline);
        }
        // The bell ends such a sleep too, and a timer is used as soon as there is one.
        let far = Instant::now() + Duration::from_secs(3600 * 24 * 365);
        std::thread::scope(|scope| {
            leave_room_for(next, 100);
            let thread = scope.spawn(|| {
                leave_room_for(next, 0);
                reactor.wait_until(Some(far)).unwrap()
            });
            std::thread::sleep(Duration::from_millis(20));
            reactor.notify();
            thread.join().unwrap();
        });
        leave_room_for(next, 100);
        let deadline = Instant::now() + Duration::from_millis(5);
        reactor.wait_until(Some(deadline)).unwrap();
        assert!(Instant::now() >= deadline);
    });
}

#[test]
fn a_thread_that_cannot_be_started_is_an_error() {
    // Root's threads are not limited: what can be shown everywhere is that a limit on memory is an error.
    alone("faults::a_thread_that_cannot_be_started_is_an_error", || {
        let mut limit = getrlimit(Resource::As);
        let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
        let pages: u64 = pages.split(' ').next().unwrap().parse().unwrap();
        limit.current = Some(pages * rustix::param::page_size() as u64 + (256 << 10));
        let (one, _two) = UnixStream::pair().unwrap();
        let reactor = Reactor::new().unwrap();
        let source = reactor.register(&one).unwrap();
        let before = getrlimit(Resource::As);
        setrlimit(Resource::As, limit).unwrap();
        let left = reactor.leave_to_thread();
        let fall_back = Source::new(&one).map(drop);
        setrlimit(Resource::As, before).unwrap();
        assert!(left.is_err());
        assert!(fall_back.is_err());
        // Once there is room, both are as if nothing had happened.
        drop(source);
        Source::new(&one).unwrap();
    });
}

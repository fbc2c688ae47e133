//! A source: any descriptor, registered once, taken apart and put together again.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel_reactor::{Reactor, Source};
use futures_lite::{AsyncReadExt, future};
use rustix::event::{EventfdFlags, eventfd};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};

use crate::support::{Count, poll_once, run};

#[test]
fn twice_is_an_error() {
    let reactor = Reactor::new().unwrap();
    let (one, _two) = UnixStream::pair().unwrap();
    let _first = reactor.register(&one).unwrap();
    let error = reactor.register(&one).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert!(error.to_string().contains("registered with this reactor already"), "{error}");
    // The failed one left nothing, and took nothing from the first.
    assert_eq!(reactor.statistics().sources, 1);
    // A reactor of one's own is another matter.
    drop(Reactor::new().unwrap().register(&one).unwrap());
}

#[test]
fn a_regular_file_is_an_error_and_leaves_nothing() {
    let reactor = Reactor::new().unwrap();
    let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    for _ in 0..100 {
        let error = reactor.register(&file).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
    }
    assert!(reactor.is_empty());
}

#[test]
fn again_after_it_was_let_go() {
    let reactor = Reactor::new().unwrap();
    let (mut one, mut peer) = UnixStream::pair().unwrap();
    for turn in 0..10 {
        let source = reactor.register(one).unwrap();
        peer.write_all(&[turn]).unwrap();
        let mut byte = [0];
        run(&reactor, source.read_with(|mut io| io.read(&mut byte))).unwrap();
        assert_eq!(byte, [turn]);
        one = source.into_inner().unwrap();
        assert!(reactor.is_empty());
    }
}

#[test]
fn whoever_waited_by_a_poll_call_is_woken_when_it_goes() {
    let reactor = Reactor::new().unwrap();
    let pair = || UnixStream::pair().unwrap();
    let ((one, _peer), (two, _other)) = (pair(), pair());
    let (one, two) = (reactor.register(one).unwrap(), reactor.register(two).unwrap());
    let (count, waker) = Count::new();
    let mut cx = Context::from_waker(&waker);
    assert!(one.poll_readable(&mut cx).is_pending());
    assert!(two.poll_readable(&mut cx).is_pending());
    drop(one.into_inner().unwrap());
    assert_eq!(count.get(), 1);
    drop(two);
    assert_eq!(count.get(), 2);
}

#[test]
fn readable_asks_the_kernel_each_time() {
    // What is read by other means in between must not make it say yes for ever.
    let reactor = Reactor::new().unwrap();
    let (one, mut peer) = UnixStream::pair().unwrap();
    let source = reactor.register(one).unwrap();
    for _ in 0..3 {
        let (_, waker) = Count::new();
        assert!(source.poll_readable(&mut Context::from_waker(&waker)).is_pending());
        peer.write_all(b"xy").unwrap();
        run(&reactor, source.readable()).unwrap();
        run(&reactor, source.readable()).unwrap();
        source.get_ref().read_exact(&mut [0; 2]).unwrap();
    }
    trait ReadExact {
        fn read_exact(&self, buf: &mut [u8]) -> io::Result<()>;
    }
    impl ReadExact for UnixStream {
        fn read_exact(&self, buf: &mut [u8]) -> io::Result<()> {
            Read::read_exact(&mut &*self, buf)
        }
    }
}

#[test]
fn writable_waits_for_room() {
    let reactor = Reactor::new().unwrap();
    let (one, mut peer) = UnixStream::pair().unwrap();
    let source = reactor.register(one).unwrap();
    run(&reactor, source.writable()).unwrap();
    let mut written = 0;
    let mut stream = source.get_ref();
    while let Ok(n) = stream.write(&[0; 4096]) {
        written += n;
    }
    let (count, waker) = Count::new();
    let mut writable = pin!(source.writable());
    assert!(poll_once(writable.as_mut(), &waker).is_pending());
    // By the poll function, from another task.
    let (polled, other) = Count::new();
    let mut cx = Context::from_waker(&other);
    assert!(source.poll_writable(&mut cx).is_pending());
    let mut read = vec![0; written];
    peer.read_exact(&mut read).unwrap();
    while count.get() == 0 || polled.get() == 0 {
        reactor.wait(None).unwrap();
    }
    assert!(matches!(poll_once(writable, &waker), Poll::Ready(Ok(()))));
    assert!(matches!(source.poll_writable(&mut cx), Poll::Ready(Ok(()))));
}

#[test]
fn operations_are_tried_before_they_are_waited_for() {
    let reactor = Reactor::new().unwrap();
    let (one, two) = UnixDatagram::pair().unwrap();
    let (one, two) = (reactor.register(one).unwrap(), reactor.register(two).unwrap());
    // Nobody drives it.
    future::block_on(async {
        one.write_with(|io| io.send(b"x")).await.unwrap();
        two.read_with(|io| io.recv(&mut [0])).await.unwrap();
    });
    assert_eq!(reactor.statistics().waits, 0);
}

#[test]
fn interrupted_operations_are_tried_again() {
    let (one, _two) = UnixStream::pair().unwrap();
    let source = Source::new(one).unwrap();
    let mut left = 50;
    let tried = source.read_with(|_| {
        if left == 0 {
            return Ok("done");
        }
        left -= 1;
        Err(io::ErrorKind::Interrupted.into())
    });
    assert_eq!(future::block_on(tried).unwrap(), "done");
}

#[test]
fn an_error_of_the_operation_is_its_result() {
    let (one, _two) = UnixStream::pair().unwrap();
    let source = Source::new(one).unwrap();
    let failed = source.write_with(|_| -> io::Result<()> { Err(io::ErrorKind::Other.into()) });
    assert_eq!(future::block_on(failed).unwrap_err().kind(), io::ErrorKind::Other);
}

#[test]
fn a_pipe_of_a_child_process() {
    let mut child =
        Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut stdin = Source::new(stdin).unwrap();
    let mut stdout = Source::new(stdout).unwrap();
    let mut heard = String::new();
    future::block_on(async {
        stdin.write_with_mut(|stdin| stdin.write_all(b"ahoy")).await.unwrap();
        let mut first = [0; 4];
        stdout.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"ahoy");
        drop(stdin);
        stdout.read_to_string(&mut heard).await.unwrap();
    });
    assert_eq!(heard, "");
    assert!(child.wait().unwrap().success());
}

#[test]
fn an_eventfd() {
    let reactor = Reactor::new().unwrap();
    let source = reactor.register(eventfd(0, EventfdFlags::CLOEXEC).unwrap()).unwrap();
    let take = |fd: &OwnedFd| {
        let mut number = [0; 8];
        rustix::io::read(fd, &mut number)?;
        Ok(u64::from_ne_bytes(number))
    };
    let (count, waker) = Count::new();
    let mut wait = pin!(source.read_with(take));
    assert!(poll_once(wait.as_mut(), &waker).is_pending());
    rustix::io::write(source.as_fd(), &3_u64.to_ne_bytes()).unwrap();
    reactor.wait(None).unwrap();
    assert_eq!(count.get(), 1);
    assert!(matches!(poll_once(wait, &waker), Poll::Ready(Ok(3))));
}

#[test]
fn a_timerfd() {
    let timer = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::CLOEXEC).unwrap();
    let it_value = Timespec::try_from(Duration::from_millis(5)).unwrap();
    let once = Itimerspec { it_interval: Timespec::default(), it_value };
    timerfd_settime(&timer, TimerfdTimerFlags::empty(), &once).unwrap();
    let source = Source::new(timer).unwrap();
    let expiries = future::block_on(source.read_with(|fd| {
        let mut number = [0; 8];
        rustix::io::read(fd, &mut number)?;
        Ok(u64::from_ne_bytes(number))
    }));
    assert_eq!(expiries.unwrap(), 1);
}

#[test]
fn futures_may_go_to_other_threads() {
    fn is_send<T: Send>(_: &T) {}
    fn is_send_and_sync<T: Send + Sync + Unpin>(_: &T) {}
    let (one, _two) = UnixStream::pair().unwrap();
    let source = Source::new(one).unwrap();
    is_send_and_sync(&source);
    is_send(&source.readable());
    is_send(&source.read_with(|mut io| io.read(&mut [0])));
}

#[test]
fn a_waiting_task_says_which_descriptor_it_waits_for() {
    let record = evenkeel_context::Record::new();
    let (one, _two) = UnixStream::pair().unwrap();
    let source = Reactor::new().unwrap().register(one).unwrap();
    let (_, waker) = Count::new();
    let polled =
        evenkeel_context::enter(&record, || source.poll_readable(&mut Context::from_waker(&waker)));
    assert!(polled.is_pending());
    let fd = source.as_raw_fd() as u64;
    assert_eq!(record.wait(), (evenkeel_context::Wait::Source, fd));
}

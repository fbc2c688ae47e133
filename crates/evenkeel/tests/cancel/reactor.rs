//! Sockets under a reactor: a byte is either read or still there, and no waiter stays registered.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evenkeel::reactor::{Reactor, Source};

use crate::harness::{Case, World, case, each};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = sources();
    cases.extend(exclusive());
    cases.extend(tcp());
    cases.extend(udp());
    cases.extend(unix());
    cases
}

/// A reactor of this thread; afterwards it knows of no source.
pub(crate) fn on_reactor() -> (Reactor, World) {
    let reactor = Reactor::new().unwrap();
    let seen = reactor.clone();
    let world = World::new()
        .keep(reactor.enter())
        .none_left("registrations", move || seen.statistics().sources);
    (reactor, world)
}

/// An event, and the kernel's news of it.
pub(crate) fn news(reactor: &Reactor, happen: impl FnOnce() + 'static) -> impl FnOnce() + 'static {
    let reactor = reactor.clone();
    move || {
        happen();
        reactor.wait(Some(Duration::ZERO)).unwrap();
    }
}

pub(crate) fn localhost() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

/// A path for a socket that is not there yet.
pub(crate) fn path() -> PathBuf {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("evenkeel-cancel-{}-{number}", std::process::id()))
}

/// A pair, the second half in the hands of the play.
fn pair() -> (Rc<Source<UnixStream>>, UnixStream) {
    let (ours, theirs) = UnixStream::pair().unwrap();
    (Rc::new(Source::new(ours).unwrap()), theirs)
}

/// A pair whose way out is full, and how to drain it.
fn full() -> (Rc<Source<UnixStream>>, Rc<UnixStream>, impl FnOnce() + 'static) {
    let (ours, theirs) = pair();
    let chunk = [0; 1 << 16];
    while ours.get_ref().write(&chunk).is_ok() {}
    let theirs = Rc::new(theirs);
    let drained = theirs.clone();
    let drain = move || {
        drained.set_nonblocking(true).unwrap();
        let mut chunk = vec![0; 1 << 16];
        while (&*drained).read(&mut chunk).is_ok_and(|n| n > 0) {}
    };
    (ours, theirs, drain)
}

fn sources() -> Vec<Case> {
    vec![
        case("readable", &["reactor/source Source<T>::readable"], || {
            let (reactor, world) = on_reactor();
            let (source, theirs) = pair();
            world
                .futures(3, each!(source => source.readable().await.unwrap()))
                .event("write", news(&reactor, move || (&theirs).write_all(b"x").unwrap()))
        }),
        case("read_with", &["reactor/source Source<T>::read_with"], || {
            let (reactor, world) = on_reactor();
            let (source, theirs) = pair();
            let theirs = Rc::new(theirs);
            let (first, second, left) = (theirs.clone(), theirs.clone(), source.clone());
            let read = each!(source => {
                let mut byte = [0];
                let read = source.read_with(|mut source| source.read(&mut byte)).await;
                assert_eq!(read.unwrap(), 1);
            });
            drop(source);
            world
                .futures(2, read)
                .event("write-1", news(&reactor, move || (&*first).write_all(b"1").unwrap()))
                .event("write-2", news(&reactor, move || (&*second).write_all(b"2").unwrap()))
                .in_order()
                .check(move |end| {
                    drop(theirs);
                    let mut rest = Vec::new();
                    left.get_ref().read_to_end(&mut rest).unwrap();
                    assert_eq!(rest.len(), 2 - end.finished(), "a byte is lost");
                })
        }),
        case("writable", &["reactor/source Source<T>::writable"], || {
            let (reactor, world) = on_reactor();
            let (source, theirs, drain) = full();
            world
                .keep(theirs)
                .futures(2, each!(source => source.writable().await.unwrap()))
                .event("drain", news(&reactor, drain))
        }),
        case("write_with", &["reactor/source Source<T>::write_with"], || {
            let (reactor, world) = on_reactor();
            let (source, theirs, drain) = full();
            let write = each!(source => {
                assert_eq!(source.write_with(|mut source| source.write(b"x")).await.unwrap(), 1);
            });
            world.keep(theirs).futures(2, write).event("drain", news(&reactor, drain))
        }),
    ]
}

fn exclusive() -> Vec<Case> {
    vec![
        case("read_with_mut", &["reactor/source Source<T>::read_with_mut"], || {
            let (reactor, world) = on_reactor();
            let (source, theirs) = pair();
            let mut source = Rc::into_inner(source).unwrap();
            let read = async move {
                let mut byte = [0];
                let read = source.read_with_mut(|source| source.read(&mut byte)).await;
                assert_eq!(read.unwrap(), 1);
            };
            world
                .future(read)
                .event("write", news(&reactor, move || drop((&theirs).write_all(b"x"))))
        }),
        case("write_with_mut", &["reactor/source Source<T>::write_with_mut"], || {
            let (reactor, world) = on_reactor();
            let (source, theirs, drain) = full();
            let mut source = Rc::into_inner(source).unwrap();
            let write = async move {
                assert_eq!(source.write_with_mut(|source| source.write(b"x")).await.unwrap(), 1);
            };
            world.keep(theirs).future(write).event("drain", news(&reactor, drain))
        }),
    ]
}

fn tcp() -> Vec<Case> {
    vec![
        case("tcp_accept", &["reactor/net/tcp Source<TcpListener>::accept"], || {
            let (reactor, world) = on_reactor();
            let listener = Rc::new(Source::<TcpListener>::bind(localhost()).unwrap());
            let at = listener.get_ref().local_addr().unwrap();
            let left = listener.clone();
            let connect = || news(&reactor, move || drop(TcpStream::connect(at).unwrap()));
            let (first, second) = (connect(), connect());
            world
                .futures(2, each!(listener => drop(listener.accept().await.unwrap())))
                .event("connect-1", first)
                .event("connect-2", second)
                .in_order()
                .check(move |end| {
                    for _ in end.finished()..2 {
                        left.get_ref().accept().expect("not lost");
                    }
                })
        }),
        case("tcp_connect", &["reactor/net/tcp Source<TcpStream>::connect"], || {
            let (reactor, world) = on_reactor();
            let listener = TcpListener::bind(localhost()).unwrap();
            let at = listener.local_addr().unwrap();
            world
                .keep(listener)
                .future(async move { drop(Source::<TcpStream>::connect(at).await.unwrap()) })
                .event("news", news(&reactor, || ()))
                .event("more-news", news(&reactor, || ()))
                .victim_may_wait()
        }),
        case("tcp_peek", &["reactor/net/tcp Source<TcpStream>::peek"], || {
            let (reactor, world) = on_reactor();
            let listener = TcpListener::bind(localhost()).unwrap();
            let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (theirs, _) = listener.accept().unwrap();
            let source = Rc::new(Source::new(ours).unwrap());
            let left = source.clone();
            world
                .futures(2, each!(source => assert_eq!(source.peek(&mut [0; 2]).await.unwrap(), 1)))
                .event("write", news(&reactor, move || (&theirs).write_all(b"x").unwrap()))
                .check(move |_| assert_eq!(left.get_ref().peek(&mut [0; 2]).unwrap(), 1))
        }),
    ]
}

/// Three ways to read one datagram, and what is left of two that are sent.
fn udp() -> Vec<Case> {
    /// A socket that two read from, and two events that send to it.
    fn world(peeks: bool) -> (Rc<Source<UdpSocket>>, World) {
        let (reactor, world) = on_reactor();
        let source = Rc::new(Source::<UdpSocket>::bind(localhost()).unwrap());
        let theirs = Rc::new(UdpSocket::bind(localhost()).unwrap());
        theirs.connect(source.get_ref().local_addr().unwrap()).unwrap();
        source.connect(theirs.local_addr().unwrap()).unwrap();
        let (first, second, left) = (theirs.clone(), theirs, source.clone());
        let world = world
            .event("send-1", news(&reactor, move || assert_eq!(first.send(b"1").unwrap(), 1)))
            .event("send-2", news(&reactor, move || assert_eq!(second.send(b"2").unwrap(), 1)))
            .in_order()
            .check(move |end| {
                let mut there = 0;
                while left.get_ref().recv(&mut [0; 4]).is_ok() {
                    there += 1;
                }
                let taken = if peeks { 0 } else { end.finished() };
                assert_eq!(there, 2 - taken, "a datagram is lost");
            });
        (source, world)
    }
    /// A way out that is never full: dropped before it is polled, nothing was sent.
    fn sends() -> (Rc<Source<UdpSocket>>, SocketAddr, World) {
        let (_, world) = on_reactor();
        let source = Rc::new(Source::<UdpSocket>::bind(localhost()).unwrap());
        let theirs = UdpSocket::bind(localhost()).unwrap();
        theirs.set_nonblocking(true).unwrap();
        let at = theirs.local_addr().unwrap();
        let world = world.check(move |end| {
            assert_eq!(theirs.recv(&mut [0; 4]).is_ok(), !end.cut());
        });
        (source, at, world)
    }
    vec![
        case("udp_recv", &["reactor/net/udp Source<UdpSocket>::recv"], || {
            let (source, world) = world(false);
            world
                .futures(2, each!(source => assert_eq!(source.recv(&mut [0; 4]).await.unwrap(), 1)))
        }),
        case("udp_recv_from", &["reactor/net/udp Source<UdpSocket>::recv_from"], || {
            let (source, world) = world(false);
            world.futures(
                2,
                each!(source => assert_eq!(source.recv_from(&mut [0; 4]).await.unwrap().0, 1)),
            )
        }),
        case("udp_peek", &["reactor/net/udp Source<UdpSocket>::peek"], || {
            let (source, world) = world(true);
            world
                .futures(2, each!(source => assert_eq!(source.peek(&mut [0; 4]).await.unwrap(), 1)))
        }),
        case("udp_peek_from", &["reactor/net/udp Source<UdpSocket>::peek_from"], || {
            let (source, world) = world(true);
            world.futures(
                2,
                each!(source => assert_eq!(source.peek_from(&mut [0; 4]).await.unwrap().0, 1)),
            )
        }),
        case("udp_send", &["reactor/net/udp Source<UdpSocket>::send"], || {
            let (source, at, world) = sends();
            source.connect(at).unwrap();
            world.future(async move { assert_eq!(source.send(b"x").await.unwrap(), 1) })
        }),
        case("udp_send_to", &["reactor/net/udp Source<UdpSocket>::send_to"], || {
            let (source, at, world) = sends();
            world.future(async move { assert_eq!(source.send_to(b"x", at).await.unwrap(), 1) })
        }),
    ]
}

/// A path that is gone when it is dropped.
pub(crate) struct Path(pub(crate) PathBuf);

impl Drop for Path {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

fn unix() -> Vec<Case> {
    vec![
        case("unix_accept", &["reactor/net/unix Source<UnixListener>::accept"], || {
            let (reactor, world) = on_reactor();
            let at = Rc::new(Path(path()));
            let listener = Rc::new(Source::<UnixListener>::bind(&at.0).unwrap());
            let (first, second, left) = (at.clone(), at.clone(), listener.clone());
            let connect = |at: Rc<Path>| move || drop(UnixStream::connect(&at.0).unwrap());
            world
                .keep(at)
                .futures(2, each!(listener => drop(listener.accept().await.unwrap())))
                .event("connect-1", news(&reactor, connect(first)))
                .event("connect-2", news(&reactor, connect(second)))
                .in_order()
                .check(move |end| {
                    for _ in end.finished()..2 {
                        left.get_ref().accept().expect("not lost");
                    }
                })
        }),
        case("unix_connect", &["reactor/net/unix Source<UnixStream>::connect"], || {
            let (_, world) = on_reactor();
            let at = Rc::new(Path(path()));
            let listener = UnixListener::bind(&at.0).unwrap();
            let to = at.clone();
            world
                .keep((at, listener))
                .future(async move { drop(Source::<UnixStream>::connect(&to.0).await.unwrap()) })
        }),
        case("unix_datagram_recv", UNIX_RECV, || datagrams(false)),
        case("unix_datagram_send", UNIX_SEND, || datagrams(true)),
    ]
}

const UNIX_RECV: &[&str] = &[
    "reactor/net/unix Source<UnixDatagram>::recv",
    "reactor/net/unix Source<UnixDatagram>::recv_from",
];
const UNIX_SEND: &[&str] = &[
    "reactor/net/unix Source<UnixDatagram>::send",
    "reactor/net/unix Source<UnixDatagram>::send_to",
];

/// One reads, or writes to a full socket, each way once.
fn datagrams(send: bool) -> World {
    let (reactor, world) = on_reactor();
    let at = Rc::new(Path(path()));
    let theirs = Rc::new(UnixDatagram::bind(&at.0).unwrap());
    let ours = UnixDatagram::unbound().unwrap();
    ours.connect(&at.0).unwrap();
    ours.set_nonblocking(true).unwrap();
    let to = at.clone();
    if send {
        while ours.send(b"x").is_ok() {}
        let source = Rc::new(Source::new(ours).unwrap());
        let plain = source.clone();
        let drain = theirs.clone();
        return world
            .keep((at, theirs))
            .future(async move { assert_eq!(plain.send(b"y").await.unwrap(), 1) })
            .future(async move { assert_eq!(source.send_to(b"z", &to.0).await.unwrap(), 1) })
            .event(
                "drain",
                news(&reactor, move || {
                    drain.set_nonblocking(true).unwrap();
                    while drain.recv(&mut [0; 4]).is_ok() {}
                }),
            );
    }
    let ours = Rc::new(ours);
    let (first, second) = (ours.clone(), ours);
    let theirs = Rc::into_inner(theirs).unwrap();
    let source = Rc::new(Source::new(theirs).unwrap());
    let (from, left) = (source.clone(), source.clone());
    world
        .keep(at)
        .future(async move { assert_eq!(source.recv(&mut [0; 4]).await.unwrap(), 1) })
        .future(async move { assert_eq!(from.recv_from(&mut [0; 4]).await.unwrap().0, 1) })
        .event("send-1", news(&reactor, move || assert_eq!(first.send(b"1").unwrap(), 1)))
        .event("send-2", news(&reactor, move || assert_eq!(second.send(b"2").unwrap(), 1)))
        .in_order()
        .check(move |end| {
            let mut there = 0;
            while left.get_ref().recv(&mut [0; 4]).is_ok() {
                there += 1;
            }
            assert_eq!(there, 2 - end.finished(), "a datagram is lost");
        })
}

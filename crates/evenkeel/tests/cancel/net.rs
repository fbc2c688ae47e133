//! The umbrella's sockets: the same promises, through names, buffers and asyncio's words.

use std::net::Ipv4Addr;
use std::rc::Rc;
use std::thread;

use evenkeel::ThreadPool;
use evenkeel::net::{
    Acceptor, BindOptions, ConnectOptions, Datagrams, TcpListener, TcpStream, UdpOptions,
    UdpSocket, UnixDatagram, UnixListener, UnixStream, lookup_host,
};
use futures_lite::future::block_on;

use crate::harness::{Case, World, case, each};
use crate::reactor::{Path, localhost, news, on_reactor, path};

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = tcp();
    cases.extend(udp());
    cases.extend(unix());
    cases.push(case("lookup_host", &["evenkeel/net/resolve lookup_host"], lookup));
    cases
}

/// One datagram, or byte, that is there all the same when its reader is gone.
fn tcp() -> Vec<Case> {
    fn accept(bound: impl AsyncFnOnce() -> std::io::Result<TcpListener>) -> World {
        let (reactor, world) = on_reactor();
        let listener = Rc::new(block_on(bound()).unwrap());
        let at = listener.local_addr().unwrap();
        world
            .future(each!(listener => drop(listener.accept().await.unwrap()))())
            .event("connect", news(&reactor, move || drop(std::net::TcpStream::connect(at))))
            .check(move |end| {
                let next = futures_lite::future::poll_once(listener.accept());
                assert_eq!(block_on(next).is_some(), end.cut(), "a connection is lost, or twice");
            })
    }
    vec![
        case("net_tcp_accept", &["evenkeel/net/tcp TcpListener::accept"], || {
            accept(async || TcpListener::bind(localhost()).await)
        }),
        case("net_tcp_bind", &["evenkeel/net/tcp TcpListener::bind"], || {
            let (_, world) = on_reactor();
            world.future(async { drop(TcpListener::bind(localhost()).await.unwrap()) })
        }),
        case("net_tcp_bind_with", &["evenkeel/net/tcp TcpListener::bind_with"], || {
            let (_, world) = on_reactor();
            world.future(async {
                drop(TcpListener::bind_with(localhost(), BindOptions::default()).await.unwrap());
            })
        }),
        case("net_tcp_connect", &["evenkeel/net/tcp TcpStream::connect"], || {
            connect(async |at| drop(TcpStream::connect(at).await.unwrap()))
        }),
        case("net_tcp_connect_with", &["evenkeel/net/tcp TcpStream::connect_with"], || {
            connect(async |at| {
                let options = ConnectOptions { nodelay: true, ..ConnectOptions::default() };
                drop(TcpStream::connect_with(at, options).await.unwrap());
            })
        }),
        case("io_open_connection", &["evenkeel/io/connection open_connection"], || {
            connect(async |at| drop(evenkeel::io::open_connection(at).await.unwrap()))
        }),
        case("net_acceptor", &["evenkeel/net/accept Acceptor::accept"], || {
            let (reactor, world) = on_reactor();
            let listener = block_on(TcpListener::bind(localhost())).unwrap();
            let at = listener.local_addr().unwrap();
            let mut acceptor = Acceptor::new(listener.clone());
            world
                .future(async move { drop(acceptor.accept().await.unwrap()) })
                .event("connect", news(&reactor, move || drop(std::net::TcpStream::connect(at))))
                .check(move |end| {
                    let next = futures_lite::future::poll_once(listener.accept());
                    assert_eq!(block_on(next).is_some(), end.cut(), "a connection is lost");
                })
        }),
        case("net_stream", READINESS, || {
            let (reactor, world) = on_reactor();
            let (ours, theirs) = UnixStream::pair().unwrap();
            let theirs = Rc::new(theirs);
            let write = news(&reactor, move || {
                let mut theirs = &*theirs;
                block_on(futures_lite::AsyncWriteExt::write_all(&mut theirs, b"x")).unwrap();
            });
            let ours = Rc::new(ours);
            world
                .futures(2, each!(ours => ours.readable().await.unwrap()))
                .future(async move { ours.writable().await.unwrap() })
                .event("write", write)
        }),
        case("net_tcp_peek", &["evenkeel/net/tcp TcpStream::peek"], || {
            let (reactor, world) = on_reactor();
            let listener = std::net::TcpListener::bind(localhost()).unwrap();
            let ours = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (theirs, _) = listener.accept().unwrap();
            let ours = Rc::new(TcpStream::try_from(ours).unwrap());
            world
                .futures(2, each!(ours => assert_eq!(ours.peek(&mut [0; 2]).await.unwrap(), 1)))
                .event(
                    "write",
                    news(&reactor, move || {
                        std::io::Write::write_all(&mut &theirs, b"x").unwrap();
                    }),
                )
        }),
    ]
}

fn connect(connect: impl AsyncFnOnce(std::net::SocketAddr) + 'static) -> World {
    let (reactor, world) = on_reactor();
    let listener = std::net::TcpListener::bind(localhost()).unwrap();
    let at = listener.local_addr().unwrap();
    world
        .keep(listener)
        .future(async move { connect(at).await })
        .event("news", news(&reactor, || ()))
        .victim_may_wait()
}

const READINESS: &[&str] =
    &["evenkeel/net/readiness $socket::readable", "evenkeel/net/readiness $socket::writable"];

fn udp() -> Vec<Case> {
    /// A socket, and one that sends to it when the event comes; its datagram is read once.
    fn world(peeks: bool) -> (Rc<UdpSocket>, World) {
        let (reactor, world) = on_reactor();
        let ours = Rc::new(block_on(UdpSocket::bind(localhost())).unwrap());
        let theirs = std::net::UdpSocket::bind(localhost()).unwrap();
        theirs.connect(ours.local_addr().unwrap()).unwrap();
        block_on(ours.connect(theirs.local_addr().unwrap())).unwrap();
        let seen = ours.clone();
        let world = world
            .event("send", news(&reactor, move || assert_eq!(theirs.send(b"x").unwrap(), 1)))
            .check(move |end| {
                let mut buf = [0; 4];
                let next = futures_lite::future::poll_once(seen.recv(&mut buf));
                assert_eq!(block_on(next).is_some(), end.cut() || peeks, "a datagram is lost");
            });
        (ours, world)
    }
    vec![
        case("net_udp_bind", &["evenkeel/net/udp UdpSocket::bind"], || {
            let (_, world) = on_reactor();
            world.future(async { drop(UdpSocket::bind(localhost()).await.unwrap()) })
        }),
        case("net_udp_connect", &["evenkeel/net/udp UdpSocket::connect"], || {
            let (_, world) = on_reactor();
            let ours = block_on(UdpSocket::bind(localhost())).unwrap();
            let at = std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 9));
            world.future(async move { ours.connect(at).await.unwrap() })
        }),
        case("net_udp_bind_with", &["evenkeel/net/udp UdpSocket::bind_with"], || {
            let (_, world) = on_reactor();
            let options = UdpOptions::default();
            world.future(async { drop(UdpSocket::bind_with(localhost(), options).await.unwrap()) })
        }),
        case("net_udp_recv_many", &["evenkeel/net/datagrams UdpSocket::recv_many"], || {
            let (ours, world) = world(false);
            let mut room = Datagrams::new(2, 4);
            world.future(async move { assert_eq!(ours.recv_many(&mut room).await.unwrap(), 1) })
        }),
        case("net_udp_recv", &["evenkeel/net/udp UdpSocket::recv"], || {
            let (ours, world) = world(false);
            world.future(async move { assert_eq!(ours.recv(&mut [0; 4]).await.unwrap(), 1) })
        }),
        case("net_udp_recv_from", &["evenkeel/net/udp UdpSocket::recv_from"], || {
            let (ours, world) = world(false);
            world.future(async move { assert_eq!(ours.recv_from(&mut [0; 4]).await.unwrap().0, 1) })
        }),
        case("net_udp_peek", &["evenkeel/net/udp UdpSocket::peek"], || {
            let (ours, world) = world(true);
            world.future(async move { assert_eq!(ours.peek(&mut [0; 4]).await.unwrap(), 1) })
        }),
        case("net_udp_peek_from", &["evenkeel/net/udp UdpSocket::peek_from"], || {
            let (ours, world) = world(true);
            world.future(async move { assert_eq!(ours.peek_from(&mut [0; 4]).await.unwrap().0, 1) })
        }),
        case("net_udp_send", SEND, || {
            let (_, world) = on_reactor();
            let ours = block_on(UdpSocket::bind(localhost())).unwrap();
            let theirs = std::net::UdpSocket::bind(localhost()).unwrap();
            theirs.set_nonblocking(true).unwrap();
            let at = theirs.local_addr().unwrap();
            world
                .future(async move {
                    ours.send_to(b"x", at).await.unwrap();
                    ours.connect(at).await.unwrap();
                    ours.send(b"y").await.unwrap();
                    assert_eq!(ours.send_many(&[("z", at)]).await.unwrap(), 1);
                })
                .check(move |end| {
                    for _ in 0..if end.cut() { 0 } else { 3 } {
                        theirs.recv(&mut [0; 4]).unwrap();
                    }
                    assert!(theirs.recv(&mut [0; 4]).is_err());
                })
        }),
    ]
}

const SEND: &[&str] = &[
    "evenkeel/net/udp UdpSocket::send",
    "evenkeel/net/udp UdpSocket::send_to",
    "evenkeel/net/datagrams UdpSocket::send_many",
];

fn unix() -> Vec<Case> {
    vec![
        case("net_unix_accept", &["evenkeel/net/unix UnixListener::accept"], || {
            let (reactor, world) = on_reactor();
            let at = Rc::new(Path(path()));
            let listener = Rc::new(UnixListener::bind(&at.0).unwrap());
            let to = at.clone();
            let connect = move || drop(std::os::unix::net::UnixStream::connect(&to.0).unwrap());
            world
                .keep(at)
                .future(each!(listener => drop(listener.accept().await.unwrap()))())
                .event("connect", news(&reactor, connect))
                .check(move |end| {
                    let next = futures_lite::future::poll_once(listener.accept());
                    assert_eq!(block_on(next).is_some(), end.cut(), "a connection is lost");
                })
        }),
        case("net_unix_connect", &["evenkeel/net/unix UnixStream::connect"], || {
            let (_, world) = on_reactor();
            let at = Rc::new(Path(path()));
            let listener = std::os::unix::net::UnixListener::bind(&at.0).unwrap();
            let to = at.clone();
            world
                .keep((at, listener))
                .future(async move { drop(UnixStream::connect(&to.0).await.unwrap()) })
        }),
        case("net_unix_connect_addr", &["evenkeel/net/unix UnixStream::connect_addr"], || {
            let (_, world) = on_reactor();
            let at = Rc::new(Path(path()));
            let listener = std::os::unix::net::UnixListener::bind(&at.0).unwrap();
            let to = listener.local_addr().unwrap();
            world
                .keep((at, listener))
                .future(async move { drop(UnixStream::connect_addr(&to).await.unwrap()) })
        }),
        case("net_unix_datagram", DATAGRAM, || {
            let (_, world) = on_reactor();
            let at = Rc::new(Path(path()));
            let (ours, theirs) =
                (UnixDatagram::bind(&at.0).unwrap(), UnixDatagram::unbound().unwrap());
            let (ours, theirs) = (Rc::new(ours), Rc::new(theirs));
            theirs.connect(&at.0).unwrap();
            let (to, reads) = (at.clone(), ours.clone());
            world
                .keep(at)
                .future(async move {
                    assert_eq!(reads.recv(&mut [0; 4]).await.unwrap(), 1);
                    assert_eq!(reads.recv_from(&mut [0; 4]).await.unwrap().0, 1);
                    assert_eq!(reads.recv(&mut [0; 4]).await.unwrap(), 1);
                })
                .future(async move {
                    theirs.send(b"x").await.unwrap();
                    theirs.send_to(b"y", &to.0).await.unwrap();
                    let to = std::os::unix::net::SocketAddr::from_pathname(&to.0).unwrap();
                    theirs.send_to_addr(b"z", &to).await.unwrap();
                })
                .all_may_wait()
                .check(move |end| {
                    let sent = if end.done[1] { 3 } else { 0 };
                    let read = if end.done[0] { 3 } else { 0 };
                    assert!(read <= sent);
                    drop(ours);
                })
        }),
    ]
}

const DATAGRAM: &[&str] = &[
    "evenkeel/net/unix_datagram UnixDatagram::send_to",
    "evenkeel/net/unix_datagram UnixDatagram::send_to_addr",
    "evenkeel/net/unix_datagram UnixDatagram::recv_from",
    "evenkeel/net/unix_datagram UnixDatagram::send",
    "evenkeel/net/unix_datagram UnixDatagram::recv",
];

/// A name that the system's resolver turns into addresses on a thread.
fn lookup() -> World {
    let pool = ThreadPool::new(1);
    let quiet = |pool: &ThreadPool| {
        let pool = pool.clone();
        move || {
            while pool.pending() > 0 {
                thread::yield_now();
            }
        }
    };
    let at_the_end = quiet(&pool);
    World::new()
        .event("found", quiet(&pool))
        .keep(pool.enter())
        .wakers_stay("the call that runs keeps its last awaiter's waker")
        .future(async { drop(lookup_host("localhost:80").await) })
        .victim_may_wait()
        .check(move |_| at_the_end())
}

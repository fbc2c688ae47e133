//! Sockets: TCP, UDP and Unix.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use evenkeel_reactor::Source;
use futures_lite::{AsyncReadExt, AsyncWriteExt, StreamExt, future};

fn here() -> SocketAddr {
    (Ipv4Addr::LOCALHOST, 0).into()
}

fn path() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("evenkeel-reactor-{}-{next}", std::process::id()))
}

#[test]
fn tcp() {
    future::block_on(async {
        for host in [here(), (Ipv6Addr::LOCALHOST, 0).into()] {
            let Ok(listener) = Source::<TcpListener>::bind(host) else {
                assert!(host.is_ipv6(), "no IPv4");
                continue;
            };
            let address = listener.get_ref().local_addr().unwrap();
            let (client, accepted) =
                future::zip(Source::<TcpStream>::connect(address), listener.accept()).await;
            let (client, (server, peer)) = (client.unwrap(), accepted.unwrap());
            assert_eq!(peer, client.get_ref().local_addr().unwrap());
            assert_eq!(address, client.get_ref().peer_addr().unwrap());
            (&client).write_all(b"ahoy").await.unwrap();
            let mut heard = [0; 4];
            assert_eq!(server.peek(&mut heard).await.unwrap(), 4);
            (&server).read_exact(&mut heard).await.unwrap();
            assert_eq!(&heard, b"ahoy");
        }
    });
}

#[test]
fn a_listener_can_be_restarted_at_once() {
    future::block_on(async {
        let listener = Source::<TcpListener>::bind(here()).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let client = Source::<TcpStream>::connect(address).await.unwrap();
        // The server closes first, so its side stays in TIME_WAIT.
        drop(listener.accept().await.unwrap());
        drop(listener);
        let mut nothing = Vec::new();
        (&client).read_to_end(&mut nothing).await.unwrap();
        drop(client);
        Source::<TcpListener>::bind(address).unwrap();
    });
}

#[test]
fn a_refused_connection_is_an_error() {
    let listener = TcpListener::bind(here()).unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let error = future::block_on(Source::<TcpStream>::connect(address)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn incoming() {
    future::block_on(async {
        let listener = Source::<TcpListener>::bind(here()).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let clients = async {
            for _ in 0..3 {
                Source::<TcpStream>::connect(address).await.unwrap();
            }
        };
        let served = listener.incoming().take(3).map(|stream| drop(stream.unwrap())).count();
        assert_eq!(future::zip(clients, served).await.1, 3);
    });
}

#[test]
fn listeners_accept_by_poll() {
    future::block_on(async {
        let listener = Source::<TcpListener>::bind(here()).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let none_yet = future::poll_once(poll_fn(|cx| listener.poll_accept(cx))).await;
        assert!(none_yet.is_none());
        let accepted = poll_fn(|cx| listener.poll_accept(cx));
        let (client, accepted) = future::zip(Source::<TcpStream>::connect(address), accepted).await;
        let (_, peer) = accepted.unwrap();
        assert_eq!(peer, client.unwrap().get_ref().local_addr().unwrap());

        let path = path();
        let listener = Source::<UnixListener>::bind(&path).unwrap();
        let accepted = poll_fn(|cx| listener.poll_accept(cx));
        let (client, accepted) = future::zip(Source::<UnixStream>::connect(&path), accepted).await;
        assert!(accepted.unwrap().1.is_unnamed());
        client.unwrap();
        std::fs::remove_file(&path).unwrap();
    });
}

#[test]
fn many_who_accept_on_one_listener_all_get_one() {
    future::block_on(async {
        let listener = Source::<TcpListener>::bind(here()).unwrap();
        let address = listener.get_ref().local_addr().unwrap();
        let accepted = future::zip(
            future::zip(listener.accept(), listener.accept()),
            future::zip(listener.accept(), listener.accept()),
        );
        let clients = async {
            let mut clients = Vec::new();
            for _ in 0..4 {
                clients.push(Source::<TcpStream>::connect(address).await.unwrap());
            }
            clients
        };
        let (((a, b), (c, d)), _clients) = future::zip(accepted, clients).await;
        assert!(a.is_ok() && b.is_ok() && c.is_ok() && d.is_ok());
    });
}

#[test]
fn udp() {
    future::block_on(async {
        let one = Source::<UdpSocket>::bind(here()).unwrap();
        let two = Source::<UdpSocket>::bind(here()).unwrap();
        let (at_one, at_two) =
            (one.get_ref().local_addr().unwrap(), two.get_ref().local_addr().unwrap());
        let mut buf = [0; 16];
        let (received, sent) =
            future::zip(two.recv_from(&mut buf), one.send_to(b"ahoy", at_two)).await;
        assert_eq!((received.unwrap(), sent.unwrap()), ((4, at_one), 4));
        one.connect(at_two).unwrap();
        two.connect(at_one).unwrap();
        two.send(b"answer").await.unwrap();
        assert_eq!(one.peek_from(&mut buf).await.unwrap(), (6, at_two));
        assert_eq!(one.peek(&mut buf).await.unwrap(), 6);
        assert_eq!(one.recv(&mut buf).await.unwrap(), 6);
        assert_eq!(&buf[..6], b"answer");
    });
}

#[test]
fn a_refused_datagram_is_an_error_once() {
    // The error is news that no read will take away: it must not be taken for readiness for ever.
    future::block_on(async {
        let one = Source::<UdpSocket>::bind(here()).unwrap();
        let gone = UdpSocket::bind(here()).unwrap().local_addr().unwrap();
        one.connect(gone).unwrap();
        one.send(b"x").await.unwrap();
        let error = one.recv(&mut [0]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let mut buf = [0];
        assert!(future::poll_once(one.recv(&mut buf)).await.is_none());
    });
}

#[test]
fn unix_streams() {
    future::block_on(async {
        let path = path();
        let listener = Source::<UnixListener>::bind(&path).unwrap();
        let (client, accepted) =
            future::zip(Source::<UnixStream>::connect(&path), listener.accept()).await;
        let (mut client, (mut server, peer)) = (client.unwrap(), accepted.unwrap());
        assert!(peer.is_unnamed());
        client.write_all(b"ahoy").await.unwrap();
        client.close().await.unwrap();
        let mut heard = String::new();
        server.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "ahoy");
        drop(listener);
        let error = Source::<UnixStream>::connect(&path).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        std::fs::remove_file(&path).unwrap();
        let error = Source::<UnixStream>::connect(&path).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    });
}

#[test]
fn a_named_unix_client_is_known_by_its_name() {
    future::block_on(async {
        let (at_server, at_client) = (path(), path());
        let listener = Source::<UnixListener>::bind(&at_server).unwrap();
        let socket =
            socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        socket.bind(&socket2::SockAddr::unix(&at_client).unwrap()).unwrap();
        socket.connect(&socket2::SockAddr::unix(&at_server).unwrap()).unwrap();
        let (_, peer) = listener.incoming_with_address().await;
        assert_eq!(peer.as_pathname(), Some(&*at_client));
        std::fs::remove_file(at_server).unwrap();
        std::fs::remove_file(at_client).unwrap();
    });
}

trait AcceptNow {
    async fn incoming_with_address(&self) -> (Source<UnixStream>, std::os::unix::net::SocketAddr);
}

impl AcceptNow for Source<UnixListener> {
    async fn incoming_with_address(&self) -> (Source<UnixStream>, std::os::unix::net::SocketAddr) {
        self.accept().await.unwrap()
    }
}

#[test]
fn unix_datagrams() {
    future::block_on(async {
        let path = path();
        let one = Source::<UnixDatagram>::bind(&path).unwrap();
        let two = Source::<UnixDatagram>::unbound().unwrap();
        two.send_to(b"ahoy", &path).await.unwrap();
        let mut buf = [0; 8];
        let (n, from) = one.recv_from(&mut buf).await.unwrap();
        assert_eq!((&buf[..n], from.is_unnamed()), (&b"ahoy"[..], true));
        two.connect(&path).unwrap();
        two.send(b"again").await.unwrap();
        assert_eq!(one.recv(&mut buf).await.unwrap(), 5);
        std::fs::remove_file(path).unwrap();

        let (one, two) = Source::<UnixDatagram>::pair().unwrap();
        let (received, sent) = future::zip(one.recv(&mut buf), two.send(b"x")).await;
        assert_eq!((received.unwrap(), sent.unwrap()), (1, 1));
    });
}

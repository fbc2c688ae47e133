//! Sockets, inside a runner and outside.

mod halves;
mod unix;
mod connect;
mod datagrams;
mod readiness;
mod acceptor;
mod serve;
#[cfg(feature = "io")]
mod bad_input;

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::pin::pin;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel::net::{
    Addresses, BindOptions, TcpListener, TcpStream, ToSocketAddrs, UdpSocket, UnixStream,
    lookup_host,
};
use evenkeel::{Options, Runner, create_task, gather, run, sleep};
use futures_lite::io::copy;
use futures_lite::{AsyncReadExt, AsyncWriteExt, StreamExt, future};

/// On the single-threaded loop and on two workers: the same program.
fn on_each<F: Future<Output = ()>>(main: impl Fn() -> F) {
    for workers in [1, 2] {
        Runner::new(Options { workers, ..Options::default() }).unwrap().run(main());
    }
}

async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (one, two) = gather((TcpStream::connect(address), listener.accept())).await;
    (one.unwrap(), two.unwrap().0)
}

#[test]
fn an_echo_server_and_its_clients() {
    on_each(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = create_task(async move {
            let mut connections = listener.incoming();
            while let Some(stream) = connections.next().await {
                let stream = stream.unwrap();
                create_task(async move { copy(&stream, &stream).await.map(drop).unwrap() })
                    .detach();
            }
        });
        let client = async |n: u8| {
            let mut stream = TcpStream::connect(address).await.unwrap();
            for _ in 0..10 {
                stream.write_all(&[n; 1000]).await.unwrap();
                let mut heard = [0; 1000];
                stream.read_exact(&mut heard).await.unwrap();
                assert_eq!(heard, [n; 1000]);
            }
            stream.close().await.unwrap();
            stream.read_to_end(&mut Vec::new()).await.unwrap()
        };
        let left = gather((0..20).map(client).collect::<Vec<_>>()).await;
        assert_eq!(left, [0; 20]);
        server.cancel();
        assert!(server.join().await.unwrap_err().is_cancelled());
    });
}

#[test]
fn without_a_runner() {
    future::block_on(async {
        let (mut one, mut two) = tcp().await;
        one.write_all(b"ahoy").await.unwrap();
        let mut heard = [0; 4];
        two.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"ahoy");
    });
}

#[test]
fn calls_are_send() {
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    run(async {
        drop(is_send(TcpListener::bind("127.0.0.1:0")));
        drop(is_send(TcpStream::connect(("localhost", 1))));
        drop(is_send(UdpSocket::bind("127.0.0.1:0")));
        drop(is_send(UnixStream::connect("/nowhere")));
        drop(is_send(lookup_host("localhost:1")));
        let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        drop(is_send(udp.connect("localhost:1")));
        drop(is_send(udp.send_to(b"", "localhost:1".to_owned())));
    });
}

#[test]
fn addresses_and_names() {
    run(async {
        let one = async |host: Addresses| {
            struct Given(Addresses);
            impl ToSocketAddrs for Given {
                fn to_socket_addrs(&self) -> Addresses {
                    self.0.clone()
                }
            }
            lookup_host(Given(host)).await.unwrap().next()
        };
        let here: SocketAddr = (Ipv4Addr::LOCALHOST, 7).into();
        let there: SocketAddr = (Ipv6Addr::LOCALHOST, 7).into();
        assert_eq!(one("127.0.0.1:7".to_socket_addrs()).await, Some(here));
        assert_eq!(one("[::1]:7".to_socket_addrs()).await, Some(there));
        assert_eq!(one(("127.0.0.1", 7).to_socket_addrs()).await, Some(here));
        assert_eq!(one(("::1", 7).to_socket_addrs()).await, Some(there));
        assert_eq!(one(("127.0.0.1".to_owned(), 7).to_socket_addrs()).await, Some(here));
        assert_eq!(one(([127, 0, 0, 1], 7).to_socket_addrs()).await, Some(here));
        assert_eq!(one([here, there].to_socket_addrs()).await, Some(here));
        assert_eq!(one(vec![there].to_socket_addrs()).await, Some(there));

        let found: Vec<_> = lookup_host("localhost:7").await.unwrap().collect();
        assert!(!found.is_empty());
        assert!(found.iter().all(|found| found.ip().is_loopback() && found.port() == 7));

        for malformed in ["localhost", "localhost:", "localhost:http", ""] {
            let error = lookup_host(malformed).await.map(drop).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidInput, "{malformed:?}");
        }
        let nothing: [SocketAddr; 0] = [];
        let error = TcpStream::connect(nothing).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    });
}

#[test]
fn a_literal_address_starts_no_thread() {
    // A pool thread would be asked for by the first poll; a literal is done by then.
    let resolved = |host: &'static str| {
        let mut lookup = pin!(async move { lookup_host(host).await.map(drop) });
        future::block_on(future::poll_once(lookup.as_mut())).is_some()
    };
    assert!(resolved("127.0.0.1:80"));
    assert!(resolved("[::1]:80"));
}

#[test]
fn connect_tries_each_address() {
    run(async {
        let refused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let stream = TcpStream::connect([refused, open]).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
        let error = TcpStream::connect([refused, refused]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn bind_options() {
    run(async {
        let shared = BindOptions { reuse_port: true, backlog: 1, ..BindOptions::default() };
        let one = TcpListener::bind_with("127.0.0.1:0", shared.clone()).await.unwrap();
        let address = one.local_addr().unwrap();
        let _two = TcpListener::bind_with(address, shared).await.unwrap();
        let error = TcpListener::bind(address).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
    });
}

#[test]
fn a_server_can_be_restarted_at_once() {
    // Without address reuse every attempt fails: the address lingers. With it one may fail, when some
    // other connection of this machine has been given the port meanwhile.
    run(async {
        for attempt in 1.. {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (client, accepted) = gather((TcpStream::connect(address), listener.accept())).await;
            // The server closes first: its address lingers.
            drop((accepted.unwrap(), listener));
            client.unwrap().read_to_end(&mut Vec::new()).await.unwrap();
            match TcpListener::bind(address).await {
                Ok(_) => break,
                Err(error) if attempt == 10 => panic!("{error}"),
                Err(_) => {}
            }
        }
    });
}

#[test]
fn what_can_be_asked_and_set() {
    run(async {
        let (one, two) = tcp().await;
        assert_eq!(one.local_addr().unwrap(), two.peer_addr().unwrap());
        one.set_nodelay(true).unwrap();
        assert!(one.nodelay().unwrap());
        one.set_ttl(42).unwrap();
        assert_eq!(one.ttl().unwrap(), 42);
        assert!(one.take_error().unwrap().is_none());
        (&two).write_all(b"xy").await.unwrap();
        one.readable().await.unwrap();
        one.writable().await.unwrap();
        let mut buf = [0; 4];
        assert_eq!(one.peek(&mut buf).await.unwrap(), 2);
        assert_eq!((&one).read(&mut buf).await.unwrap(), 2);
        two.shutdown(Shutdown::Write).unwrap();
        assert_eq!((&one).read(&mut buf).await.unwrap(), 0);
    });
}

#[test]
fn udp() {
    on_each(|| async {
        let (one, two) =
            (UdpSocket::bind("127.0.0.1:0").await, UdpSocket::bind("127.0.0.1:0").await);
        let (one, two) = (one.unwrap(), two.unwrap());
        let (at_one, at_two) = (one.local_addr().unwrap(), two.local_addr().unwrap());
        let mut buf = [0; 16];
        let (sent, received) =
            gather((one.send_to(b"ahoy", at_two), two.recv_from(&mut buf))).await;
        assert_eq!((sent.unwrap(), received.unwrap()), (4, (4, at_one)));
        one.connect(at_two).await.unwrap();
        two.connect(at_one).await.unwrap();
        assert_eq!(one.peer_addr().unwrap(), at_two);
        two.send(b"answer").await.unwrap();
        assert_eq!(one.peek(&mut buf).await.unwrap(), 6);
        assert_eq!(one.peek_from(&mut buf).await.unwrap(), (6, at_two));
        assert_eq!(one.recv(&mut buf).await.unwrap(), 6);
        one.set_broadcast(true).unwrap();
        assert!(one.broadcast().unwrap());
        one.set_ttl(9).unwrap();
        assert_eq!(one.ttl().unwrap(), 9);
    });
}

#[test]
fn a_cancelled_accept_loses_no_connection() {
    on_each(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let waiting = create_task({
            let listener = listener.clone();
            async move { listener.accept().await.map(drop) }
        });
        sleep(Duration::from_millis(1)).await;
        waiting.cancel();
        let _ = waiting.join().await;
        let client = TcpStream::connect(address).await.unwrap();
        let (_, peer) = listener.accept().await.unwrap();
        assert_eq!(peer, client.local_addr().unwrap());
    });
}

#[test]
fn a_stream_outlives_its_runner() {
    // Left behind by one loop, used in another: its reactor has nobody to wait in it but a thread.
    let (mut one, mut two) = run(tcp());
    run(async {
        let mut heard = [0; 4];
        let hear = create_task(async move { two.read_exact(&mut heard).await.map(|()| heard) });
        sleep(Duration::from_millis(1)).await;
        one.write_all(b"ahoy").await.unwrap();
        assert_eq!(&hear.await.unwrap(), b"ahoy");
    });
}

const CHILD: &str = "EVENKEEL_NET_TEST_CHILD";
const EMFILE: i32 = 24;

#[test]
fn a_server_goes_on_after_too_many_descriptors() {
    // The limit is the process's, so this has a process of its own, started by a shell that lowers it.
    if std::env::var_os(CHILD).is_none() {
        let mut child = Command::new("sh")
            .args(["-c", "ulimit -n 40 && exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["net::a_server_goes_on_after_too_many_descriptors", "--exact", "--nocapture"])
            .env(CHILD, "1")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > end {
                child.kill().unwrap();
                panic!("it hangs");
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(child.wait().unwrap().success());
        return;
    }
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (mut clients, mut servers, mut refused) = (Vec::new(), Vec::new(), 0);
        // Two a connection, until connecting fails or accepting does.
        while refused < 3 {
            match TcpStream::connect(address).await {
                Ok(client) => clients.push(client),
                Err(error) => {
                    assert_eq!(error.raw_os_error(), Some(EMFILE));
                    refused += 1;
                    continue;
                }
            }
            match listener.accept().await {
                Ok((server, _)) => servers.push(server),
                Err(error) => assert_eq!(error.raw_os_error(), Some(EMFILE)),
            }
        }
        // Some go, and the server goes on.
        let waiting = clients.len() - servers.len();
        servers.truncate(2);
        clients.drain(..2);
        for _ in 0..waiting {
            listener.accept().await.unwrap();
        }
        let client = create_task(async move { TcpStream::connect(address).await.map(drop) });
        listener.accept().await.unwrap();
        client.await.unwrap();
    });
}

//! Unix sockets.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evenkeel::net::{UnixDatagram, UnixListener, UnixStream};
use evenkeel::{Handle, create_task, gather, run, sleep, timeout};
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::on_each;

fn path() -> PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("evenkeel-net-{}-{next}", std::process::id()))
}

#[test]
fn unix() {
    on_each(|| async {
        let path = path();
        let listener = UnixListener::bind(&path).unwrap();
        assert_eq!(listener.local_addr().unwrap().as_pathname(), Some(&*path));
        let (client, accepted) = gather((UnixStream::connect(&path), listener.accept())).await;
        let (mut client, (mut server, peer)) = (client.unwrap(), accepted.unwrap());
        assert!(peer.is_unnamed());
        client.write_all(b"ahoy").await.unwrap();
        client.close().await.unwrap();
        let mut heard = String::new();
        server.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "ahoy");
        let error = UnixListener::bind(&path).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        std::fs::remove_file(&path).unwrap();
        let error = UnixStream::connect(&path).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);

        let (one, two) = UnixStream::pair().unwrap();
        let mut byte = [0];
        let (said, heard) = gather((async { (&one).write_all(b"x").await }, async {
            (&two).read(&mut byte).await
        }))
        .await;
        assert_eq!((said.unwrap(), heard.unwrap()), ((), 1));
    });
}

#[test]
fn a_full_unix_backlog_is_waited_for() {
    run(async {
        let path = path();
        // A backlog of one: the third connection finds no room, until one is accepted.
        let socket =
            socket2::Socket::new(socket2::Domain::UNIX, socket2::Type::STREAM, None).unwrap();
        socket.bind(&socket2::SockAddr::unix(&path).unwrap()).unwrap();
        socket.listen(0).unwrap();
        let std = std::os::unix::net::UnixListener::from(std::os::fd::OwnedFd::from(socket));
        let listener = UnixListener::try_from(std).unwrap();
        let clients =
            (0..5).map(|_| create_task(UnixStream::connect(path.clone()))).collect::<Vec<_>>();
        sleep(Duration::from_millis(5)).await;
        let served = create_task(async move {
            for _ in 0..5 {
                listener.accept().await.unwrap();
            }
        });
        for client in clients {
            client.await.unwrap();
        }
        served.await;
        std::fs::remove_file(path).unwrap();
    });
}

#[test]
fn unix_datagrams() {
    run(async {
        let path = path();
        let one = UnixDatagram::bind(&path).unwrap();
        let two = UnixDatagram::unbound().unwrap();
        two.send_to(b"ahoy", &path).await.unwrap();
        let mut buf = [0; 8];
        assert_eq!(one.recv_from(&mut buf).await.unwrap().0, 4);
        two.connect(&path).unwrap();
        two.send(b"again").await.unwrap();
        assert_eq!(one.recv(&mut buf).await.unwrap(), 5);
        std::fs::remove_file(path).unwrap();
        let (one, two) = UnixDatagram::pair().unwrap();
        let (sent, received) = gather((one.send(b"x"), two.recv(&mut buf))).await;
        assert_eq!((sent.unwrap(), received.unwrap()), (1, 1));
    });
}

#[test]
fn a_receiver_full_of_others_datagrams_is_waited_for() {
    run(async {
        let path = path();
        let receiver = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
        let other = std::os::unix::net::UnixDatagram::unbound().unwrap();
        other.set_nonblocking(true).unwrap();
        let mut queued = 0;
        while other.send_to(b"theirs", &path).is_ok() {
            queued += 1;
        }
        let address = std::os::unix::net::SocketAddr::from_pathname(&path).unwrap();
        let to = path.clone();
        let sends = create_task(async move {
            let socket = UnixDatagram::unbound().unwrap();
            gather((socket.send_to(b"ours", to), socket.send_to_addr(b"ours", &address))).await
        });
        // They find no room, and rest.
        sleep(Duration::from_millis(50)).await;
        let news = Handle::current().statistics().unwrap().reactor.news;
        assert!(news < 500, "{news}: each attempt makes some, so it must not be made at once");
        let mut buf = [0; 8];
        for _ in 0..queued {
            assert_eq!(receiver.recv(&mut buf).unwrap(), 6);
        }
        let (one, two) = timeout(Duration::from_secs(20), sends).await.expect("they are sent");
        assert_eq!((one.unwrap(), two.unwrap()), (4, 4));
        std::fs::remove_file(path).unwrap();
    });
}

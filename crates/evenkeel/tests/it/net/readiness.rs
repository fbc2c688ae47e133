//! Waiting until a call is worth trying, by future and by poll function; and trying.

use std::cell::Cell;
use std::future::poll_fn;
use std::io::ErrorKind::WouldBlock;
use std::io::{IoSlice, IoSliceMut};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream, UdpSocket, UnixDatagram, UnixListener, UnixStream};
use evenkeel::{create_local_task, create_task, gather, run, sleep, timeout, yield_now};
use futures_lite::future::poll_once;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::on_each;

const LONG: Duration = Duration::from_secs(20);

/// Two sockets connected to each other.
async fn udp() -> (UdpSocket, UdpSocket) {
    let (one, two) = (UdpSocket::bind("127.0.0.1:0").await, UdpSocket::bind("127.0.0.1:0").await);
    let (one, two) = (one.unwrap(), two.unwrap());
    one.connect(two.local_addr().unwrap()).await.unwrap();
    two.connect(one.local_addr().unwrap()).await.unwrap();
    (one, two)
}

/// Writing is worth it at once; reading waits, in a future and in a task of `poll_fn`, until `$say` is done.
macro_rules! waits_until {
    ($ours:expr, $say:expr) => {
        let ours = $ours;
        poll_fn(|cx| ours.poll_writable(cx)).await.unwrap();
        ours.writable().await.unwrap();
        let none_yet = poll_fn(|cx| Poll::Ready(ours.poll_readable(cx).is_pending())).await;
        assert!(none_yet, "nothing was said");
        let by_future = create_task({
            let ours = ours.clone();
            async move { ours.readable().await }
        });
        let by_poll = create_task({
            let ours = ours.clone();
            async move { poll_fn(|cx| ours.poll_readable(cx)).await }
        });
        yield_now().await;
        $say.await.unwrap();
        let (one, two) = timeout(LONG, gather((by_future, by_poll))).await.unwrap();
        assert!(one.is_ok() && two.is_ok());
        // Nothing was taken: it is still worth it.
        ours.readable().await.unwrap();
    };
}

#[test]
fn each_kind_of_socket_tells_when_it_is_worth_trying() {
    on_each(|| async {
        let (one, two) = udp().await;
        waits_until!(two, one.send(b"ahoy"));
        let (one, two) = UnixDatagram::pair().unwrap();
        waits_until!(two, one.send(b"ahoy"));
        let (one, two) = UnixStream::pair().unwrap();
        waits_until!(two, (&one).write_all(b"ahoy"));
        let (one, two) = super::tcp().await;
        waits_until!(two, (&one).write_all(b"ahoy"));
    });
}

#[test]
fn a_full_socket_is_not_worth_writing_to() {
    run(async {
        let (one, two) = UnixDatagram::pair().unwrap();
        // As far as the kernel takes it: then sending waits, and so does `writable`.
        while poll_once(one.send(&[0; 4096])).await.is_some() {}
        let full = poll_fn(|cx| Poll::Ready(one.poll_writable(cx).is_pending())).await;
        assert!(full);
        let room = create_task(async move { one.writable().await });
        yield_now().await;
        assert!(!room.is_finished());
        while poll_once(two.recv(&mut [0; 4096])).await.is_some() {}
        timeout(LONG, room).await.unwrap().unwrap();
    });
}

/// `future`, with every poll of it counted.
async fn counted<F: Future>(polls: Rc<Cell<usize>>, future: F) -> F::Output {
    let mut future = pin!(future);
    poll_fn(|cx| {
        polls.set(polls.get() + 1);
        future.as_mut().poll(cx)
    })
    .await
}

/// What a reading loop is polled for: to begin, at the byte that another takes before it, at its own, and
/// once or twice at news that was none. One that does not sleep is polled without end.
const FEW: usize = 6;
const A_WHILE: Duration = Duration::from_millis(20);

#[test]
fn a_loop_that_tries_to_read_sleeps_in_between() {
    run(async {
        let (one, two) = super::tcp().await;
        let (polls, blocked) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
        let heard = create_local_task(counted(polls.clone(), {
            let blocked = blocked.clone();
            async move {
                let (mut byte, mut quicker) = ([0; 1], Some(two.clone()));
                loop {
                    two.readable().await.unwrap();
                    if let Some(quicker) = quicker.take() {
                        assert_eq!(quicker.try_read(&mut byte).unwrap(), 1);
                    }
                    match two.try_read(&mut byte) {
                        Err(error) if error.kind() == WouldBlock => blocked.set(blocked.get() + 1),
                        read => break (read.unwrap(), byte),
                    }
                }
            }
        }));
        sleep(A_WHILE).await;
        assert_eq!(one.try_write(b"x").unwrap(), 1);
        sleep(A_WHILE).await;
        assert_eq!((blocked.get(), heard.is_finished()), (1, false));
        assert_eq!(one.try_write(b"y").unwrap(), 1);
        assert_eq!(timeout(LONG, heard).await.unwrap(), (1, *b"y"));
        assert!(polls.get() <= FEW, "{} polls", polls.get());
    });
}

#[test]
fn a_loop_that_tries_to_write_sleeps_in_between() {
    const ALL: usize = 8 << 20; // Much more than the kernel keeps.
    run(async {
        let (one, mut two) = super::tcp().await;
        let polls = Rc::new(Cell::new(0));
        let says = create_local_task(counted(polls.clone(), async move {
            let mut left = ALL;
            while left > 0 {
                one.writable().await.unwrap();
                match one.try_write(&vec![b'x'; left]) {
                    Ok(n) => left -= n,
                    Err(error) if error.kind() == WouldBlock => {}
                    Err(error) => panic!("{error}"),
                }
            }
        }));
        sleep(A_WHILE).await;
        // As much is gone as goes, and the kernel may find a little more room once or twice.
        let before = polls.get();
        sleep(A_WHILE).await;
        assert!(polls.get() - before <= FEW, "{} polls", polls.get() - before);
        assert!(!says.is_finished());
        let mut heard = Vec::new();
        timeout(LONG, two.read_to_end(&mut heard)).await.unwrap().unwrap();
        says.await;
        assert_eq!(heard.len(), ALL);
    });
}

#[test]
fn trying_never_waits() {
    run(async {
        let (one, two) = UnixStream::pair().unwrap();
        assert_eq!(two.try_read(&mut [0; 8]).unwrap_err().kind(), WouldBlock);
        let sent = one.try_write_vectored(&[IoSlice::new(b"even"), IoSlice::new(b"keel")]);
        assert_eq!(sent.unwrap(), 8);
        let (mut first, mut second) = ([0; 3], [0; 8]);
        let mut rooms = [IoSliceMut::new(&mut first), IoSliceMut::new(&mut second)];
        assert_eq!(two.try_read_vectored(&mut rooms).unwrap(), 8);
        assert_eq!((&first, &second[..5]), (b"eve", &b"nkeel"[..]));
        while one.try_write(&[0; 4096]).is_ok() {}
        assert_eq!(one.try_write(&[0; 4096]).unwrap_err().kind(), WouldBlock);
        drop(one);
        while two.try_read(&mut [0; 4096]).unwrap() > 0 {}

        let mut buf = [0; 8];
        let (one, two) = udp().await;
        assert_eq!(two.try_recv(&mut buf).unwrap_err().kind(), WouldBlock);
        assert_eq!(one.try_send(b"ahoy").unwrap(), 4);
        two.readable().await.unwrap();
        assert_eq!(two.try_recv(&mut buf).unwrap(), 4);
        let (one, two) = UnixDatagram::pair().unwrap();
        assert_eq!(two.try_recv_from(&mut buf).unwrap_err().kind(), WouldBlock);
        assert_eq!(one.try_send(b"ahoy").unwrap(), 4);
        assert!(two.try_recv_from(&mut buf).unwrap().1.is_unnamed());
        while one.try_send(&[0; 4096]).is_ok() {}
        assert_eq!(one.try_send(&[0; 4096]).unwrap_err().kind(), WouldBlock);
    });
}

#[test]
fn listeners_accept_by_poll() {
    on_each(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let (client, accepted) =
            gather((TcpStream::connect(at), poll_fn(|cx| listener.poll_accept(cx)))).await;
        assert_eq!(accepted.unwrap().1, client.unwrap().local_addr().unwrap());

        let path = std::env::temp_dir().join(format!("evenkeel-poll-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let two = [listener.clone(), listener];
        // Both wait by it; each has one.
        let waiting: Vec<_> = two
            .map(|listener| {
                create_task(async move { poll_fn(|cx| listener.poll_accept(cx)).await })
            })
            .into_iter()
            .collect();
        yield_now().await;
        let _clients = gather((UnixStream::connect(&path), UnixStream::connect(&path))).await;
        std::fs::remove_file(&path).unwrap();
        for accepted in timeout(LONG, gather(waiting)).await.unwrap() {
            assert!(accepted.unwrap().1.is_unnamed());
        }
    });
}

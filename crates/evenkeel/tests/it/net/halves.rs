//! One connection, many hands: clones, halves, and std's sockets.

use std::os::fd::AsRawFd;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{create_task, gather, run};
use futures_lite::io::copy;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::{on_each, tcp};

#[test]
fn clones_are_the_same_connection() {
    on_each(|| async {
        let (one, two) = tcp().await;
        let writer = create_task({
            let one = one.clone();
            async move { (&one).write_all(&[1; 300_000]).await.unwrap() }
        });
        let echo = create_task(async move { copy(&two, &two).await.map(drop).unwrap() });
        let mut heard = vec![0; 300_000];
        (&one).read_exact(&mut heard).await.unwrap();
        assert_eq!(heard, vec![1; 300_000]);
        writer.await;
        drop(one);
        echo.await;
    });
}

#[test]
fn borrowed_halves() {
    run(async {
        let (mut one, two) = tcp().await;
        let echo = create_task(async move { copy(&two, &two).await.map(drop).unwrap() });
        let (mut read, mut write) = one.split();
        let mut heard = Vec::new();
        let say = async {
            write.write_all(&[2; 300_000]).await.unwrap();
            write.close().await.unwrap();
        };
        gather((say, async { read.read_to_end(&mut heard).await.map(drop).unwrap() })).await;
        assert_eq!(heard, vec![2; 300_000]);
        echo.await;
    });
}

#[test]
fn owned_halves() {
    on_each(|| async {
        let (one, two) = tcp().await;
        let echo = create_task(async move { copy(&two, &two).await.map(drop).unwrap() });
        let (mut read, mut write) = one.into_split();
        // Dropped at the end of its task: the other side reads an end, and its answer an end too.
        let say = create_task(async move { write.write_all(&[3; 300_000]).await.unwrap() });
        let mut heard = Vec::new();
        read.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, vec![3; 300_000]);
        say.await;
        echo.await;
    });
}

#[test]
fn halves_are_put_together_again() {
    run(async {
        let ((one, mut two), (other, _)) = (tcp().await, tcp().await);
        let ((read, write), (other_read, other_write)) = (one.into_split(), other.into_split());
        let wrong = read.reunite(other_write).unwrap_err();
        assert_eq!(wrong.to_string(), "these halves are not of the same stream");
        let mut one = wrong.0.reunite(write).unwrap();
        other_read.reunite(wrong.1).unwrap();
        // Nothing was ended by it.
        one.write_all(b"ahoy").await.unwrap();
        two.read_exact(&mut [0; 4]).await.unwrap();
    });
}

#[test]
fn std_sockets_come_and_go() {
    run(async {
        let (one, mut two) = tcp().await;
        let clone = one.clone();
        // Not the only handle: a second descriptor of the same socket.
        let std = one.into_std().unwrap();
        assert_ne!(std.as_raw_fd(), clone.as_raw_fd());
        drop(std);
        // The only one: the socket itself.
        let number = clone.as_raw_fd();
        let std = clone.into_std().unwrap();
        assert_eq!(std.as_raw_fd(), number);
        let mut one = TcpStream::try_from(std).unwrap();
        one.write_all(b"ahoy").await.unwrap();
        two.read_exact(&mut [0; 4]).await.unwrap();

        let std = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let listener = TcpListener::try_from(std).unwrap();
        TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        listener.accept().await.unwrap();
    });
}

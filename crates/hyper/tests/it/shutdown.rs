//! The end of a server: in order, in time, and with nothing left.

use std::future::IntoFuture;
use std::io;
use std::time::{Duration, Instant};

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{Options, Runner, create_task, oneshot, run, sleep, timeout};
use evenkeel_hyper::{Protocol, ServeOptions, serve};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::support::{Answer, PATIENCE, client_of, echo, post, quick, rest, text};

async fn slow(request: Request<Incoming>) -> Answer {
    sleep(Duration::from_millis(100)).await;
    echo(request).await
}

async fn endless(_: Request<Incoming>) -> Answer {
    std::future::pending().await
}

#[test]
fn requests_under_way_are_answered_and_idle_connections_close() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let (stop, stopped) = oneshot::<()>();
            let server = serve(listener, service_fn(slow)).with_options(quick());
            let server = server.with_graceful_shutdown(stopped);
            let server = create_task(server.into_future());
            // One that said nothing, one that is idle, one that waits for its answer.
            let silent = TcpStream::connect(address).await.unwrap();
            let (idle, busy) = (client_of(protocol), client_of(protocol));
            assert_eq!(text(idle.request(post(address, "/", "a")).await.unwrap()).await, "a");
            let answer = create_task(async move {
                text(busy.request(post(address, "/", "b")).await.unwrap()).await
            });
            sleep(Duration::from_millis(30)).await;
            drop(stop);
            assert_eq!(rest(&silent).await, "");
            assert_eq!(answer.await, "b");
            let served = timeout(PATIENCE, server).await.unwrap().unwrap();
            assert_eq!((served.accepted, served.failed, served.cancelled), (3, 0, 0));
            let refused = TcpStream::connect(address).await.unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
        });
    }
}

#[test]
fn what_takes_longer_is_cancelled() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let grace = Duration::from_millis(50);
            let server = serve(listener, service_fn(endless))
                .with_options(ServeOptions { grace, ..ServeOptions::default() })
                .with_graceful_shutdown(sleep(Duration::from_millis(50)));
            let server = create_task(server.into_future());
            let began = Instant::now();
            client_of(protocol).request(post(address, "/", "")).await.unwrap_err();
            let served = timeout(PATIENCE, server).await.unwrap().unwrap();
            assert!(began.elapsed() >= 2 * grace);
            assert_eq!((served.accepted, served.cancelled), (1, 1));
        });
    }
}

/// Dropping the server drops its connections, and leaves nothing behind.
#[test]
fn a_dropped_server_leaves_nothing() {
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = create_task(serve(listener, service_fn(endless)).into_future());
            let mut streams = Vec::new();
            for _ in 0..20 {
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
                streams.push(stream);
            }
            sleep(Duration::from_millis(20)).await;
            server.cancelled().await;
            for stream in &mut streams {
                assert!(matches!(stream.read(&mut [0]).await, Ok(0) | Err(_)));
            }
        });
        // Its sockets, the listener among them, are counted there.
        assert!(runner.close().is_empty(), "with {workers} workers");
    }
}

#[test]
fn a_limit_lets_the_next_wait() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let options = ServeOptions { connections: 1, ..quick() };
        let server = serve(listener, service_fn(echo)).with_options(options);
        let server = create_task(server.into_future());
        let ask = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let (mut one, mut two) = (
            TcpStream::connect(address).await.unwrap(),
            TcpStream::connect(address).await.unwrap(),
        );
        one.write_all(ask).await.unwrap();
        one.read_exact(&mut [0; 15]).await.unwrap();
        two.write_all(ask).await.unwrap();
        let waited = timeout(Duration::from_millis(50), two.read(&mut [0; 15])).await;
        assert!(waited.is_err(), "the second was served beside the first");
        drop(one);
        timeout(PATIENCE, two.read_exact(&mut [0; 15])).await.unwrap().unwrap();
        server.cancelled().await;
    });
}

#[test]
fn a_listener_that_is_none_ends_the_server() {
    struct None;
    impl evenkeel_hyper::Listener for None {
        type Stream = TcpStream;
        type Address = ();

        async fn accept(&self) -> io::Result<(TcpStream, ())> {
            Err(io::ErrorKind::InvalidInput.into())
        }
    }
    let service = service_fn(|_: Request<Incoming>| async { Answer::Ok(Response::default()) });
    let error = run(serve(None, service).into_future()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
}

//! Clients that leave: their handlers end, and no failure of the server is made of it.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{Event, create_task, oneshot, run, sleep, timeout};
use evenkeel_hyper::{Protocol, ServeOptions, ServeStatistics, serve};
use futures_io::{AsyncRead, AsyncWrite};
use futures_lite::AsyncWriteExt;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::bad_input::told;
use crate::frames::{self, GOAWAY, HEADERS};
use crate::support::{
    PATIENCE, Token, client_of, echo, held_by, holders, post, quick, rest, stuck, text, with_server,
};

const GET: &[u8] = b"GET /half HTTP/1.1\r\nhost: x\r\n\r\n";

/// The three counts of how connections ended.
fn ends(served: ServeStatistics) -> (u64, u64, u64) {
    (served.failed, served.departed, served.cancelled)
}

#[derive(Clone, Copy, Debug)]
enum Leaves {
    ByItsHalf,
    Altogether,
    ByAReset,
}

/// A client that has asked leaves; what it held on to, if anything.
async fn leave(mut stream: TcpStream, how: Leaves) -> Option<TcpStream> {
    match how {
        Leaves::ByItsHalf => {
            stream.close().await.unwrap();
            return Some(stream);
        }
        Leaves::Altogether => {}
        Leaves::ByAReset => stream.set_linger(Some(Duration::ZERO)).unwrap(),
    }
    None
}

#[test]
fn a_client_that_leaves_ends_its_handler() {
    for how in [Leaves::ByItsHalf, Leaves::Altogether, Leaves::ByAReset] {
        let token = Token::default();
        let (options, told) = told(quick());
        let (_, served) = run(with_server(options, stuck(&token), async |address| {
            // The server has the service, and the connection a clone.
            let idle = holders(&token);
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(GET).await.unwrap();
            held_by(&token, idle + 2).await;
            let _half = leave(stream, how).await;
            held_by(&token, idle).await;
        }));
        assert_eq!(ends(served), (0, 1, 0), "{how:?}");
        assert_eq!(*told.lock().unwrap(), ["departed"], "{how:?}");
    }
}

/// In HTTP/2 an end without a word is one all the same. A reset is told.
#[test]
fn a_client_of_http2_that_leaves_ends_its_handlers() {
    for how in [Leaves::ByItsHalf, Leaves::Altogether, Leaves::ByAReset] {
        let token = Token::default();
        let (options, told) = told(quick());
        let (_, served) = run(with_server(options, stuck(&token), async |address| {
            let idle = holders(&token);
            let stream = TcpStream::connect(address).await.unwrap();
            let words = [frames::hello(false), frames::get(1), frames::get(3)];
            frames::say(&stream, &words).await.unwrap();
            held_by(&token, idle + 3).await;
            let _half = leave(stream, how).await;
            held_by(&token, idle).await;
        }));
        assert_eq!((served.failed, served.cancelled), (0, 0), "{how:?}");
        if let Leaves::ByAReset = how {
            assert_eq!(served.departed, 1);
        }
        assert!(told.lock().unwrap().iter().all(|word| word == "departed"), "{how:?}");
    }
}

/// Also if it is answered only when its end has been read long since.
#[test]
fn a_half_closed_client_has_its_answer_if_that_is_wanted() {
    let slow = service_fn(async |request: Request<Incoming>| {
        sleep(Duration::from_millis(30)).await;
        echo(request).await
    });
    let options = ServeOptions { half_close: true, ..quick() };
    let (heard, served) = run(with_server(options, slow, async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(GET).await.unwrap();
        stream.close().await.unwrap();
        rest(&stream).await
    }));
    assert!(heard.ends_with("/half"), "{heard}");
    assert_eq!(ends(served), (0, 0, 0));
}

/// One that left is noticed when it is answered, if half-closed clients are served.
#[test]
fn a_client_that_is_gone_when_it_is_answered_has_departed() {
    let (token, gone) = (Token::default(), Arc::new(Event::new()));
    let (held, left) = (Token::clone(&token), Arc::clone(&gone));
    let large = service_fn(move |_: Request<Incoming>| {
        let (held, left) = (Token::clone(&held), Arc::clone(&left));
        async move {
            left.wait().await;
            drop(held);
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(vec![7; 10_000_000])))
        }
    });
    let options = ServeOptions { half_close: true, ..quick() };
    let (_, served) = run(with_server(options, large, async |address| {
        let idle = holders(&token);
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(GET).await.unwrap();
        held_by(&token, idle + 2).await;
        drop(stream);
        gone.set();
        held_by(&token, idle).await;
    }));
    assert_eq!(ends(served), (0, 1, 0));
}

/// A service that passes on that its request broke off: not its fault either.
#[test]
fn a_body_that_breaks_off_is_a_departure() {
    let strict = service_fn(async |request: Request<Incoming>| {
        request.into_body().collect().await?;
        Ok::<_, hyper::Error>(Response::new(Full::<Bytes>::default()))
    });
    for half_close in [false, true] {
        for head in ["content-length: 9\r\n\r\nhalf", "transfer-encoding: chunked\r\n\r\n9\r\nhalf"]
        {
            let options = ServeOptions { half_close, ..quick() };
            let (_, served) = run(with_server(options, strict, async |address| {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let half = format!("POST / HTTP/1.1\r\nhost: x\r\n{head}");
                stream.write_all(half.as_bytes()).await.unwrap();
                stream.close().await.unwrap();
                assert_eq!(rest(&stream).await, "");
            }));
            assert_eq!(ends(served), (0, 1, 0), "{half_close} {head:?}");
        }
    }
}

/// Closing its half is no leaving then: what fails after it is the service's failure.
#[test]
fn a_service_that_fails_a_half_closed_client_has_failed() {
    let bad = service_fn(async |request: Request<Incoming>| {
        let _ = request.into_body().collect().await;
        sleep(Duration::from_millis(30)).await;
        Err::<Response<Full<Bytes>>, _>(io::Error::other("no answer"))
    });
    let options = ServeOptions { half_close: true, ..quick() };
    let (_, served) = run(with_server(options, bad, async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(GET).await.unwrap();
        stream.close().await.unwrap();
        assert_eq!(rest(&stream).await, "");
    }));
    assert_eq!(ends(served), (1, 0, 0));
}

/// hyper's own client says good-bye and closes, whatever the server is saying meanwhile. That races in the
/// kernel: the server reads the word, or an end, or a reset, or cannot answer any more.
#[test]
fn a_client_of_http2_that_says_good_bye_is_no_failure() {
    let (_, served) = run(with_server(quick(), service_fn(echo), async |address| {
        for n in 0..200 {
            let stream = TcpStream::connect(address).await.unwrap();
            let bye = frames::frame(GOAWAY, 0, 0, &[0; 8]);
            frames::say(&stream, &[frames::hello(false), frames::get(1)]).await.unwrap();
            if n % 2 == 0 {
                frames::until(&stream, HEADERS).await.unwrap();
            }
            frames::say(&stream, &[bye]).await.unwrap();
        }
        for _ in 0..20 {
            let client = client_of(Protocol::Http2);
            assert_eq!(text(client.request(post(address, "/", "x")).await.unwrap()).await, "x");
        }
    }));
    assert_eq!((served.accepted, served.failed, served.cancelled), (220, 0, 0));
}

/// A stream whose reads, or writes, fail from the first one after the request on.
struct Breaks {
    stream: TcpStream,
    kind: ErrorKind,
    reads: bool,
    begun: bool,
}

impl AsyncRead for Breaks {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        if self.begun && self.reads {
            return Poll::Ready(Err(self.kind.into()));
        }
        let polled = Pin::new(&mut self.stream).poll_read(cx, buf);
        self.begun |= polled.is_ready();
        polled
    }
}

impl AsyncWrite for Breaks {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if !self.reads {
            return Poll::Ready(Err(self.kind.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// How a connection counts on which reading or writing fails in this way, while a request waits.
async fn broken(protocol: Protocol, reads: bool, kind: ErrorKind) -> ServeStatistics {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::<()>();
    let service = service_fn(move |request: Request<Incoming>| async move {
        // HTTP/1 reads while the service waits; to write it must not.
        if reads {
            std::future::pending::<()>().await;
        }
        echo(request).await
    });
    let server = serve(listener, service).with_options(quick()).with_handshake(
        move |stream: TcpStream| async move { Ok(Breaks { stream, kind, reads, begun: false }) },
    );
    let server = create_task(server.with_graceful_shutdown(stopped).into_future());
    let mut stream = TcpStream::connect(address).await.unwrap();
    match protocol {
        Protocol::Http1 => stream.write_all(GET).await.unwrap(),
        _ => frames::say(&stream, &[frames::hello(false), frames::get(1)]).await.unwrap(),
    }
    rest(&stream).await;
    drop(stop);
    timeout(PATIENCE, server).await.unwrap().unwrap()
}

#[test]
fn errors_of_the_stream_are_told_apart() {
    use ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionReset, HostUnreachable, InvalidData, NotConnected,
        Other, PermissionDenied, UnexpectedEof,
    };
    run(async {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            for reads in [true, false] {
                let gone =
                    [BrokenPipe, ConnectionAborted, ConnectionReset, HostUnreachable, NotConnected];
                // What TLS calls unexpected is an end to HTTP/2.
                let h2_end = protocol == Protocol::Http2 && reads;
                for kind in gone.into_iter().chain((!h2_end).then_some(UnexpectedEof)) {
                    let served = broken(protocol, reads, kind).await;
                    assert_eq!(ends(served), (0, 1, 0), "{protocol:?} {reads} {kind:?}");
                }
                for kind in [InvalidData, Other, PermissionDenied] {
                    let served = broken(protocol, reads, kind).await;
                    assert_eq!(ends(served), (1, 0, 0), "{protocol:?} {reads} {kind:?}");
                }
            }
        }
    });
}

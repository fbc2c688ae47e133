//! What a client may not do for ever: say nothing, say half, or not read.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evenkeel::net::{TcpStream, UnixStream};
use evenkeel::{ManualClock, Options, Runner, create_task, run};
use evenkeel_hyper::{HyperExecutor, HyperStream, HyperTimer, Protocol, ServeOptions};
use futures_lite::{AsyncWriteExt, StreamExt};
use http_body_util::{Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::bad_input::told;
use crate::frames::{self, GOAWAY, HEADERS};
use crate::support::{client_of, echo, post, quick, rest, text, with_server};

const LIMIT: Duration = Duration::from_millis(60);

/// HTTP/2 has its own ways to dawdle: hyper times none of them.
#[test]
fn a_client_of_http2_that_never_asks_is_cut_off() {
    let half = frames::get(1);
    let beginnings = [
        Vec::new(),
        b"PRI * HTTP/2.0\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frames::hello(false),
        [frames::hello(false), half[..half.len() - 1].to_vec()].concat(),
        // A head that goes on and on.
        [frames::hello(false), frames::frame(HEADERS, 0, 1, &[0x82])].concat(),
    ];
    for protocol in [Protocol::Auto, Protocol::Http2] {
        for first in &beginnings {
            let options = ServeOptions { header_timeout: Some(LIMIT), protocol, ..quick() };
            let (options, told) = told(options);
            let (_, served) = run(with_server(options, service_fn(echo), async |address| {
                let began = Instant::now();
                let mut stream = TcpStream::connect(address).await.unwrap();
                stream.write_all(first).await.unwrap();
                rest(&stream).await;
                assert!(began.elapsed() >= LIMIT, "too soon");
            }));
            assert_eq!(*told.lock().unwrap(), ["too slow"], "{protocol:?} {first:?}");
            assert_eq!((served.failed, served.cancelled), (1, 0));
        }
    }
}

/// One that was used is asked to end, as at the end of a server; and one that does not hear is cut off.
#[test]
fn an_idle_connection_of_http2_ends() {
    let options = || ServeOptions { header_timeout: Some(LIMIT), ..quick() };
    let (_, served) = run(with_server(options(), service_fn(echo), async |address| {
        let stream = TcpStream::connect(address).await.unwrap();
        frames::say(&stream, &[frames::hello(false), frames::get(1)]).await.unwrap();
        frames::until(&stream, HEADERS).await.unwrap();
        let (_, words) = frames::until(&stream, GOAWAY).await.unwrap();
        assert_eq!(words[4..8], [0; 4], "no error");
        // What it asks now is answered still.
        frames::say(&stream, &[frames::get(3)]).await.unwrap();
        frames::until(&stream, HEADERS).await.unwrap();
        // It never says that it has heard.
        rest(&stream).await;
    }));
    assert_eq!((served.failed, served.departed, served.cancelled), (0, 1, 0));

    // Ours does hear, and connects anew.
    let (_, served) = run(with_server(options(), service_fn(echo), async |address| {
        let client = client_of(Protocol::Http2);
        let ask = async || text(client.request(post(address, "/", "x")).await.unwrap()).await;
        assert_eq!(ask().await, "x");
        evenkeel::sleep(5 * LIMIT).await;
        assert_eq!(ask().await, "x");
    }));
    assert_eq!((served.accepted, served.failed, served.cancelled), (2, 0, 0));
}

/// One that is asked now and then, oftener than the limit, is kept.
#[test]
fn a_connection_of_http2_that_is_used_is_kept() {
    let clock = ManualClock::new();
    let hand = clock.clone();
    let mut runner =
        Runner::new(Options { workers: 1, clock: Arc::new(clock), ..Options::default() }).unwrap();
    let options = ServeOptions { header_timeout: Some(LIMIT), ..quick() };
    let (_, served) = runner.run(with_server(options, service_fn(echo), async |address| {
        let client = client_of(Protocol::Http2);
        for _ in 0..8 {
            let answer = client.request(post(address, "/", "x")).await.unwrap();
            assert_eq!(text(answer).await, "x");
            hand.advance(LIMIT / 2);
            // The server looks at once, and what it then says comes before the next question.
            for _ in 0..10 {
                evenkeel::yield_now().await;
            }
        }
    }));
    assert_eq!((served.accepted, served.failed, served.departed), (1, 0, 0));
}

/// A request that takes its time is no idle connection.
#[test]
fn a_slow_answer_is_not_cut_off() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let options =
            ServeOptions { header_timeout: Some(LIMIT), write_timeout: Some(LIMIT), ..quick() };
        let slow = service_fn(async |request: Request<Incoming>| {
            evenkeel::sleep(4 * LIMIT).await;
            echo(request).await
        });
        let (_, served) = run(with_server(options, slow, async |address| {
            let answer = client_of(protocol).request(post(address, "/", "x")).await.unwrap();
            assert_eq!(text(answer).await, "x");
        }));
        assert_eq!((served.accepted, served.failed, served.departed), (1, 0, 0), "{protocol:?}");
    }
}

/// The error of an upstream that has fallen silent: hyper's own, which nobody else can make.
async fn too_slow() -> hyper::Error {
    let (ours, _mute) = UnixStream::pair().unwrap();
    let a_moment = Duration::from_millis(1);
    let mut builder = hyper::client::conn::http2::Builder::new(HyperExecutor::new());
    builder.timer(HyperTimer).keep_alive_interval(a_moment).keep_alive_timeout(a_moment);
    builder.keep_alive_while_idle(true); // It may look before the request has begun, and then no more.
    let (mut sender, connection) = builder.handshake(HyperStream::new(ours)).await.unwrap();
    let connection = create_task(connection);
    let request = Request::new(Full::<Bytes>::default());
    let error = sender.send_request(request).await.unwrap_err();
    let _ = connection.await;
    error
}

/// The answer breaks off in its middle, by an error that is a timeout, but not the client's.
#[test]
fn a_body_that_times_out_is_no_idle_client() {
    let proxy = service_fn(async |_: Request<Incoming>| {
        let error = too_slow().await;
        assert!(error.is_timeout(), "{error:?}");
        let head = futures_lite::stream::once(Ok(Frame::data(Bytes::from("half"))));
        let rest = futures_lite::stream::once_future(async {
            // That much is on its way.
            evenkeel::sleep(Duration::from_millis(10)).await;
            Err(error)
        });
        Ok::<_, Infallible>(Response::new(StreamBody::new(head.chain(rest).boxed())))
    });
    let (options, told) = told(quick());
    let (heard, served) = run(with_server(options, proxy, async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        rest(&stream).await
    }));
    assert!(heard.ends_with("half\r\n"), "{heard}");
    assert_eq!((served.accepted, served.failed, served.departed), (1, 1, 0));
    assert_eq!(*told.lock().unwrap(), ["timeout"]);
}

/// A client that asks and never reads; others are served meanwhile.
#[test]
fn a_client_that_never_reads_is_cut_off() {
    let endless = service_fn(async |request: Request<Incoming>| {
        let pieces = if request.uri().path() == "/" { usize::MAX } else { 1 };
        let pieces = futures_lite::stream::iter(0..pieces);
        let piece = |_| Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 16_384])));
        let pieces = pieces.map(piece);
        Ok::<_, Infallible>(Response::new(StreamBody::new(pieces)))
    });
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let options = ServeOptions { write_timeout: Some(LIMIT), ..quick() };
        let (options, told) = told(options);
        let (_, served) = run(with_server(options, endless, async |address| {
            let mut deaf = TcpStream::connect(address).await.unwrap();
            match protocol {
                Protocol::Http1 => {
                    deaf.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap()
                }
                _ => frames::say(&deaf, &[frames::hello(true), frames::get(1)]).await.unwrap(),
            }
            while told.lock().unwrap().is_empty() {
                let answer = client_of(protocol).request(post(address, "/one", "")).await.unwrap();
                assert_eq!(text(answer).await.len(), 16_384);
            }
            // It has what the kernel had taken, and then an end.
            rest(&deaf).await;
        }));
        assert_eq!(*told.lock().unwrap(), ["stalled"], "{protocol:?}");
        assert_eq!((served.failed, served.cancelled), (1, 0));
    }
}

//! Clients that lie, dawdle or vanish: each an error of their own, and nobody else's.

use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evenkeel::net::TcpStream;
use evenkeel::{Options, Runner, run, sleep};
use evenkeel_hyper::{ConnectionError, OnError, Protocol, ServeOptions};
use futures_lite::AsyncWriteExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};

use crate::support::{Answer, client_of, echo, post, quick, rest, text, with_server};

/// Options whose errors are kept as words.
pub(crate) fn told(options: ServeOptions) -> (ServeOptions, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let on_error = OnError::new(move |error| {
        let word = match error {
            ConnectionError::TooSlow => "too slow",
            ConnectionError::Departed(_) => "departed",
            ConnectionError::Handshake(_) => "handshake",
            ConnectionError::Http(error) if error.is_timeout() => "timeout",
            ConnectionError::Stalled => "stalled",
            ConnectionError::Http(error) if error.is_parse() => "parse",
            ConnectionError::Http(_) => "http",
            _ => "other",
        };
        hook.lock().unwrap().push(word.to_owned());
    });
    (ServeOptions { on_error: Some(on_error), ..options }, told)
}

/// What the server answers to `words`, what it tells of it, and that it serves others still.
fn say(words: &[u8], then_close: bool) -> (String, Vec<String>) {
    let (options, told) = told(quick());
    let (heard, served) = run(with_server(options, service_fn(echo), async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(words).await.unwrap();
        if then_close {
            stream.close().await.unwrap();
        }
        let heard = rest(&stream).await;
        let other = client_of(Protocol::Http1).request(post(address, "/", "well")).await.unwrap();
        assert_eq!(text(other).await, "well");
        heard
    }));
    assert_eq!((served.accepted, served.cancelled), (2, 0));
    let told = told.lock().unwrap().clone();
    let departed = told.iter().filter(|word| *word == "departed").count() as u64;
    assert_eq!((served.failed, served.departed), (told.len() as u64 - departed, departed));
    (heard, told)
}

#[test]
fn what_is_no_http_is_answered_with_400() {
    for words in
        ["GET\r\n\r\n", "\0\0\0\0\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "PRI * HTTP/2.0\r\nx\r\n\r\n"]
    {
        let (heard, told) = say(words.as_bytes(), false);
        assert!(heard.starts_with("HTTP/1.1 400 "), "{words:?}: {heard}");
        assert_eq!(told, ["parse"], "{words:?}");
    }
}

#[test]
fn a_head_without_end_is_answered_with_431() {
    let words = format!("GET / HTTP/1.1\r\nx: {}\r\n", "y".repeat(1_000_000));
    let (heard, told) = say(words.as_bytes(), false);
    assert!(heard.is_empty() || heard.starts_with("HTTP/1.1 431 "), "{heard}");
    assert_eq!(told, ["parse"]);
}

#[test]
fn a_request_that_breaks_off_is_a_departure() {
    // In the middle of HTTP/2's first words, too.
    for words in ["GET / HTTP/1.1\r\nhos", "PRI * HTT"] {
        let (heard, told) = say(words.as_bytes(), true);
        assert_eq!((heard.as_str(), told), ("", vec!["departed".to_owned()]), "{words:?}");
    }
}

#[test]
fn one_who_leaves_without_a_word_is_no_failure() {
    let (heard, told) = say(b"", true);
    assert_eq!((heard.as_str(), told.len()), ("", 0));
}

/// Slow loris: a byte now and then does not buy time.
#[test]
fn a_slow_head_is_cut_off() {
    let limit = Duration::from_millis(100);
    for protocol in [Protocol::Auto, Protocol::Http1] {
        // Nothing at all, a word of neither version, the beginning of both.
        for first in ["", "GET / HTTP/1.1\r\nx: ", "PRI"] {
            let options = ServeOptions { header_timeout: Some(limit), protocol, ..quick() };
            let (options, told) = told(options);
            run(with_server(options, service_fn(echo), async |address| {
                let mut stream = TcpStream::connect(address).await.unwrap();
                let began = Instant::now();
                stream.write_all(first.as_bytes()).await.unwrap();
                let mut hears = stream.clone();
                let dripping = async {
                    while !first.is_empty() && stream.write_all(b"R").await.is_ok() {
                        sleep(Duration::from_millis(30)).await;
                    }
                    std::future::pending().await
                };
                let heard = async { rest(&hears.clone()).await };
                let heard = futures_lite::future::or(heard, dripping).await;
                let _ = hears.close().await;
                assert!(began.elapsed() >= limit);
                assert!(!heard.contains("200"), "{heard}");
            }));
            let told = told.lock().unwrap();
            assert_eq!(told.len(), 1, "{protocol:?} {first:?}: {told:?}");
        }
    }
}

/// A client that resets while it is answered, and one that never reads.
#[test]
fn one_who_does_not_listen_disturbs_nobody() {
    let large = service_fn(|_: Request<Incoming>| async {
        Answer::Ok(Response::new(vec![7; 50_000_000].into()))
    });
    let options = ServeOptions { grace: Duration::from_millis(50), ..quick() };
    let (_, served) = run(with_server(options, large, async |address| {
        let ask = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n";
        let mut deaf = TcpStream::connect(address).await.unwrap();
        deaf.write_all(ask).await.unwrap();
        let mut gone = TcpStream::connect(address).await.unwrap();
        gone.write_all(ask).await.unwrap();
        gone.peek(&mut [0]).await.unwrap();
        drop(gone); // with bytes unread: a reset
        let answer = client_of(Protocol::Http1).request(post(address, "/", "")).await.unwrap();
        assert_eq!(text(answer).await.len(), 50_000_000);
        // It goes away only with the server.
        deaf
    }));
    assert_eq!((served.accepted, served.cancelled), (3, 1));
}

/// Also that of what makes the service, in the task that accepts.
#[test]
fn a_service_that_cannot_be_made_costs_its_connection_alone() {
    use evenkeel::net::TcpListener;

    let reported = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&reported);
    let on_failure: evenkeel::OnFailure = Arc::new(move |report| {
        hook.lock().unwrap().push(report.message.clone());
    });
    let options = Options { on_failure: Some(on_failure), ..Options::default() };
    Runner::new(options).unwrap().run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut count = 0;
        let server = evenkeel_hyper::serve_each(listener, move |_| {
            count += 1;
            assert!(count > 1, "the first has bad luck");
            service_fn(echo)
        });
        let (stop, stopped) = evenkeel::oneshot::<()>();
        let server = evenkeel::create_task(server.with_graceful_shutdown(stopped).into_future());
        assert_eq!(rest(&TcpStream::connect(address).await.unwrap()).await, "");
        let answer = client_of(Protocol::Http1).request(post(address, "/", "x")).await.unwrap();
        assert_eq!(text(answer).await, "x");
        drop(stop);
        let served = server.await.unwrap();
        assert_eq!((served.accepted, served.failed, served.cancelled), (2, 1, 0));
    });
    assert_eq!(*reported.lock().unwrap(), ["the first has bad luck"]);
}

#[test]
fn a_panic_costs_its_connection_and_is_reported() {
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let reported = Arc::new(Mutex::new(Vec::new()));
        let hook = Arc::clone(&reported);
        let on_failure: evenkeel::OnFailure = Arc::new(move |report| {
            hook.lock().unwrap().push(report.message.clone());
        });
        let options = Options { on_failure: Some(on_failure), ..Options::default() };
        let mut runner = Runner::new(options).unwrap();
        let service = service_fn(async |request: Request<Incoming>| {
            assert!(request.uri().path() != "/panic", "as it was asked to");
            echo(request).await
        });
        runner.run(with_server(quick(), service, async |address| {
            let (good, bad) = (client_of(protocol), client_of(protocol));
            assert_eq!(text(good.request(post(address, "/", "a")).await.unwrap()).await, "a");
            bad.request(post(address, "/panic", "")).await.unwrap_err();
            assert_eq!(text(good.request(post(address, "/", "b")).await.unwrap()).await, "b");
        }));
        assert!(runner.close().is_empty(), "{protocol:?}");
        assert_eq!(*reported.lock().unwrap(), ["as it was asked to"], "{protocol:?}");
    }
}

#[test]
fn a_listener_that_fails_is_tried_again_and_told_of_once() {
    use evenkeel::net::TcpListener;
    use evenkeel_hyper::{Listener, serve};

    struct Exhausted(TcpListener, Mutex<u32>);
    impl Listener for Exhausted {
        type Stream = TcpStream;
        type Address = std::net::SocketAddr;

        async fn accept(&self) -> io::Result<(TcpStream, std::net::SocketAddr)> {
            let left = {
                let mut left = self.1.lock().unwrap();
                *left = left.saturating_sub(1);
                *left
            };
            if left > 0 {
                return Err(io::Error::from_raw_os_error(24)); // EMFILE
            }
            self.0.accept().await
        }
    }

    let reported = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&reported);
    let on_failure: evenkeel::OnFailure = Arc::new(move |report| {
        hook.lock().unwrap().push(report.message.clone());
    });
    let options = Options { on_failure: Some(on_failure), ..Options::default() };
    Runner::new(options).unwrap().run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = serve(Exhausted(listener, Mutex::new(4)), service_fn(echo));
        let server = evenkeel::create_task(server.into_future());
        let answer = client_of(Protocol::Http1).request(post(address, "/", "x")).await.unwrap();
        assert_eq!(text(answer).await, "x");
        server.cancelled().await;
    });
    let reported = reported.lock().unwrap();
    assert_eq!(reported.len(), 1);
    assert!(reported[0].contains("Too many open files"), "{reported:?}");
}

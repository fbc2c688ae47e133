//! The client: what it keeps, what it tries again, and when it gives up.

use std::future::IntoFuture;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{Options, Runner, create_task, gather, run, sleep, yield_now};
use evenkeel_hyper::{
    Client, ClientError, ClientOptions, ConnectWith, Protocol, ServeOptions, serve,
};
use futures_lite::future::poll_once;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};

use crate::support::{Answer, client_of, echo, post, quick, text, with_server};

#[test]
fn one_request_after_another_takes_one_connection() {
    let mut runner = Runner::new(Options { workers: 1, ..Options::default() }).unwrap();
    let (_, served) = runner.run(with_server(quick(), service_fn(echo), async |address| {
        let client = client_of(Protocol::Http1);
        for n in 0..50 {
            let answer = client.request(post(address, "/", n.to_string())).await.unwrap();
            assert_eq!(text(answer).await, n.to_string());
        }
        assert_eq!(client.connections(), 1);
    }));
    assert_eq!(served.accepted, 1);
}

#[test]
fn many_at_once_take_many_and_keep_some() {
    let (_, served) = run(with_server(quick(), service_fn(echo), async |address| {
        let options = ClientOptions { idle_per_host: 3, ..ClientOptions::default() };
        let client = Client::<Full<Bytes>>::with_options(options);
        let asks =
            (0..10).map(|n| {
                let client = client.clone();
                async move {
                    text(client.request(post(address, "/", n.to_string())).await.unwrap()).await
                }
            });
        assert_eq!(gather(asks).await.len(), 10);
        assert!(client.connections() <= 3);
    }));
    assert!(served.accepted <= 10);
}

/// The server closes what is idle; the client finds out when it asks again.
#[test]
fn a_request_is_made_again_if_the_kept_connection_was_closed() {
    let header_timeout = Some(Duration::from_millis(30));
    let options = ServeOptions { header_timeout, ..quick() };
    let (_, served) = run(with_server(options, service_fn(echo), async |address| {
        let client = client_of(Protocol::Http1);
        for _ in 0..3 {
            assert_eq!(text(client.request(post(address, "/", "x")).await.unwrap()).await, "x");
            sleep(Duration::from_millis(100)).await;
        }
    }));
    // Nobody's fault: it was kept as long as it is kept.
    assert_eq!((served.accepted, served.failed, served.departed), (3, 0, 0));
}

/// A body that nobody reads must not be mistaken for the next response.
#[test]
fn an_unread_body_is_nobody_elses() {
    let (_, _) = run(with_server(quick(), service_fn(echo), async |address| {
        let client = client_of(Protocol::Http1);
        let large = client.request(post(address, "/", "large".repeat(100_000))).await.unwrap();
        let answer = client.request(post(address, "/", "x")).await.unwrap();
        assert_eq!(text(answer).await, "x");
        drop(large);
        let answer = client.request(post(address, "/", "y")).await.unwrap();
        assert_eq!(text(answer).await, "y");
    }));
}

#[test]
fn idle_connections_are_let_go() {
    run(with_server(quick(), service_fn(echo), async |address| {
        let options =
            ClientOptions { idle_timeout: Duration::from_millis(20), ..ClientOptions::default() };
        let client = Client::<Full<Bytes>>::with_options(options);
        // Twice: the task that looks after them ends with the last one, and is started again.
        for _ in 0..2 {
            assert_eq!(text(client.request(post(address, "/", "x")).await.unwrap()).await, "x");
            assert_eq!(client.connections(), 1);
            while client.connections() > 0 {
                sleep(Duration::from_millis(5)).await;
            }
        }
    }));
}

/// Who waits for another's attempt does not share its bad end.
#[test]
fn an_attempt_that_fails_or_is_given_up_fails_nobody_else() {
    run(with_server(quick(), service_fn(echo), async |address| {
        let attempts = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&attempts);
        let connect = ConnectWith(move |_: Uri| {
            let attempt = count.fetch_add(1, Ordering::Relaxed);
            async move {
                match attempt {
                    0 => std::future::pending().await,
                    1 => Err(io::ErrorKind::HostUnreachable.into()),
                    _ => TcpStream::connect(address).await,
                }
            }
        });
        let options = ClientOptions { protocol: Protocol::Http2, ..ClientOptions::default() };
        let client = Client::<Full<Bytes>, _>::with_connector(options, connect);
        let ask = || {
            let client = client.clone();
            create_task(async move { client.request(post(address, "/", "x")).await })
        };
        let given_up = ask();
        yield_until(|| attempts.load(Ordering::Relaxed) == 1).await;
        let waits = [ask(), ask(), ask()];
        sleep(Duration::from_millis(20)).await;
        assert_eq!(attempts.load(Ordering::Relaxed), 1);
        given_up.cancelled().await;
        let ended = gather(waits).await;
        assert_eq!(ended.iter().filter(|ended| ended.is_err()).count(), 1);
        for answer in ended.into_iter().flatten() {
            assert_eq!(text(answer).await, "x");
        }
    }));
}

/// Nobody polls the request that was first: nobody learns how its attempt ended.
#[test]
fn an_attempt_that_nobody_polls_holds_up_nobody_for_long() {
    run(with_server(quick(), service_fn(echo), async |address| {
        let attempts = Arc::new(AtomicUsize::new(0));
        let connect = ConnectWith(move |_: Uri| {
            let attempt = attempts.fetch_add(1, Ordering::Relaxed);
            async move {
                match attempt {
                    0 => std::future::pending().await,
                    _ => TcpStream::connect(address).await,
                }
            }
        });
        let options = ClientOptions {
            protocol: Protocol::Http2,
            connect_timeout: Duration::from_millis(50),
            response_timeout: None,
            ..ClientOptions::default()
        };
        let client = Client::<Full<Bytes>, _>::with_connector(options, connect);
        let mut first = pin!(client.request(post(address, "/", "first")));
        assert!(poll_once(first.as_mut()).await.is_none());
        let answer = client.request(post(address, "/", "second")).await.unwrap();
        assert_eq!(text(answer).await, "second");
    }));
}

async fn yield_until(done: impl Fn() -> bool) {
    while !done() {
        yield_now().await;
    }
}

#[test]
fn what_cannot_be_asked_is_said() {
    run(async {
        let client = client_of(Protocol::Http1);
        let ask = async |uri: &str| client.get(uri.parse().unwrap()).await.unwrap_err();
        assert!(matches!(ask("/path").await, ClientError::Uri(_)));
        let error = ask("https://localhost/").await;
        assert!(
            matches!(error, ClientError::Connect(_)) && error.to_string().contains("connector")
        );
        // A port that nobody listens at.
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let error = ask(&format!("http://{address}/")).await;
        assert!(error.to_string().contains("refused"), "{error}");
        let error = ask("http://name.invalid/").await;
        assert!(matches!(error, ClientError::Connect(_)), "{error}");
    });
}

#[test]
fn a_response_that_takes_too_long_is_given_up() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let never = service_fn(|_: Request<Incoming>| std::future::pending::<Answer>());
        let server = create_task(serve(listener, never).into_future());
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let response_timeout = Some(Duration::from_millis(30));
            let options = ClientOptions { protocol, response_timeout, ..ClientOptions::default() };
            let client = Client::<Full<Bytes>>::with_options(options);
            let error = client.request(post(address, "/", "")).await.unwrap_err();
            assert!(matches!(error, ClientError::TooSlow), "{protocol:?}: {error}");
        }
        server.cancelled().await;
    });
}

/// A server that answers half and goes away.
#[test]
fn an_answer_that_breaks_off_is_an_error() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = create_task(async move {
            for answer in [
                "HTTP/1.1 200 OK\r\nconte",
                "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
                "what?\r\n\r\n",
            ] {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 1000]).await.unwrap();
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
        });
        let client = client_of(Protocol::Http1);
        let ask = async || client.request(post(address, "/", "")).await;
        assert!(matches!(ask().await.unwrap_err(), ClientError::Http(_)));
        let half = ask().await.unwrap().into_body().collect().await.unwrap_err();
        assert!(half.is_incomplete_message() || half.is_body_write_aborted() || !half.is_user());
        assert!(matches!(ask().await.unwrap_err(), ClientError::Http(_)));
        server.await;
    });
}

#[test]
fn the_host_is_named_once() {
    let service = service_fn(|request: Request<Incoming>| async move {
        let hosts: Vec<_> = request.headers().get_all("host").iter().collect();
        let said = format!("{:?} {}", hosts, request.uri());
        Answer::Ok(Response::new(said.into()))
    });
    run(with_server(quick(), service, async |address| {
        let named = format!("http://user:password@{address}/path?query");
        let bare = format!("http://{address}");
        let ask = async |protocol, uri: &str| {
            text(client_of(protocol).get(uri.parse().unwrap()).await.unwrap()).await
        };
        let host = format!("[{:?}]", address.to_string());
        assert_eq!(ask(Protocol::Http1, &named).await, format!("{host} /path?query"));
        assert_eq!(ask(Protocol::Http1, &bare).await, format!("{host} /"));
        // HTTP/2 names it in the URI; a password is nobody's there.
        assert_eq!(ask(Protocol::Http2, &named).await, format!("[] http://{address}/path?query"));
        assert_eq!(ask(Protocol::Http2, &bare).await, format!("[] http://{address}/"));
    }));
}

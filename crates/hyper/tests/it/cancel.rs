//! Every call that waits is dropped while it waits: nothing is lost that was promised, and nothing is left.

use std::convert::Infallible;
use std::future::{IntoFuture, pending, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use evenkeel::net::{BindOptions, TcpListener, TcpStream, UnixListener, UnixStream};
use evenkeel::{Options, Runner, create_task, oneshot, sleep, timeout};
use evenkeel_hyper::{
    Client, ClientOptions, Connect, ConnectTcp, ConnectWith, Handshake, HyperTimer, Listener,
    Plain, Protocol, ServeOptions, serve,
};
use futures_lite::future::poll_once;
use futures_lite::{AsyncReadExt, AsyncWriteExt, StreamExt};
use http_body_util::{Full, StreamBody};
use hyper::body::{Buf, Bytes, Frame, Incoming};
use hyper::rt::Timer;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};

use crate::support::{
    PATIENCE, Token, client_of, echo, held_by, holders, post, quick, rest, stuck, text, with_server,
};

/// Time enough to come to where one waits.
const A_MOMENT: Duration = Duration::from_millis(30);

const BOTH: [Protocol; 2] = [Protocol::Http1, Protocol::Http2];

/// Runs `main` on one worker and on two, each of which leaves nothing.
fn leaves_nothing(main: impl AsyncFn()) {
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        runner.run(async { timeout(PATIENCE, main()).await.expect("it hangs") });
        let left = runner.close();
        assert!(left.is_empty(), "{workers} workers: {left}");
    }
}

/// Polls `future` so often at most, then drops it; its answer, if it had one by then.
async fn dropped_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|cx| {
        polled += 1;
        match future.as_mut().poll(cx) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending if polled == polls => Poll::Ready(None),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

async fn slow(request: Request<Incoming>) -> crate::support::Answer {
    sleep(Duration::from_millis(1)).await;
    echo(request).await
}

#[test]
fn a_request_dropped_at_any_step_is_no_other_ones_trouble() {
    for protocol in BOTH {
        for is_kept in [false, true] {
            leaves_nothing(async || {
                let (_, served) = with_server(quick(), service_fn(slow), async |address| {
                    for polls in 1.. {
                        let client = client_of(protocol);
                        let ask = async |what: String| {
                            let answer = client.request(post(address, "/", what.clone())).await;
                            assert_eq!(text(answer.unwrap()).await, what, "{protocol:?} {polls}");
                        };
                        if is_kept {
                            ask("first".to_owned()).await;
                        }
                        let dropped = client.request(post(address, "/", "dropped"));
                        let whole = dropped_after(polls, dropped).await;
                        for n in 0..3 {
                            ask(n.to_string()).await;
                        }
                        if let Some(answer) = whole {
                            answer.unwrap();
                            return;
                        }
                    }
                })
                .await;
                assert_eq!(served.cancelled, 0);
            });
        }
    }
}

/// The head of a request, which has no body.
async fn head(mut stream: &TcpStream) -> String {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).await.unwrap();
        heard.push(byte[0]);
    }
    String::from_utf8(heard).unwrap()
}

async fn answer(mut stream: &TcpStream, body: &str) -> io::Result<()> {
    let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    stream.write_all(whole.as_bytes()).await
}

#[test]
fn a_kept_connection_that_was_within_a_request_is_not_used_again() {
    leaves_nothing(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = client_of(Protocol::Http1);
        let ask = |path: &str| {
            let (client, uri) = (client.clone(), format!("http://{address}{path}"));
            create_task(async move { text(client.get(uri.parse().unwrap()).await.unwrap()).await })
        };
        let whole = ask("/whole");
        let (one, _) = listener.accept().await.unwrap();
        assert!(head(&one).await.starts_with("GET /whole "));
        answer(&one, "kept").await.unwrap();
        assert_eq!(whole.await, "kept");
        assert_eq!(client.connections(), 1);

        let dropped = ask("/dropped");
        assert!(head(&one).await.starts_with("GET /dropped "), "on the kept one");
        assert!(dropped.cancelled().await.is_none());
        assert_eq!(client.connections(), 0);
        // It hangs up, and hears nothing any more.
        assert_eq!(rest(&one).await, "");
        let _ = answer(&one, "wrong").await;

        let next = ask("/next");
        let (two, _) = listener.accept().await.unwrap();
        assert!(head(&two).await.starts_with("GET /next "));
        answer(&two, "right").await.unwrap();
        assert_eq!(next.await, "right");
    });
}

/// The other requests on its connection must not hear of it, and the server must.
#[test]
fn a_dropped_request_of_http2_ends_its_stream_alone() {
    leaves_nothing(async || {
        let token = Token::default();
        let held = Token::clone(&token);
        let service = service_fn(move |request: Request<Incoming>| {
            let held = Token::clone(&held);
            async move {
                if request.uri().path() == "/never" {
                    let _held = held;
                    pending::<()>().await;
                }
                echo(request).await
            }
        });
        let (_, served) = with_server(quick(), service, async |address| {
            let client = client_of(Protocol::Http2);
            let before = client.request(post(address, "/", "before")).await.unwrap();
            assert_eq!(text(before).await, "before");
            let idle = holders(&token);
            let never = format!("http://{address}/never").parse().unwrap();
            assert!(timeout(A_MOMENT, client.get(never)).await.is_err());
            held_by(&token, idle).await;
            let after = client.request(post(address, "/", "after")).await.unwrap();
            assert_eq!(text(after).await, "after");
        })
        .await;
        assert_eq!((served.cancelled, served.failed), (0, 0));
    });
}

/// One piece of a body, which tells how long it is kept.
struct Piece(Bytes, #[expect(dead_code, reason = "held")] Token);

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.0.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.0.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.0.advance(count);
    }
}

/// A large body in one piece, or one that never ends.
fn large(token: &Token, pieces: usize) -> BoxedBody {
    let token = Token::clone(token);
    let pieces = futures_lite::stream::iter(0..pieces).map(move |_| {
        let piece = Piece(Bytes::from_static(&[7; LARGE]), Token::clone(&token));
        Ok::<_, Infallible>(Frame::data(piece))
    });
    StreamBody::new(pieces.boxed())
}

const LARGE: usize = 20_000_000;

type BoxedBody = StreamBody<futures_lite::stream::Boxed<Result<Frame<Piece>, Infallible>>>;

/// Nobody reads the body. hyper has a piece in hand that would never be sent.
#[test]
fn a_request_dropped_while_its_body_is_sent_sends_no_more_of_it() {
    for pieces in [1, usize::MAX] {
        leaves_nothing(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let client = Client::<BoxedBody>::new();
            let token = Token::default();
            let uri = format!("http://{address}/");
            let request = client.request(Request::post(uri).body(large(&token, pieces)).unwrap());
            assert!(timeout(A_MOMENT, request).await.is_err());
            assert_eq!(client.connections(), 0);
            held_by(&token, 0).await;
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard).await;
            assert!(heard.starts_with(b"POST / ") && heard.len() < LARGE, "it hung up");
        });
    }
}

/// Its stream alone is reset: the server drops the request, and the connection serves others.
#[test]
fn a_request_of_http2_dropped_while_its_body_is_sent_sends_no_more_of_it() {
    for pieces in [1, usize::MAX] {
        leaves_nothing(async || {
            let (kept, token) = (Token::default(), Token::default());
            let held = Token::clone(&kept);
            let service = service_fn(move |request: Request<Incoming>| {
                let held = Token::clone(&held);
                async move {
                    if request.uri().path() == "/never" {
                        let _held = (held, request);
                        pending::<()>().await;
                    }
                    Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("ahoy")))
                }
            });
            let (_, served) = with_server(quick(), service, async |address| {
                let options =
                    ClientOptions { protocol: Protocol::Http2, ..ClientOptions::default() };
                let client = Client::<BoxedBody>::with_options(options);
                let ask = async |path: &str, pieces| {
                    let uri = format!("http://{address}{path}");
                    let body = large(&token, pieces);
                    client.request(Request::post(uri).body(body).unwrap()).await
                };
                assert_eq!(text(ask("/", 0).await.unwrap()).await, "ahoy");
                let idle = holders(&kept);
                assert!(timeout(A_MOMENT, ask("/never", pieces)).await.is_err());
                held_by(&token, 0).await;
                held_by(&kept, idle).await;
                assert_eq!(text(ask("/", 0).await.unwrap()).await, "ahoy");
            })
            .await;
            assert_eq!((served.accepted, served.failed, served.cancelled), (1, 0, 0));
        });
    }
}

#[test]
fn a_request_dropped_while_it_connects_gives_that_up() {
    leaves_nothing(async || {
        let token = Token::default();
        let held = Token::clone(&token);
        let connector = ConnectWith(move |_: Uri| {
            let held = Token::clone(&held);
            async move {
                let _held = held;
                pending::<io::Result<TcpStream>>().await
            }
        });
        let uri: Uri = "http://nowhere/".parse().unwrap();
        let connecting = holders(&token);
        assert!(timeout(A_MOMENT, connector.connect(&uri)).await.is_err());
        assert_eq!(holders(&token), connecting);
        let client = Client::<Full<Bytes>, _>::with_connector(ClientOptions::default(), connector);
        assert!(timeout(A_MOMENT, client.get(uri)).await.is_err());
        assert_eq!(client.connections(), 0);
        drop(client);
        assert_eq!(holders(&token), 0);
    });
}

#[test]
fn a_dropped_attempt_to_connect_leaves_no_socket() {
    leaves_nothing(async || {
        // The kernel answers nobody any more when the backlog is full.
        let few = BindOptions { backlog: 1, ..BindOptions::default() };
        let local: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let listener = TcpListener::bind_with(local, few).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let by_number: Uri = format!("http://127.0.0.1:{port}/").parse().unwrap();
        let mut full = Vec::new();
        while let Ok(connected) = timeout(A_MOMENT, ConnectTcp.connect(&by_number)).await {
            full.push(connected.unwrap());
            assert!(full.len() < 100, "a backlog without a limit");
        }
        // While its name is looked up, too.
        let by_name: Uri = format!("http://localhost:{port}/").parse().unwrap();
        assert!(dropped_after(1, ConnectTcp.connect(&by_name)).await.is_none());
        drop(full);
        // There is room again, when those who were there before have been accepted.
        let accepting = async { while listener.accept().await.is_ok() {} };
        let connected = futures_lite::future::or(
            async { Some(ConnectTcp.connect(&by_number).await.unwrap()) },
            async {
                accepting.await;
                None
            },
        );
        assert!(connected.await.is_some());
    });
}

/// A server's accept is dropped whenever it is stopped, and by whoever races it.
async fn every_connection_is_accepted<L: Listener, S>(listener: L, connect: impl AsyncFn() -> S) {
    for _ in 0..20 {
        let mut waiting = Box::pin(listener.accept());
        assert!(poll_once(waiting.as_mut()).await.is_none(), "one that was accepted before");
        let _client = connect().await;
        drop(waiting);
        listener.accept().await.unwrap();
    }
    // Dropped in a race with the connection's coming.
    let mut accepted = 0;
    for polls in 1..=20 {
        let (first, _client) =
            futures_lite::future::zip(dropped_after(1 + polls % 2, listener.accept()), connect())
                .await;
        let accept = if first.is_some() { None } else { Some(listener.accept().await.unwrap()) };
        accepted += usize::from(first.is_some() || accept.is_some());
        assert!(dropped_after(1, listener.accept()).await.is_none(), "accepted twice");
    }
    assert_eq!(accepted, 20);
}

#[test]
fn a_dropped_accept_loses_no_connection() {
    leaves_nothing(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connect = async || TcpStream::connect(address).await.unwrap();
        every_connection_is_accepted(listener, connect).await;

        let name = format!("evenkeel-hyper-cancel-{}.sock", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        every_connection_is_accepted(listener, async || UnixStream::connect(&path).await.unwrap())
            .await;
        let _ = std::fs::remove_file(&path);
    });
}

/// That the client of a server which is gone reads its end.
async fn ends(stream: &TcpStream) {
    assert_eq!(rest(stream).await, "");
}

async fn is_refused(address: SocketAddr) {
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[test]
fn a_server_dropped_while_it_accepts_is_gone_with_its_connections() {
    for protocol in BOTH {
        for connections in [10_000, 1] {
            leaves_nothing(async || {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let address = listener.local_addr().unwrap();
                let token = Token::default();
                let client = client_of(protocol);
                let asks =
                    create_task(
                        async move { client.request(post(address, "/", "")).await.is_err() },
                    );
                let options = ServeOptions { connections, ..quick() };
                let server = serve(listener, stuck(&token)).with_options(options);
                // It waits for a connection, or for the place of the one that it has.
                let served = timeout(2 * A_MOMENT, async {
                    let held = async {
                        held_by(&token, 3).await;
                        pending().await
                    };
                    futures_lite::future::or(server.into_future(), held).await
                });
                assert!(served.await.is_err());
                assert_eq!(holders(&token), 0, "{protocol:?}: gone before its owner goes on");
                is_refused(address).await;
                assert!(asks.await);
            });
        }
    }
}

#[test]
fn a_server_dropped_while_it_waits_for_its_last_requests_is_gone_with_them() {
    for protocol in BOTH {
        leaves_nothing(async || {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let token = Token::default();
            let client = client_of(protocol);
            let asks =
                create_task(async move { client.request(post(address, "/", "")).await.is_err() });
            let (stop, stopped) = oneshot::<()>();
            let server = serve(listener, stuck(&token)).with_graceful_shutdown(stopped);
            let server = create_task(server.into_future());
            while holders(&token) < 2 {
                sleep(Duration::from_millis(1)).await;
            }
            sleep(A_MOMENT).await;
            drop(stop);
            sleep(A_MOMENT).await;
            is_refused(address).await; // it waits for the request now
            assert!(holders(&token) > 0);
            assert!(server.cancelled().await.is_none());
            assert_eq!(holders(&token), 0);
            assert!(asks.await);
        });
    }
}

#[test]
fn a_handshake_that_is_dropped_takes_its_connection_along() {
    leaves_nothing(async || {
        for header_timeout in [None, Some(A_MOMENT)] {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let token = Token::default();
            let held = Token::clone(&token);
            let options = ServeOptions { header_timeout, ..quick() };
            let server = serve(listener, service_fn(echo)).with_options(options).with_handshake(
                move |stream: TcpStream| {
                    let held = Token::clone(&held);
                    async move {
                        let _held = (held, stream);
                        pending::<io::Result<TcpStream>>().await
                    }
                },
            );
            let server = create_task(server.into_future());
            let before = holders(&token);
            let client = TcpStream::connect(address).await.unwrap();
            if header_timeout.is_some() {
                ends(&client).await;
                held_by(&token, before).await;
            } else {
                sleep(A_MOMENT).await;
            }
            assert!(server.cancelled().await.is_none());
            assert_eq!(holders(&token), 0);
            ends(&client).await;
        }
        // None at all: it does not wait, and has the stream all the same.
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        drop(Plain.shake(ours));
        assert_eq!(theirs.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn a_dropped_sleep_leaves_no_timer() {
    let long = Duration::from_secs(3600);
    leaves_nothing(async || {
        for _ in 0..100 {
            let mut sleep = HyperTimer.sleep(long);
            assert!(poll_once(sleep.as_mut()).await.is_none());
            HyperTimer.reset(&mut sleep, HyperTimer.now() + 2 * long);
            assert!(poll_once(sleep.as_mut()).await.is_none());
        }
    });
    // One that is carried out of its run is told.
    let mut runner = Runner::new(Options::default()).unwrap();
    let mut carried = None;
    runner.run(async {
        let sleep = carried.insert(HyperTimer.sleep(long));
        assert!(poll_once(sleep.as_mut()).await.is_none());
    });
    assert_eq!(runner.close().timers, 1);
    drop(carried);
}

#[cfg(feature = "tower")]
mod tower {
    //! Calls of tower's services.

    use std::convert::Infallible;
    use std::future::pending;
    use std::task::{Context, Poll};

    use evenkeel::timeout;
    use evenkeel_hyper::{TowerService, timeout_layer};
    use futures_lite::future::Boxed;
    use tower_layer::Layer;
    use tower_service::Service;

    use super::{A_MOMENT, PATIENCE, Token, holders, leaves_nothing};

    /// Waits to be ready, or in its call.
    #[derive(Clone)]
    struct Stuck {
        is_ready: bool,
        _held: Token,
    }

    impl Service<Token> for Stuck {
        type Response = ();
        type Error = Infallible;
        type Future = Boxed<Result<(), Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            if self.is_ready { Poll::Ready(Ok(())) } else { Poll::Pending }
        }

        fn call(&mut self, request: Token) -> Self::Future {
            Box::pin(async move {
                let _request = request;
                pending().await
            })
        }
    }

    #[test]
    fn a_dropped_call_drops_what_it_waits_for() {
        leaves_nothing(async || {
            let token = Token::default();
            for is_ready in [false, true] {
                let stuck = Stuck { is_ready, _held: Token::clone(&token) };
                let service = TowerService::new(stuck.clone());
                let call = hyper::service::Service::call(&service, Token::clone(&token));
                assert!(timeout(A_MOMENT, call).await.is_err());
                assert_eq!(holders(&token), 2, "the two services");

                let mut limited = timeout_layer(PATIENCE).layer(stuck);
                let call = limited.call(Token::clone(&token));
                assert!(timeout(A_MOMENT, call).await.is_err());
                drop((service, limited));
                assert_eq!(holders(&token), 0);
            }
        });
    }
}

//! A server to talk to, words to say to it, and a token that tells who is still there.

use std::convert::Infallible;
use std::future::pending;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{create_task, oneshot, sleep, timeout};
use evenkeel_hyper::{
    Client, ClientOptions, HttpService, Protocol, ServeOptions, ServeStatistics, serve,
};
use futures_lite::AsyncReadExt;
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};

/// How long anything here may take before it counts as hanging.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) type Answer = Result<Response<Full<Bytes>>, Infallible>;

/// Says back what it is told, or the path if it is told nothing.
pub(crate) async fn echo(request: Request<Incoming>) -> Answer {
    let path = Bytes::from(request.uri().path().to_owned());
    let body = request.into_body().collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    Ok(Response::new(Full::new(if body.is_empty() { path } else { body })))
}

/// Serves while `body` runs, then ends in order; what both answered.
pub(crate) async fn with_server<S: HttpService + Clone, R>(
    options: ServeOptions,
    service: S,
    body: impl AsyncFnOnce(SocketAddr) -> R,
) -> (R, ServeStatistics) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::<()>();
    let server = serve(listener, service).with_options(options).with_graceful_shutdown(stopped);
    let server = create_task(server.into_future());
    let answer = timeout(PATIENCE, body(address)).await.expect("the client hangs");
    drop(stop);
    let served = timeout(PATIENCE, server).await.expect("the server hangs").expect("it listens");
    (answer, served)
}

/// A server that ends quickly.
pub(crate) fn quick() -> ServeOptions {
    ServeOptions { grace: Duration::from_secs(5), ..ServeOptions::default() }
}

pub(crate) fn client_of(protocol: Protocol) -> Client<Full<Bytes>> {
    Client::with_options(ClientOptions { protocol, ..ClientOptions::default() })
}

pub(crate) fn post(
    address: SocketAddr,
    path: &str,
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let uri = format!("http://{address}{path}");
    Request::post(uri).body(Full::new(body.into())).unwrap()
}

pub(crate) async fn text(response: Response<Incoming>) -> String {
    let body = response.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.to_vec()).unwrap()
}

/// All that comes until the end; a reset is an end.
pub(crate) async fn rest(mut stream: &TcpStream) -> String {
    let mut heard = Vec::new();
    match stream.read_to_end(&mut heard).await {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
        Err(error) => panic!("{error}"),
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// One response with a content-length, and no more.
pub(crate) async fn response(mut stream: &TcpStream) -> String {
    let mut heard = Vec::new();
    let mut byte = [0];
    while !heard.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).await.unwrap();
        heard.push(byte[0]);
    }
    let head = String::from_utf8(heard).unwrap();
    let length = head.to_lowercase();
    let length = length.split("content-length: ").nth(1).unwrap().lines().next().unwrap();
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).await.unwrap();
    head + std::str::from_utf8(&body).unwrap()
}

/// What a future holds: given back when it is gone.
pub(crate) type Token = Arc<()>;

pub(crate) fn holders(token: &Token) -> usize {
    Arc::strong_count(token) - 1
}

/// Until so many hold it.
pub(crate) async fn held_by(token: &Token, many: usize) {
    while holders(token) != many {
        sleep(Duration::from_millis(1)).await;
    }
}

/// A service that never answers; who waits in it holds `token`.
pub(crate) fn stuck(token: &Token) -> impl HttpService + Clone + use<> {
    let token = Token::clone(token);
    service_fn(move |request: Request<Incoming>| {
        let held = Token::clone(&token);
        async move {
            let _held = (held, request);
            pending::<Answer>().await
        }
    })
}

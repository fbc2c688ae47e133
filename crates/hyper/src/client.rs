//! A small client: connections are made, kept and shared per host.

mod connect;
mod error;
mod pool;
mod sender;

pub use connect::{Connect, ConnectTcp, ConnectWith};
pub use error::ClientError;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::{create_task, timeout, yield_now};
use hyper::body::{Body, Incoming};
use hyper::header::{HOST, HeaderValue};
use hyper::http::uri::PathAndQuery;
use hyper::rt::Executor;
use hyper::{Method, Request, Response, Uri, Version, client::conn};

use self::pool::{Key, Pool};
use self::sender::{Connection, Sender};
use crate::{BoxError, HyperExecutor, HyperTimer, Protocol};

/// How a client asks; see [`Client::with_options`].
#[derive(Clone, Debug)]
pub struct ClientOptions {
    /// HTTP/1.1 ([`Auto`](Protocol::Auto) too), or HTTP/2 unasked. A client speaks one of them.
    pub protocol: Protocol,
    /// How long connecting may take, name, handshake and all. A request of HTTP/2 that finds another's attempt
    /// under way waits as long for that, and then makes its own.
    pub connect_timeout: Duration,
    /// How long a request may take until the head of its response is here, connecting included. `None`: for
    /// ever. What the body takes is bounded by whoever reads it.
    pub response_timeout: Option<Duration>,
    /// How long a connection is kept that nobody uses. Longer than the server keeps it is in vain.
    pub idle_timeout: Duration,
    /// Idle connections kept for one host, at most. With 0 none is kept.
    pub idle_per_host: usize,
}

impl Default for ClientOptions {
    /// HTTP/1.1; 10 s to connect, 30 s to answer; 32 connections per host, kept for 20 s.
    fn default() -> ClientOptions {
        ClientOptions {
            protocol: Protocol::Auto,
            connect_timeout: Duration::from_secs(10),
            response_timeout: Some(Duration::from_secs(30)),
            idle_timeout: Duration::from_secs(20),
            idle_per_host: 32,
        }
    }
}

/// Asks servers, and keeps connections for the next request.
///
/// A clone is the same client, with the same connections. Each connection is a task of the loop that the
/// request was made on; it ends when the connection does.
///
/// It does `http://`; for TLS bring a [connector](Client::with_connector). It follows no redirects, keeps
/// no cookies and decodes nothing. A request that a kept connection turned out to be unfit for, before any
/// of it was sent, is made again on another.
///
/// ```no_run
/// use evenkeel_hyper::Client;
/// use http_body_util::{BodyExt, Empty};
/// use hyper::body::Bytes;
///
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// let client: Client<Empty<Bytes>> = Client::new();
/// let response = client.get("http://127.0.0.1:8080/".parse()?).await?;
/// let body = response.into_body().collect().await?.to_bytes();
/// # drop(body); Ok(()) }
/// ```
pub struct Client<B, C = ConnectTcp> {
    connector: C,
    options: Arc<ClientOptions>,
    pool: Pool<B>,
}

impl<B: Send + 'static> Client<B> {
    /// One for `http://`, with the default [`ClientOptions`].
    #[must_use]
    pub fn new() -> Client<B> {
        Client::with_options(ClientOptions::default())
    }

    /// One for `http://`.
    #[must_use]
    pub fn with_options(options: ClientOptions) -> Client<B> {
        Client::with_connector(options, ConnectTcp)
    }
}

impl<B: Send + 'static> Default for Client<B> {
    fn default() -> Client<B> {
        Client::new()
    }
}

impl<B: Send + 'static, C: Connect> Client<B, C> {
    /// One whose connections `connector` makes: [`ConnectWith`] takes a function, for TLS or for a socket
    /// of another kind.
    #[must_use]
    pub fn with_connector(options: ClientOptions, connector: C) -> Client<B, C> {
        let pool = Pool::new(options.idle_timeout, options.idle_per_host);
        Client { connector, options: Arc::new(options), pool }
    }

    /// Connections that are kept: idle ones, and those in use.
    pub fn connections(&self) -> usize {
        self.pool.len()
    }
}

impl<B, C> Client<B, C>
where
    B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
    C: Connect,
{
    /// Asks for `uri`, without a body.
    ///
    /// # Cancellation
    ///
    /// Data may be lost: as [`request`](Client::request).
    ///
    /// # Errors
    ///
    /// As [`request`](Client::request).
    pub async fn get(&self, uri: Uri) -> Result<Response<Incoming>, ClientError>
    where
        B: Default,
    {
        let mut request = Request::new(B::default());
        *request.uri_mut() = uri;
        self.request(request).await
    }

    /// Makes a request, whose URI must be whole (`http://host/path`), and waits for the response's head.
    ///
    /// # Cancellation
    ///
    /// Data may be lost: the server may have seen the request, or a part of it. No more of its body is sent:
    /// its connection is closed (HTTP/1), or its stream reset (HTTP/2).
    ///
    /// # Errors
    ///
    /// What [`ClientError`] lists. A status of 400 or 500 is none.
    pub async fn request(&self, request: Request<B>) -> Result<Response<Incoming>, ClientError> {
        let sent = self.send(request);
        match self.options.response_timeout {
            None => sent.await,
            Some(limit) => timeout(limit, sent).await.unwrap_or(Err(ClientError::TooSlow)),
        }
    }

    async fn send(&self, mut request: Request<B>) -> Result<Response<Incoming>, ClientError> {
        if request.method() == Method::CONNECT {
            return Err(ClientError::Uri("CONNECT wants a connection of its own"));
        }
        let whole = request.uri().clone();
        let key = Key::of(&whole)?;
        loop {
            let (mut sender, was_kept) = match self.kept(&key).await {
                Some(sender) => (sender, true),
                None => self.made(&key, &whole).await?,
            };
            match &sender {
                Sender::Http1(..) => to_http1(&mut request, &whole, &key),
                Sender::Http2(_) => to_http2(&mut request, &key),
            }
            match sender.send(request).await {
                Ok(response) => {
                    self.pool.put(key, sender);
                    return Ok(response);
                }
                Err(mut error) => match error.take_message() {
                    // It was closed while it lay idle.
                    Some(again) if was_kept => {
                        request = again;
                        *request.uri_mut() = whole.clone();
                    }
                    _ => return Err(ClientError::Http(error.into_error())),
                },
            }
        }
    }

    /// A kept connection that is free.
    async fn kept(&self, key: &Key) -> Option<Sender<B>> {
        if let Some(sender) = self.pool.take(key) {
            return Some(sender);
        }
        // One whose response was read to its end a moment ago is about to say that it is free.
        if self.pool.has(key) {
            yield_now().await;
        }
        self.pool.take(key)
    }

    /// A new connection; or, of HTTP/2, the one that another request was just making (and true): one carries
    /// them all. That is waited for once, so what goes wrong with it holds up nobody twice.
    async fn made(&self, key: &Key, uri: &Uri) -> Result<(Sender<B>, bool), ClientError> {
        let is_shared = self.options.protocol == Protocol::Http2 && self.options.idle_per_host > 0;
        let _connecting = match is_shared.then(|| self.pool.begin(key)) {
            Some(Err(theirs)) => {
                // Its maker may not be polled any more: no longer than it may take.
                let _ = timeout(self.options.connect_timeout, theirs.wait()).await;
                match self.pool.take(key) {
                    Some(sender) => return Ok((sender, true)),
                    None => None,
                }
            }
            ours => ours.and_then(Result::ok),
        };
        Ok((self.connect(key, uri).await?, false))
    }

    async fn connect(&self, key: &Key, uri: &Uri) -> Result<Sender<B>, ClientError> {
        let connected = timeout(self.options.connect_timeout, async {
            let io = self.connector.connect(uri).await.map_err(ClientError::Connect)?;
            let sender = match self.options.protocol {
                Protocol::Http2 => {
                    let mut builder = conn::http2::Builder::new(HyperExecutor::new());
                    builder.timer(HyperTimer);
                    let (sender, connection) =
                        builder.handshake(io).await.map_err(ClientError::Http)?;
                    HyperExecutor::new().execute(connection);
                    Sender::Http2(sender)
                }
                _ => {
                    let (sender, connection) =
                        conn::http1::handshake(io).await.map_err(ClientError::Http)?;
                    let task = create_task(connection.with_upgrades());
                    Sender::Http1(sender, Connection::new(task))
                }
            };
            Ok(sender)
        });
        let sender = connected.await.unwrap_or(Err(ClientError::TooSlow))?;
        // One of HTTP/2 carries many requests at a time: others may have it now.
        if let Some(shared) = sender.shared() {
            self.pool.put(key.clone(), shared);
        }
        Ok(sender)
    }
}

/// HTTP/1 names the host in a header, and only the path in its first line.
fn to_http1<B>(request: &mut Request<B>, whole: &Uri, key: &Key) {
    if !request.headers().contains_key(HOST) {
        if let Ok(host) = HeaderValue::from_str(key.host()) {
            request.headers_mut().insert(HOST, host);
        }
    }
    let path = whole.path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
}

/// HTTP/2 names it in the URI, without the name and password that may stand before it (RFC 9113, 8.3.1).
fn to_http2<B>(request: &mut Request<B>, key: &Key) {
    *request.version_mut() = Version::HTTP_2;
    if !request.uri().authority().is_some_and(|authority| authority.as_str().contains('@')) {
        return;
    }
    let mut parts = std::mem::take(request.uri_mut()).into_parts();
    parts.authority = key.host().parse().ok();
    *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
}

impl<B, C: Clone> Clone for Client<B, C> {
    fn clone(&self) -> Client<B, C> {
        Client {
            connector: self.connector.clone(),
            options: Arc::clone(&self.options),
            pool: self.pool.clone(),
        }
    }
}

impl<B, C> fmt::Debug for Client<B, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("options", &self.options).finish_non_exhaustive()
    }
}

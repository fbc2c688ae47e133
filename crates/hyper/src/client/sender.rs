//! The end of a connection that takes requests, of either version.

use evenkeel::Task;
use hyper::body::{Body, Incoming};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Request, Response};

/// Takes requests for a connection; the connection ends when nobody holds it any more.
pub(super) enum Sender<B> {
    Http1(http1::SendRequest<B>, Connection),
    Http2(http2::SendRequest<B>),
}

/// The task of a connection of HTTP/1. Let go of, it goes on until its last response was read.
pub(super) struct Connection(Option<Task<hyper::Result<()>>>);

impl Connection {
    pub(super) fn new(task: Task<hyper::Result<()>>) -> Connection {
        Connection(Some(task))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(task) = self.0.take() {
            task.detach();
        }
    }
}

/// Ends a connection whose request is dropped. hyper would send first what it has taken of the body, which
/// may be all of it, and so for ever to a server that does not read.
struct Cut<'a>(Option<&'a Connection>);

impl Drop for Cut<'_> {
    fn drop(&mut self) {
        if let Some(Connection(Some(task))) = self.0 {
            task.cancel();
        }
    }
}

impl<B> Sender<B> {
    /// Whether a request would be sent now. One of HTTP/1 is busy until its response was read.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Sender::Http1(sender, _) => sender.is_ready(),
            Sender::Http2(sender) => sender.is_ready(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Sender::Http1(sender, _) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// Another end of the same connection, if it can carry many requests at a time.
    pub(super) fn shared(&self) -> Option<Sender<B>> {
        match self {
            Sender::Http1(..) => None,
            Sender::Http2(sender) => Some(Sender::Http2(sender.clone())),
        }
    }
}

impl<B: Body + Unpin + Send + 'static> Sender<B> {
    /// Sends a request. On an error before any of it was sent, the error has it.
    ///
    /// # Cancellation
    ///
    /// Data may be lost: the server may have seen the request.
    pub(super) async fn send(
        &mut self,
        request: Request<B>,
    ) -> Result<Response<Incoming>, TrySendError<Request<B>>> {
        match self {
            Sender::Http1(sender, connection) => {
                let mut cut = Cut(Some(connection));
                let answered = sender.try_send_request(request).await;
                cut.0 = None;
                answered
            }
            // hyper resets the stream.
            Sender::Http2(sender) => sender.try_send_request(request).await,
        }
    }
}

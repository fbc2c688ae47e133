//! The end of a connection that takes requests, of either version.

use hyper::body::{Body, Incoming};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper::{Request, Response};

/// Takes requests for a connection; the connection ends when nobody holds it any more.
pub(super) enum Sender<B> {
    Http1(http1::SendRequest<B>),
    Http2(http2::SendRequest<B>),
}

impl<B> Sender<B> {
    /// Whether a request would be sent now. One of HTTP/1 is busy until its response was read.
    pub(super) fn is_free(&self) -> bool {
        match self {
            Sender::Http1(sender) => sender.is_ready(),
            Sender::Http2(sender) => sender.is_ready(),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        match self {
            Sender::Http1(sender) => sender.is_closed(),
            Sender::Http2(sender) => sender.is_closed(),
        }
    }

    /// Another end of the same connection, if it can carry many requests at a time.
    pub(super) fn shared(&self) -> Option<Sender<B>> {
        match self {
            Sender::Http1(_) => None,
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
            Sender::Http1(sender) => sender.try_send_request(request).await,
            Sender::Http2(sender) => sender.try_send_request(request).await,
        }
    }
}

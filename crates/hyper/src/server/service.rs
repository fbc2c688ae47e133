//! What a server needs of a service, in one trait; and where each connection gets its service from.

use hyper::body::{Body, Incoming};
use hyper::service::Service;
use hyper::{Request, Response};

use crate::BoxError;

/// A service of hyper's that connections can be served with: what is `Send`, and answers a body that is.
/// Implemented for all such; never by hand. `hyper::service::service_fn` makes one of a function, and
/// `TowerService` (feature `tower`) of a service of tower's.
pub trait HttpService:
    Service<
        Request<Incoming>,
        Response = Response<Self::ResponseBody>,
        Error: Into<BoxError>,
        Future: Send + 'static,
    > + Send
    + 'static
{
    /// The body it answers.
    type ResponseBody: Body<Data: Send, Error: Into<BoxError>> + Send + 'static;
}

impl<S, B> HttpService for S
where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: Body<Data: Send, Error: Into<BoxError>> + Send + 'static,
{
    type ResponseBody = B;
}

/// Where the service of a connection comes from: a clone of one for all, or a function of the client's
/// address.
pub trait MakeService<A>: Send + 'static {
    /// What serves a connection.
    type Service: HttpService;

    /// The service for a connection from `peer`.
    fn make(&mut self, peer: &A) -> Self::Service;
}

impl<A, S: HttpService + Clone> MakeService<A> for S {
    type Service = S;

    fn make(&mut self, _: &A) -> S {
        self.clone()
    }
}

/// One service for each connection; see [`serve_each`](crate::serve_each).
#[derive(Clone, Debug)]
pub struct MakeEach<F>(pub(super) F);

impl<A, F, S> MakeService<A> for MakeEach<F>
where
    F: FnMut(&A) -> S + Send + 'static,
    S: HttpService,
{
    type Service = S;

    fn make(&mut self, peer: &A) -> S {
        (self.0)(peer)
    }
}

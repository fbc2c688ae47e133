//! Services of tower, for hyper; a layer that limits time; and the client as a service.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel::TimeoutError;
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use crate::BoxError;

/// A service of tower as one of hyper: a router of axum or tonic, or a stack of layers.
///
/// Each request goes to a clone, when that is ready for it. tower's services are made to be cloned; a
/// limit of tower's own is shared by its clones.
///
/// ```ignore
/// let router = axum::Router::new().route("/", get(async || "ahoy"));
/// evenkeel_hyper::serve(listener, TowerService::new(router)).await
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TowerService<S> {
    service: S,
}

impl<S> TowerService<S> {
    /// Wraps a service.
    pub fn new(service: S) -> TowerService<S> {
        TowerService { service }
    }
}

impl<S, R> hyper::service::Service<R> for TowerService<S>
where
    S: Service<R> + Clone,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = TowerFuture<S, R>;

    fn call(&self, request: R) -> TowerFuture<S, R> {
        TowerFuture {
            step: Step::Readying { service: self.service.clone(), request: Some(request) },
        }
    }
}

pin_project! {
    /// The call of a [`TowerService`].
    ///
    /// # Cancellation
    ///
    /// Data may be lost: as the service's own.
    #[must_use = "futures do nothing unless awaited"]
    pub struct TowerFuture<S: Service<R>, R> {
        #[pin]
        step: Step<S, S::Future, R>,
    }
}

pin_project! {
    #[project = StepMut]
    enum Step<S, F, R> {
        Readying { service: S, request: Option<R> },
        Called { #[pin] future: F },
    }
}

impl<S: Service<R>, R> Future for TowerFuture<S, R> {
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut step = self.project().step;
        loop {
            match step.as_mut().project() {
                StepMut::Readying { service, request } => {
                    ready!(service.poll_ready(cx))?;
                    let request = request.take().expect("a call is made once");
                    let future = service.call(request);
                    step.set(Step::Called { future });
                }
                StepMut::Called { future } => return future.poll(cx),
            }
        }
    }
}

impl<S: Service<R>, R> fmt::Debug for TowerFuture<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TowerFuture")
    }
}

/// Limits how long a service of tower may take for a call: tower's own layer asks tokio for the time.
///
/// ```
/// use evenkeel_hyper::timeout_layer;
/// use std::time::Duration;
///
/// let layer = timeout_layer(Duration::from_secs(5)); // for a ServiceBuilder, or `Router::layer`
/// # let _ = layer;
/// ```
#[must_use]
pub fn timeout_layer(limit: Duration) -> TimeoutLayer {
    TimeoutLayer { limit }
}

/// What [`timeout_layer`] makes.
#[derive(Clone, Copy, Debug)]
pub struct TimeoutLayer {
    limit: Duration,
}

impl<S> Layer<S> for TimeoutLayer {
    type Service = TimeoutService<S>;

    fn layer(&self, service: S) -> TimeoutService<S> {
        TimeoutService { service, limit: self.limit }
    }
}

/// A service whose calls end in time: with its own answer, or with a [`TimeoutError`].
#[derive(Clone, Copy, Debug)]
pub struct TimeoutService<S> {
    service: S,
    limit: Duration,
}

impl<S, R> Service<R> for TimeoutService<S>
where
    S: Service<R>,
    S::Error: Into<BoxError>,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = TimeoutFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, request: R) -> TimeoutFuture<S::Future> {
        TimeoutFuture { future: evenkeel::timer::timeout(self.limit, self.service.call(request)) }
    }
}

pin_project! {
    /// A call of a [`TimeoutService`].
    ///
    /// # Cancellation
    ///
    /// Data may be lost: as the service's own.
    #[must_use = "futures do nothing unless awaited"]
    pub struct TimeoutFuture<F: Future> {
        #[pin]
        future: evenkeel::timer::Timeout<F>,
    }
}

impl<F, T, E> Future for TimeoutFuture<F>
where
    F: Future<Output = Result<T, E>>,
    E: Into<BoxError>,
{
    type Output = Result<T, BoxError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let in_time: Result<_, TimeoutError> = ready!(self.project().future.poll(cx));
        Poll::Ready(in_time.map_err(BoxError::from).and_then(|answer| answer.map_err(Into::into)))
    }
}

impl<F: Future> fmt::Debug for TimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TimeoutFuture")
    }
}

#[cfg(feature = "client")]
mod client {
    //! The client is a service: what tonic's clients, and layers of tower, ask.

    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    use hyper::body::{Body, Incoming};
    use hyper::{Request, Response};
    use tower_service::Service;

    use crate::{BoxError, Client, ClientError, Connect};

    impl<B, C> Service<Request<B>> for Client<B, C>
    where
        B: Body<Data: Send, Error: Into<BoxError>> + Send + Unpin + 'static,
        C: Connect,
    {
        type Response = Response<Incoming>;
        type Error = ClientError;
        type Future = Pin<Box<dyn Future<Output = Result<Response<Incoming>, ClientError>> + Send>>;

        /// Always: it has no limit of its own.
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ClientError>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<B>) -> Self::Future {
            let client = self.clone();
            Box::pin(async move { client.request(request).await })
        }
    }
}

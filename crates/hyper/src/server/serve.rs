//! The server: accepts, starts a child per connection, and at its end waits for them.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use evenkeel::{Semaphore, TaskGroup, channel, timeout};

use super::connection::Manner;
use super::handshake::{AcceptWith, Handshake, Plain};
use super::listener::{BackOff, Listener};
use super::options::{ServeOptions, Served, Tally};
use super::service::{MakeEach, MakeService};
use crate::HyperExecutor;
use crate::contained::Contained;

/// Serves HTTP on `listener`, each connection by a clone of `service`.
///
/// The answer is a builder; awaiting it serves. It ends by
/// [`with_graceful_shutdown`](Serve::with_graceful_shutdown), or when it is dropped. Connections are its
/// children: they run on all workers, and none is left when it is done.
///
/// ```
/// use evenkeel::net::TcpListener;
/// use evenkeel_hyper::serve;
/// use http_body_util::Full;
/// use hyper::body::{Bytes, Incoming};
/// use hyper::service::service_fn;
/// use hyper::{Request, Response};
/// use std::convert::Infallible;
///
/// async fn hello(_: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
///     Ok(Response::new(Full::from("ahoy")))
/// }
///
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let soon = evenkeel::sleep(std::time::Duration::from_millis(1)); // or Ctrl-C
///     let served = serve(listener, service_fn(hello)).with_graceful_shutdown(soon).await?;
///     assert_eq!((served.connections, served.cut), (0, 0));
///     Ok(())
/// })
/// # }
/// ```
///
/// # Cancellation
///
/// Data may be lost: connections are cut, requests under way with them. Whoever drops it inside a task
/// waits until they are gone.
pub fn serve<L: Listener, S: MakeService<L::Address>>(listener: L, service: S) -> Serve<L, S> {
    Serve {
        listener,
        make: service,
        handshake: Plain,
        stop: pending(),
        options: ServeOptions::default(),
    }
}

/// [`serve`], with a service made for each connection from its client's address.
pub fn serve_each<L, F, S>(listener: L, make: F) -> Serve<L, MakeEach<F>>
where
    L: Listener,
    F: FnMut(&L::Address) -> S + Send + 'static,
    MakeEach<F>: MakeService<L::Address>,
{
    serve(listener, MakeEach(make))
}

/// A server that begins when it is awaited; see [`serve`]. Its value is what it did
/// ([`Served`]), or the error of a listener that is none.
///
/// # Cancellation
///
/// Data may be lost: as [`serve`].
#[must_use = "a server does nothing unless it is awaited"]
pub struct Serve<L, M, H = Plain, G = Pending<()>> {
    listener: L,
    make: M,
    handshake: H,
    stop: G,
    options: ServeOptions,
}

impl<L, M, H, G> Serve<L, M, H, G> {
    /// Limits, and which protocol.
    pub fn with_options(self, options: ServeOptions) -> Serve<L, M, H, G> {
        Serve { options, ..self }
    }

    /// Ends the server when `stop` is ready: nobody is accepted any more, idle connections close, requests
    /// under way are answered; what takes longer than [`ServeOptions::drain`] is cut.
    pub fn with_graceful_shutdown<F: Future + Send + 'static>(self, stop: F) -> Serve<L, M, H, F> {
        let Serve { listener, make, handshake, stop: _, options } = self;
        Serve { listener, make, handshake, stop, options }
    }

    /// Has each connection begin with `accept`: TLS. It runs in the connection's task, and may take no
    /// longer than [`ServeOptions::header_timeout`].
    ///
    /// ```ignore
    /// let acceptor = futures_rustls::TlsAcceptor::from(config);
    /// serve(listener, service).with_handshake(move |stream| acceptor.accept(stream)).await
    /// ```
    pub fn with_handshake<F>(self, accept: F) -> Serve<L, M, AcceptWith<F>, G> {
        let Serve { listener, make, handshake: _, stop, options } = self;
        Serve { listener, make, handshake: AcceptWith(accept), stop, options }
    }
}

impl<L, M, H, G> Serve<L, M, H, G>
where
    L: Listener,
    M: MakeService<L::Address>,
    H: Handshake<L::Stream>,
    G: Future + Send + 'static,
{
    async fn run(self) -> io::Result<Served> {
        let tally = Arc::new(Tally::default());
        let counted = Arc::clone(&tally);
        let (mut served, mut failed) = (Served::default(), None);
        // It answers no error: children that panic are contained, and the body cancels it itself.
        let _ended = TaskGroup::<Infallible>::scope(async |group| {
            failed = self.accept_all(group, counted, &mut served).await.err();
            // What connections have left: the tasks of HTTP/2, and connections that are cut.
            group.cancel();
        })
        .await;
        let last = tally.served();
        match failed {
            Some(error) => Err(error),
            None => Ok(Served { cut: served.cut, ..last }),
        }
    }

    /// Accepts until it is stopped, then waits for those who were accepted.
    async fn accept_all(
        self,
        group: &TaskGroup<Infallible>,
        tally: Arc<Tally>,
        served: &mut Served,
    ) -> io::Result<()> {
        let Serve { listener, mut make, handshake, stop, options } = self;
        let manner = Arc::new(Manner::new(&options, HyperExecutor::in_group(group)));
        let places = Arc::new(Semaphore::new(options.connections));
        let mut stop = pin!(stop);
        let mut back_off = BackOff::new();
        // Closed when the last connection has gone.
        let (living, mut all_gone) = channel::<Infallible>(1);
        let outcome = loop {
            let next = async {
                let place = places.acquire_owned().await;
                (place, back_off.accept(&listener).await)
            };
            let Some((place, accepted)) = unless(stop.as_mut(), next).await else { break Ok(()) };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => break Err(error),
            };
            tally.accept();
            let service = make.make(&peer);
            let (manner, handshake) = (Arc::clone(&manner), handshake.clone());
            let (tally, living, on_error) =
                (Arc::clone(&tally), living.clone(), options.on_error.clone());
            group.create_task(Contained::new(async move {
                let ended = manner.serve(stream, handshake, service).await;
                tally.end(ended.is_err());
                if let (Err(error), Some(hook)) = (&ended, &on_error) {
                    hook.call(error);
                }
                drop((place, living));
            }));
        };
        drop((listener, living));
        manner.stop.set();
        // Nobody sends: it ends by being closed.
        let drained = timeout(options.drain, all_gone.recv()).await;
        if drained.is_err() {
            *served = tally.served();
        }
        outcome
    }
}

/// `next`, unless `stop` is ready first.
async fn unless<G: Future, F: Future>(mut stop: Pin<&mut G>, next: F) -> Option<F::Output> {
    let mut next = pin!(next);
    poll_fn(|cx| match stop.as_mut().poll(cx) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => next.as_mut().poll(cx).map(Some),
    })
    .await
}

impl<L, M, H, G> IntoFuture for Serve<L, M, H, G>
where
    L: Listener,
    M: MakeService<L::Address>,
    H: Handshake<L::Stream>,
    G: Future + Send + 'static,
{
    type Output = io::Result<Served>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<Served>> + Send>>;

    /// # Cancellation
    ///
    /// Data may be lost: connections are cut, requests under way with them.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<L, M, H, G> fmt::Debug for Serve<L, M, H, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("options", &self.options).finish_non_exhaustive()
    }
}

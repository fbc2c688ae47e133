//! The server: accepts, starts a child per connection, and at its end waits for them.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, IntoFuture, Pending, pending, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use evenkeel::net::{Acceptor, Listener, TcpStream};
use evenkeel::{Semaphore, TaskGroup, channel, timeout};

use super::connection::Manner;
use super::handshake::{AcceptWith, Handshake, Plain};
use super::options::{ConnectionError, Ending, Open, ServeOptions, ServeStatistics, Tally};
use super::service::{MakeEach, MakeService};
use crate::HyperExecutor;
use crate::contained::{Contained, report_panic};

/// Serves HTTP on `listener`, each connection by a clone of `service`.
///
/// The answer is a builder; awaiting it serves. It ends by
/// [`with_graceful_shutdown`](Serve::with_graceful_shutdown), or when it is dropped. Connections are its
/// children: they run on all workers, and none is left when it is done. When descriptors run out, it goes
/// on as [`Acceptor`] does. TCP streams have `TCP_NODELAY` set. For what is not HTTP there is
/// [`evenkeel::net::serve`].
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
///     assert_eq!((served.accepted, served.cancelled), (0, 0));
///     Ok(())
/// })
/// # }
/// ```
///
/// # Cancellation
///
/// Data may be lost: connections are cancelled, requests under way with them. Whoever drops it inside a
/// task waits until they are gone.
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
/// ([`ServeStatistics`]), or the error of a listener that will never accept again.
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

    /// Stops the server when `stop` is ready: the listener closes, idle connections do, requests under way
    /// are answered; what takes longer than the [grace](ServeOptions::grace) is cancelled. A `oneshot` or an
    /// `Event` is what a [`ServerHandle`](evenkeel::net::ServerHandle) is to a server without HTTP.
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
    L: Listener<Stream: Send + 'static, Address: Send> + Send + Sync + 'static,
    M: MakeService<L::Address>,
    H: Handshake<L::Stream>,
    G: Future + Send + 'static,
{
    async fn run(self) -> io::Result<ServeStatistics> {
        let tally = Arc::new(Tally::default());
        let counted = Arc::clone(&tally);
        let mut failed = None;
        // It answers no error: children that panic are contained, and the body cancels it itself.
        let _ended = TaskGroup::<Infallible>::scope(async |group| {
            failed = self.accept_all(group, counted).await.err();
            // What connections have left: the tasks of HTTP/2, and connections whose grace is over.
            group.cancel();
        })
        .await;
        match failed {
            Some(error) => Err(error),
            None => Ok(tally.statistics()),
        }
    }

    /// Accepts until it is stopped, then waits for those who were accepted.
    async fn accept_all(self, group: &TaskGroup<Infallible>, tally: Arc<Tally>) -> io::Result<()> {
        let Serve { listener, mut make, handshake, stop, options } = self;
        let manner = Arc::new(Manner::new(&options, HyperExecutor::in_group(group)));
        let seats = match options.connections {
            usize::MAX => None,
            limit => Some(Arc::new(Semaphore::new(limit))),
        };
        let mut stop = pin!(stop);
        let mut acceptor = Acceptor::new(listener);
        // Closed when the last connection has gone.
        let (living, mut all_gone) = channel::<Infallible>(1);
        let outcome = loop {
            let next = async {
                let seat = match &seats {
                    Some(seats) => Some(seats.acquire_owned().await),
                    None => None,
                };
                (seat, acceptor.accept().await)
            };
            let Some((seat, accepted)) = unless(stop.as_mut(), next).await else { break Ok(()) };
            let (stream, peer) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => break Err(error),
            };
            let socket = tcp(&stream);
            let open = Open::new(&tally);
            // What a service does before it serves is the connection's affair as well.
            let made = catch_unwind(AssertUnwindSafe(|| (make.make(&peer), handshake.clone())));
            let (service, handshake) = match made {
                Ok(made) => made,
                Err(payload) => {
                    report_panic(&*payload);
                    open.end(Ending::Failed);
                    continue;
                }
            };
            let manner = Arc::clone(&manner);
            let (living, on_error) = (living.clone(), options.on_error.clone());
            group.create_task(async move {
                let _held = (seat, living);
                // Unless it says otherwise: by a panic, which is reported.
                let mut ending = Ending::Failed;
                Contained::new(async {
                    let ended = manner.serve(stream, handshake, service).await;
                    reset_if_stalled(socket, &ended);
                    if let (Err(error), Some(hook)) = (&ended, &on_error) {
                        hook.call(error);
                    }
                    ending = Ending::of(&ended);
                })
                .await;
                open.end(ending);
            });
        };
        drop((acceptor, living));
        manner.stop.set();
        // Nobody sends: it ends by being closed.
        let _ = timeout(options.grace, all_gone.recv()).await;
        outcome
    }
}

/// Another handle of a TCP stream. hyper writes what belongs together at once, and waits for nothing that
/// could be sent along.
fn tcp(stream: &dyn Any) -> Option<TcpStream> {
    let stream = stream.downcast_ref::<TcpStream>()?;
    // One that has gone already says so when it is read.
    let _ = stream.set_nodelay(true);
    Some(stream.clone())
}

/// The last handle is dropped. What a client does not read the kernel would keep for minutes.
fn reset_if_stalled(socket: Option<TcpStream>, ended: &Result<(), ConnectionError>) {
    if let (Some(socket), Err(ConnectionError::Stalled)) = (socket, ended) {
        let _ = socket.set_linger(Some(Duration::ZERO));
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
    L: Listener<Stream: Send + 'static, Address: Send> + Send + Sync + 'static,
    M: MakeService<L::Address>,
    H: Handshake<L::Stream>,
    G: Future + Send + 'static,
{
    type Output = io::Result<ServeStatistics>;
    type IntoFuture = Pin<Box<dyn Future<Output = io::Result<ServeStatistics>> + Send>>;

    /// # Cancellation
    ///
    /// Data may be lost: connections are cancelled, requests under way with them.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<L, M, H, G> fmt::Debug for Serve<L, M, H, G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serve").field("options", &self.options).finish_non_exhaustive()
    }
}

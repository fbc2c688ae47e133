//! A server: a task per connection, a limit, and an end in order.
//!
//! ```text
//!   accepts --1 stop(), or the listener fails--> drains --2 the last connection ends--> over
//!                                                   |                                    ^
//!                                                   +--3 the grace is over, or abort()---+
//! ```
//! 1: `ServerHandle::stop` cancels the scope of the accept loop. 2: `Open::drop`. 3 cancels the group.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::io;
use std::mem::forget;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use evenkeel_sync::{Event, Semaphore};
use evenkeel_task::{FailureKind, TaskGroup, report_failure};
use evenkeel_timer::{CancelScope, sleep};

use super::accept::{Acceptor, Listener};
use super::handler::{Guarded, Handled, text_of};
use crate::loom::{Mutex, lock};

/// Serves every connection of `listener` with a task that runs `handler`, until the future is dropped or the
/// listener fails: [`Server`] with the default [`ServeOptions`]. asyncio's `start_server`. HTTP is served by
/// the crate `evenkeel-hyper`, whose `serve` takes the same [`Listener`]s.
///
/// ```no_run
/// use evenkeel::io::copy;
/// use evenkeel::net::{TcpListener, serve};
///
/// # fn main() -> std::io::Result<()> {
/// evenkeel::run(async {
///     let listener = TcpListener::bind("127.0.0.1:7000").await?;
///     serve(listener, async |conn| copy(&conn.stream, &conn.stream).await).await
/// })
/// # }
/// ```
///
/// # Errors
///
/// That of a listener that will never accept again.
///
/// # Cancellation
///
/// *Data may be lost*: the connections' tasks are cancelled, and have ended before whoever drops it goes on.
#[doc(alias = "start_server")]
pub async fn serve<L, F, A>(listener: L, handler: F) -> io::Result<()>
where
    L: Listener,
    F: Fn(Connection<L::Stream, L::Address>) -> A,
    A: Future<Output: Handled> + Send + 'static,
{
    Server::new(listener, ServeOptions::default()).run(handler).await.map(drop)
}

/// How to serve. The crate `evenkeel-hyper` has a `ServeOptions` of the same words for HTTP.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Connections at a time; more wait in the listener's backlog. Default: no limit but that of descriptors.
    pub connections: usize,
    /// How long connections may go on after [`stop`](ServerHandle::stop); those that have not ended then are
    /// cancelled. Default: five seconds. `Duration::MAX`: as long as they take.
    pub grace: Duration,
}

impl Default for ServeOptions {
    fn default() -> ServeOptions {
        ServeOptions { connections: usize::MAX, grace: Duration::from_secs(5) }
    }
}

/// A listener, and how its connections are served.
///
/// All connections are the server's: [`run`](Server::run) returns when the last one has ended, and dropping it
/// cancels them. What a handler does wrong is its own affair: an error or a panic is told to the runner's
/// failure hook, and the others go on. A client that hangs up is no failure.
///
/// ```
/// use evenkeel::io::prelude::*;
/// use evenkeel::net::{ServeOptions, Server, TcpListener, TcpStream};
/// use std::time::Duration;
///
/// # evenkeel::run(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let address = listener.local_addr()?;
/// let options = ServeOptions { connections: 100, grace: Duration::from_secs(1) };
/// let server = Server::new(listener, options);
/// let handle = server.handle();
/// let server = evenkeel::create_task(server.run(async |conn| (&conn.stream).write_all(b"ahoy").await));
///
/// let mut heard = String::new();
/// TcpStream::connect(address).await?.read_to_string(&mut heard).await?;
/// assert_eq!(heard, "ahoy");
///
/// handle.stop();
/// assert_eq!(server.await?.accepted, 1);
/// # std::io::Result::Ok(()) }).unwrap();
/// ```
#[must_use = "a server does nothing before it runs"]
pub struct Server<L> {
    listener: L,
    options: ServeOptions,
    alive: Alive,
}

/// Whoever has it is the server: when it is gone nobody will serve, and those who wait for that hear of it.
struct Alive(ServerHandle);

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.stop();
    }
}

/// Stops a server, from anywhere, and tells how it fares. Dropping it stops nothing.
#[derive(Clone)]
pub struct ServerHandle {
    shared: Arc<Shared>,
}

/// A connection that a server has accepted.
#[derive(Debug)]
#[non_exhaustive]
pub struct Connection<S, A> {
    /// To speak with the client.
    pub stream: S,
    /// The client's address.
    pub peer: A,
    /// The server's.
    pub server: ServerHandle,
}

/// What a server has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ServeStatistics {
    /// Connections accepted.
    pub accepted: u64,
    /// Those that are open.
    pub open: usize,
    /// Handlers that returned an error or panicked; a client that hung up is none.
    pub failed: u64,
    /// Handlers that were cancelled: by [`abort`](ServerHandle::abort), or when the grace was over.
    pub cancelled: u64,
}

struct Shared {
    accepting: CancelScope,
    stopping: Event,
    aborting: Event,
    /// No connection is left, and none will come.
    idle: Event,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    done: ServeStatistics,
    /// No connection will come any more.
    last: bool,
}

impl<L: Listener> Server<L> {
    /// A server that does not run yet.
    pub fn new(listener: L, options: ServeOptions) -> Server<L> {
        let shared = Shared {
            accepting: CancelScope::new(),
            stopping: Event::new(),
            aborting: Event::new(),
            idle: Event::new(),
            state: Mutex::default(),
        };
        let handle = ServerHandle { shared: Arc::new(shared) };
        Server { listener, options, alive: Alive(handle) }
    }

    /// What stops it.
    pub fn handle(&self) -> ServerHandle {
        self.alive.0.clone()
    }

    /// The listener.
    pub fn listener(&self) -> &L {
        &self.listener
    }

    /// Accepts and serves until it is [stopped](ServerHandle::stop) or the listener fails, then closes the
    /// listener, and waits for the connections that are open, for the [grace](ServeOptions::grace) at most.
    ///
    /// # Errors
    ///
    /// That of a listener that will never accept again.
    ///
    /// # Cancellation
    ///
    /// *Data may be lost*: the connections' tasks are cancelled, and have ended before whoever drops it goes
    /// on.
    ///
    /// # Panics
    ///
    /// Outside a running loop.
    pub async fn run<F, A>(self, handler: F) -> io::Result<ServeStatistics>
    where
        F: Fn(Connection<L::Stream, L::Address>) -> A,
        A: Future<Output: Handled> + Send + 'static,
    {
        // `alive` goes after the scope: when all connections were told to end.
        let Server { listener, options, alive } = self;
        let handle = alive.0.clone();
        let mut failed = None;
        let scope = TaskGroup::<Infallible>::scope(async |group| {
            let mut acceptor = Acceptor::new(listener);
            let seats = match options.connections {
                usize::MAX => None,
                limit => Some(Arc::new(Semaphore::new(limit))),
            };
            let accepts = accept(&handle, &mut acceptor, seats, group, &handler);
            failed = handle.shared.accepting.run(accepts).await.ok();
            handle.shared.stopping.set();
            // Nobody waits in the backlog of a server that will not come.
            drop(acceptor);
            handle.drain(group, options.grace).await;
        });
        // Never an error: no child has one, and the body is not cut off.
        let _ = scope.await;
        match failed {
            Some(error) => Err(error),
            None => Ok(handle.statistics()),
        }
    }
}

/// Starts a task for each connection, until there will be no more.
async fn accept<L, F, A>(
    handle: &ServerHandle,
    acceptor: &mut Acceptor<L>,
    seats: Option<Arc<Semaphore>>,
    group: &TaskGroup<Infallible>,
    handler: &F,
) -> io::Error
where
    L: Listener,
    F: Fn(Connection<L::Stream, L::Address>) -> A,
    A: Future<Output: Handled> + Send + 'static,
{
    loop {
        let seat = match &seats {
            Some(seats) => Some(seats.acquire_owned().await),
            None => None,
        };
        let (stream, peer) = match acceptor.accept().await {
            Ok(accepted) => accepted,
            Err(error) => return error,
        };
        let mut open = Open::new(handle);
        let connection = Connection { stream, peer, server: handle.clone() };
        // What a handler does before it is a future is the connection's affair as well.
        let handled = match catch_unwind(AssertUnwindSafe(|| handler(connection))) {
            Ok(future) => future,
            Err(payload) => {
                open.panicked(payload);
                open.ended = true;
                continue;
            }
        };
        group.create_task(async move {
            let (_seat, mut open) = (seat, open);
            // Its answer as well: that is shown and dropped in there, by code of the handler's.
            match Guarded::new(async { handled.await.failure() }).await {
                Ok(None) => {}
                Ok(Some(text)) => open.failed(FailureKind::Failed, &text),
                Err(payload) => open.panicked(payload),
            }
            open.ended = true;
        });
    }
}

/// A connection that is counted as open.
struct Open {
    server: ServerHandle,
    /// Not cancelled.
    ended: bool,
}

impl Open {
    fn new(server: &ServerHandle) -> Open {
        let mut state = lock(&server.shared.state);
        state.done.accepted += 1;
        state.done.open += 1;
        drop(state);
        Open { server: server.clone(), ended: false }
    }

    fn failed(&self, kind: FailureKind, text: &str) {
        lock(&self.server.shared.state).done.failed += 1;
        report_failure(kind, format!("a connection's handler: {text}"));
    }

    fn panicked(&self, payload: Box<dyn Any + Send>) {
        self.failed(FailureKind::Panicked, text_of(&*payload));
        // Dropping it may panic too; then what comes of that is let go of without dropping.
        forget(catch_unwind(AssertUnwindSafe(|| drop(payload))));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let shared = &self.server.shared;
        let mut state = lock(&shared.state);
        state.done.open -= 1;
        state.done.cancelled += u64::from(!self.ended);
        let idle = state.last && state.done.open == 0;
        drop(state);
        if idle {
            shared.idle.set();
        }
    }
}

impl ServerHandle {
    /// Accepts no more, closes the listener, tells the [connections](Connection::stopping), and lets them go on
    /// for the grace. False if it was stopping already.
    pub fn stop(&self) -> bool {
        let first = self.shared.accepting.cancel();
        self.shared.stopping.set();
        first
    }

    /// [`stop`](ServerHandle::stop) without a grace: what is open is cancelled.
    pub fn abort(&self) {
        self.stop();
        self.shared.aborting.set();
    }

    /// Whether it was stopped, or its listener has failed, or it is gone.
    pub fn is_stopping(&self) -> bool {
        self.shared.stopping.is_set()
    }

    /// Waits until it is stopped, or gone: dropped, whether it ran or not.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    pub async fn stopping(&self) {
        self.shared.stopping.wait().await;
    }

    /// What it has done so far.
    pub fn statistics(&self) -> ServeStatistics {
        lock(&self.shared.state).done.clone()
    }

    /// Waits for the connections that are open; for so long at most, then they are cancelled.
    async fn drain(&self, group: &TaskGroup<Infallible>, grace: Duration) {
        let is_last = || {
            let mut state = lock(&self.shared.state);
            state.last = true;
            state.done.open == 0
        };
        if is_last() {
            return;
        }
        crate::race! {
            () = self.shared.idle.wait() => (),
            () = self.shared.aborting.wait() => drop(group.cancel()),
            () = sleep(grace) => drop(group.cancel()),
        }
    }
}

impl<S, A> Connection<S, A> {
    /// Waits until the server is stopped: a handler that serves one request after another should then end
    /// with the one at hand.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*.
    pub async fn stopping(&self) {
        self.server.stopping().await;
    }
}

impl<L> fmt::Debug for Server<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("options", &self.options).finish_non_exhaustive()
    }
}

impl fmt::Debug for ServerHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stopping = self.is_stopping();
        f.debug_struct("ServerHandle").field("stopping", &stopping).finish_non_exhaustive()
    }
}

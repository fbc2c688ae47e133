//! The requests of one HTTP/2 connection: spawned, counted, and missed when there is none for long.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use evenkeel::{Sleep, now, sleep};
use hyper::rt::Executor;
use pin_project_lite::pin_project;

use super::options::ConnectionError;
use crate::HyperExecutor;
use crate::loom::{AtomicU64, Ordering};

/// Where the requests of one connection go.
#[derive(Clone, Debug)]
pub(super) struct Counted {
    executor: HyperExecutor,
    count: Arc<Count>,
}

// Relaxed, both: the connection's own task starts requests and asks for them, so it misses none that is
// open. That it sees the end of one late costs no more than another look.
#[derive(Debug, Default)]
struct Count {
    started: AtomicU64,
    ended: AtomicU64,
}

impl Counted {
    pub(super) fn new(executor: HyperExecutor) -> Counted {
        Counted { executor, count: Arc::default() }
    }
}

impl<F> Executor<F> for Counted
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    fn execute(&self, future: F) {
        self.count.started.fetch_add(1, Ordering::Relaxed);
        let open = Open(Arc::clone(&self.count));
        self.executor.execute(Stream { future, _open: open });
    }
}

/// A request that is open.
struct Open(Arc<Count>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::Relaxed);
    }
}

pin_project! {
    struct Stream<F> {
        #[pin]
        future: F,
        _open: Open,
    }
}

impl<F: Future> Future for Stream<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.project().future.poll(cx)
    }
}

/// Looks now and then whether a connection is used. hyper times the heads of HTTP/1 alone: without this a
/// client of HTTP/2 could hold a connection for ever, by silence, by half a head, or by being gone.
#[derive(Debug)]
pub(super) struct Idleness {
    count: Arc<Count>,
    limit: Duration,
    sleep: Sleep,
    /// At the last look.
    started: u64,
    asked: bool,
}

/// What an idle connection is to be told.
#[derive(Debug)]
pub(super) enum Idle {
    /// That it ends: as when the server does.
    End,
    /// Nothing any more.
    GiveUp(ConnectionError),
}

impl Idleness {
    pub(super) fn new(counted: &Counted, limit: Duration) -> Idleness {
        let count = Arc::clone(&counted.count);
        Idleness { count, limit, sleep: sleep(limit), started: 0, asked: false }
    }

    /// Ready when there was no request between two looks.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Idle> {
        loop {
            ready!(Pin::new(&mut self.sleep).poll(cx));
            self.sleep.reset(now() + self.limit);
            let started = self.count.started.load(Ordering::Relaxed);
            let is_open = self.count.ended.load(Ordering::Relaxed) != started;
            let is_used = std::mem::replace(&mut self.started, started) != started || is_open;
            if is_used {
                continue;
            }
            return Poll::Ready(if started == 0 {
                Idle::GiveUp(ConnectionError::TooSlow)
            } else if std::mem::replace(&mut self.asked, true) {
                let gone = io::Error::new(io::ErrorKind::TimedOut, "idle, and deaf to its end");
                Idle::GiveUp(ConnectionError::Departed(gone.into()))
            } else {
                Idle::End
            });
        }
    }
}

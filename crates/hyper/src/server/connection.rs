//! One connection: handshake, first bytes, requests; and the end when the server asks for it.

use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};
use std::time::Duration;

use evenkeel::{Event, timeout};
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};

use super::handshake::Handshake;
use super::options::ConnectionError;
use super::preface::{Looked, Speaks};
use super::service::HttpService;
use super::streams::{Counted, Idle, Idleness};
use super::watched::{Seen, Watched};
use crate::{HyperExecutor, HyperTimer, Protocol, ServeOptions};

/// How connections are served, the same for all.
#[derive(Debug)]
pub(super) struct Manner {
    protocol: Protocol,
    limit: Option<Duration>,
    write_timeout: Option<Duration>,
    half_close: bool,
    http1: http1::Builder,
    /// Where the streams of HTTP/2 go.
    executor: HyperExecutor,
    /// Set when the server ends.
    pub(super) stop: Event,
}

impl Manner {
    pub(super) fn new(options: &ServeOptions, executor: HyperExecutor) -> Manner {
        let mut http1 = http1::Builder::new();
        http1.timer(HyperTimer).header_read_timeout(options.header_timeout);
        http1.half_close(options.half_close);
        Manner {
            protocol: options.protocol,
            limit: options.header_timeout,
            write_timeout: options.write_timeout,
            half_close: options.half_close,
            http1,
            executor,
            stop: Event::new(),
        }
    }

    /// Serves a connection to its end.
    pub(super) async fn serve<T, H, S>(
        &self,
        stream: T,
        handshake: H,
        service: S,
    ) -> Result<(), ConnectionError>
    where
        H: Handshake<T>,
        S: HttpService,
    {
        let io = self.within_limit(handshake.shake(stream)).await?;
        let (io, seen) = Watched::new(io, self.write_timeout);
        match self.protocol {
            Protocol::Http1 => self.serve_http1(io, service, &seen).await,
            Protocol::Http2 => self.serve_http2(io, service, &seen).await,
            Protocol::Auto => {
                let mut io = Looked::new(io);
                match self.within_limit(self.look(&mut io)).await? {
                    Speaks::Http1 => self.serve_http1(io, service, &seen).await,
                    Speaks::Http2 => self.serve_http2(io, service, &seen).await,
                    Speaks::Nothing => Ok(()),
                }
            }
        }
    }

    async fn within_limit<T>(
        &self,
        future: impl Future<Output = io::Result<T>>,
    ) -> Result<T, ConnectionError> {
        let ended = match self.limit {
            None => future.await,
            Some(limit) => match timeout(limit, future).await {
                Ok(ended) => ended,
                Err(_) => return Err(ConnectionError::TooSlow),
            },
        };
        ended.map_err(ConnectionError::of_handshake)
    }

    /// A client that has said nothing when the server ends has nothing to lose.
    async fn look<I: Read + Unpin>(&self, io: &mut Looked<I>) -> io::Result<Speaks> {
        let mut stopping = pin!(self.stop.wait());
        poll_fn(|cx| match io.poll_look(cx) {
            Poll::Pending if !io.has_begun() => {
                stopping.as_mut().poll(cx).map(|()| Ok(Speaks::Nothing))
            }
            looked => looked,
        })
        .await
    }

    async fn serve_http1<I, S>(&self, io: I, service: S, seen: &Seen) -> Result<(), ConnectionError>
    where
        I: Read + Write + Unpin + Send + 'static,
        S: HttpService,
    {
        let connection = self.http1.serve_connection(io, service).with_upgrades();
        let judge = |error: hyper::Error| {
            // That of a head has no source; one that the answer's body broke off by is no client's.
            if error.is_timeout() && error.source().is_none() && seen.is_idle() {
                // It was kept for another request, and none came.
                return Ok(());
            }
            // An end tells nothing of those that may close their half, but where it came.
            let has_left = error.is_incomplete_message()
                || (seen.has_ended() && (!self.half_close || broke_off(&error)));
            Err(told(error, seen, has_left))
        };
        let end = http1::UpgradeableConnection::graceful_shutdown;
        self.drive(connection, end, None, judge).await
    }

    async fn serve_http2<I, S>(&self, io: I, service: S, seen: &Seen) -> Result<(), ConnectionError>
    where
        I: Read + Write + Unpin + Send + 'static,
        S: HttpService,
    {
        let executor = Counted::new(self.executor.clone());
        let idleness = self.limit.map(|limit| Idleness::new(&executor, limit));
        let mut builder = http2::Builder::new(executor);
        let connection = builder.timer(HyperTimer).serve_connection(io, service);
        let end = http2::Connection::graceful_shutdown;
        self.drive(connection, end, idleness, |error| Err(told(error, seen, false))).await
    }

    /// Polls it to its end, and asks it to end when the server does, or when nobody has used it for long.
    async fn drive<C>(
        &self,
        connection: C,
        end: fn(Pin<&mut C>),
        mut idleness: Option<Idleness>,
        judge: impl FnOnce(hyper::Error) -> Result<(), ConnectionError>,
    ) -> Result<(), ConnectionError>
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut stopping = pin!(self.stop.wait());
        let (mut waits, mut told) = (false, false);
        let ended = poll_fn(|cx| {
            loop {
                // First, so that a request that is here already is seen.
                if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
                    return Poll::Ready(Ok(ended));
                }
                // A task's waker stays the same: once in the event's line, looking at the event will do.
                if !told && (!waits || self.stop.is_set()) {
                    waits = true;
                    if stopping.as_mut().poll(cx).is_ready() {
                        told = true;
                        end(connection.as_mut());
                        continue;
                    }
                }
                let Some(idleness) = &mut idleness else { return Poll::Pending };
                match ready!(idleness.poll(cx)) {
                    Idle::End => end(connection.as_mut()),
                    Idle::GiveUp(error) => return Poll::Ready(Err(error)),
                }
            }
        });
        ended.await?.or_else(judge)
    }
}

/// Whether it comes from a message that ended in its middle: the request's, if the client has ended.
fn broke_off(error: &hyper::Error) -> bool {
    let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.any(|cause| {
        let of_hyper = cause.downcast_ref::<hyper::Error>();
        let of_stream = cause.downcast_ref::<io::Error>();
        of_hyper.is_some_and(hyper::Error::is_incomplete_message)
            || of_stream.is_some_and(|error| error.kind() == io::ErrorKind::UnexpectedEof)
    })
}

/// What an error of hyper's comes from, by what was seen of the stream.
fn told(error: hyper::Error, seen: &Seen, has_left: bool) -> ConnectionError {
    if seen.is_stalled() {
        ConnectionError::Stalled
    } else if has_left || seen.is_broken() {
        ConnectionError::Departed(error.into())
    } else {
        ConnectionError::Http(error)
    }
}

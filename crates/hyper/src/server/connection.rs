//! One connection: handshake, first bytes, requests; and the end when the server asks for it.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use evenkeel::{Event, timeout};
use hyper::rt::{Read, Write};
use hyper::server::conn::{http1, http2};

use super::handshake::Handshake;
use super::options::ConnectionError;
use super::preface::{Looked, Speaks};
use super::service::HttpService;
use crate::{HyperExecutor, HyperTimer, Protocol, ServeOptions};

/// How connections are served, the same for all.
#[derive(Debug)]
pub(super) struct Manner {
    protocol: Protocol,
    limit: Option<Duration>,
    http1: http1::Builder,
    http2: http2::Builder<HyperExecutor>,
    /// Set when the server ends.
    pub(super) stop: Event,
}

impl Manner {
    pub(super) fn new(options: &ServeOptions, executor: HyperExecutor) -> Manner {
        let mut http1 = http1::Builder::new();
        http1.timer(HyperTimer).header_read_timeout(options.header_timeout);
        // A client that has said all and closes its half has its answer, whenever its end is read.
        http1.half_close(true);
        let mut http2 = http2::Builder::new(executor);
        http2.timer(HyperTimer);
        Manner {
            protocol: options.protocol,
            limit: options.header_timeout,
            http1,
            http2,
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
        match self.protocol {
            Protocol::Http1 => self.serve_http1(io, service).await,
            Protocol::Http2 => self.serve_http2(io, service).await,
            Protocol::Auto => {
                let mut io = Looked::new(io);
                match self.within_limit(self.look(&mut io)).await? {
                    Speaks::Http1 => self.serve_http1(io, service).await,
                    Speaks::Http2 => self.serve_http2(io, service).await,
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
        ended.map_err(ConnectionError::Handshake)
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

    async fn serve_http1<I, S>(&self, io: I, service: S) -> Result<(), ConnectionError>
    where
        I: Read + Write + Unpin + Send + 'static,
        S: HttpService,
    {
        let connection = self.http1.serve_connection(io, service).with_upgrades();
        self.drive(connection, http1::UpgradeableConnection::graceful_shutdown).await
    }

    async fn serve_http2<I, S>(&self, io: I, service: S) -> Result<(), ConnectionError>
    where
        I: Read + Write + Unpin + Send + 'static,
        S: HttpService,
    {
        let connection = self.http2.serve_connection(io, service);
        self.drive(connection, http2::Connection::graceful_shutdown).await
    }

    /// Polls it to its end, and asks it to end when the server does.
    async fn drive<C>(&self, connection: C, end: fn(Pin<&mut C>)) -> Result<(), ConnectionError>
    where
        C: Future<Output = hyper::Result<()>>,
    {
        let mut connection = pin!(connection);
        let mut stopping = pin!(self.stop.wait());
        let (mut waits, mut told) = (false, false);
        poll_fn(|cx| {
            // First, so that a request that is here already is seen.
            let mut polled = connection.as_mut().poll(cx);
            // A task's waker stays the same: once in the event's line, looking at the event will do.
            if polled.is_pending() && !told && (!waits || self.stop.is_set()) {
                waits = true;
                if stopping.as_mut().poll(cx).is_ready() {
                    told = true;
                    end(connection.as_mut());
                    polled = connection.as_mut().poll(cx);
                }
            }
            polled
        })
        .await
        .map_err(ConnectionError::Http)
    }
}

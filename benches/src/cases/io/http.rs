//! Hello world by hyper, as its own guide has it.

use std::convert::Infallible;
use std::io;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};

use super::Served;
use super::echo::CONNECTIONS;
use crate::cases::Work;
use crate::load::{HELLO, Kind, Plan};
use crate::measure::Cost;
use crate::rt::Http;

/// Serves until the load has gone.
pub(super) async fn serve<R: Http>(work: Work) -> io::Result<Cost> {
    let (listener, target) = R::listen().await?;
    let plan = Plan { kind: Kind::Http, connections: CONNECTIONS, idle: 0, target };
    let served = Served::by(plan, work.length, || {});
    let mut tasks = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let stream = R::accept(&listener).await?;
        tasks.push(R::spawn(R::serve(stream)));
    }
    for task in tasks {
        task.await?;
    }
    served.cost()
}

/// Answers on one connection until it ends.
pub(crate) async fn hello<S: Read + Write + Unpin + 'static>(stream: S) -> io::Result<()> {
    let answer = |_: Request<Incoming>| async {
        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(HELLO.as_bytes()))))
    };
    let connection = http1::Builder::new().serve_connection(stream, service_fn(answer));
    match connection.await {
        // The load leaves when it has seen all answers, also before hyper knows that they are out.
        Err(error) if !error.is_incomplete_message() => Err(io::Error::other(error)),
        _ => Ok(()),
    }
}

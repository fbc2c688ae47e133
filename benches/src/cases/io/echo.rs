//! Servers that send back what they get, one task for each connection.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Served;
use crate::cases::Work;
use crate::load::{Kind, Plan};
use crate::measure::Cost;
use crate::rt::{Net, Tcp, Unix};

/// Where the case is not about their number.
pub(super) const CONNECTIONS: usize = 50;

/// Bytes of a small request.
pub(super) const SMALL: usize = 64;

/// Bytes of a large one.
pub(super) const LARGE: usize = 16 * 1024;

/// What a server reads into, which does not know how long requests are: four times a large one. A
/// runtime may learn from a read that does not fill it that there is no more.
const ROOM: usize = 4 * LARGE;

/// The same for small requests.
const SMALL_ROOM: usize = 4 * 1024;

pub(super) async fn tcp_64<R: Net<Tcp>>(work: Work) -> io::Result<Cost> {
    serve::<R, Tcp>(work, SMALL, SMALL_ROOM, [work.size, 0]).await
}

/// The buffer just holds a request, so a read that fills it says nothing of what comes next.
pub(super) async fn tcp_fit<R: Net<Tcp>>(work: Work) -> io::Result<Cost> {
    serve::<R, Tcp>(work, SMALL, SMALL, [CONNECTIONS, 0]).await
}

pub(super) async fn tcp_idle<R: Net<Tcp>>(work: Work) -> io::Result<Cost> {
    serve::<R, Tcp>(work, SMALL, SMALL_ROOM, [CONNECTIONS, work.size]).await
}

pub(super) async fn tcp_16k<R: Net<Tcp>>(work: Work) -> io::Result<Cost> {
    serve::<R, Tcp>(work, LARGE, ROOM, [CONNECTIONS, 0]).await
}

pub(super) async fn unix_64<R: Net<Unix>>(work: Work) -> io::Result<Cost> {
    serve::<R, Unix>(work, SMALL, SMALL_ROOM, [CONNECTIONS, 0]).await
}

/// Serves until the load has gone.
async fn serve<R: Net<K>, K: 'static>(
    work: Work,
    size: usize,
    room: usize,
    [connections, idle]: [usize; 2],
) -> io::Result<Cost> {
    let (listener, target) = R::listen().await?;
    let plan = Plan { kind: Kind::Echo(size), connections, idle, target };
    let served = Served::by(plan, work.length, || {});
    let mut tasks = Vec::with_capacity(connections + idle);
    for _ in 0..connections + idle {
        let stream = R::accept(&listener).await?;
        tasks.push(R::spawn(send_back::<R, K>(stream, room)));
    }
    for task in tasks {
        task.await?;
    }
    served.cost()
}

/// Sends back what comes, until the end.
pub(in crate::cases) async fn send_back<R: Net<K>, K: 'static>(
    mut stream: R::Stream,
    room: usize,
) -> io::Result<()> {
    let mut buffer = vec![0; room];
    loop {
        let (count, back) = R::read(&mut stream, buffer).await;
        let count = count?;
        if count == 0 {
            return Ok(());
        }
        let (done, back) = R::write_all(&mut stream, back, count).await;
        done?;
        buffer = back;
    }
}

/// A task for each connection, which answers one request and closes.
pub(super) async fn connect<R: Net<Tcp>>(work: Work) -> io::Result<Cost> {
    let (listener, target) = R::listen().await?;
    let over = Arc::new(AtomicBool::new(false));
    let at_end = {
        let (over, target) = (over.clone(), target.clone());
        move || {
            // Release: pairs with the Acquire below, which follows the connection's acceptance.
            over.store(true, Ordering::Release);
            target.connect().expect("the server listens still");
        }
    };
    let kind = Kind::Connect(SMALL);
    let plan = Plan { kind, connections: CONNECTIONS, idle: 0, target };
    let served = Served::by(plan, work.length, at_end);
    loop {
        let mut stream = R::accept(&listener).await?;
        // Acquire: pairs with the Release above.
        if over.load(Ordering::Acquire) {
            return served.cost();
        }
        R::spawn_detached(async move {
            // If anything fails the load will miss its answer, and say so.
            if let (Ok(count), buffer) = R::read(&mut stream, vec![0; SMALL]).await {
                let _ = R::write_all(&mut stream, buffer, count).await;
            }
        });
    }
}

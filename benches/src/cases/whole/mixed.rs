//! A server as servers are: sockets, timeouts, a lock that all share, and calls on threads.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use crate::cases::Work;
use crate::cases::io::Served;
use crate::load::{Kind, Plan};
use crate::measure::Cost;
use crate::rt::{Mixed, Tcp};

const CONNECTIONS: usize = 50;
const SIZE: usize = 64;

/// What a server reads into that does not know the size.
const ROOM: usize = 4 * 1024;

/// How long a client may be silent; none is.
const SILENCE: Duration = Duration::from_secs(30);

/// One request of so many is handed to a thread.
const HARD: u64 = 16;

/// One of so many waits.
const SLOW: u64 = 64;

/// For so long.
const WAIT: Duration = Duration::from_millis(1);

/// Serves until the load has gone.
pub(super) async fn serve<R: Mixed>(work: Work) -> io::Result<Cost> {
    let (listener, target) = R::listen().await?;
    let plan = Plan { kind: Kind::Echo(SIZE), connections: CONNECTIONS, idle: 0, target };
    let served = Served::by(plan, work.length, || {});
    let counter = Arc::new(R::new_lock(0));
    let mut tasks = Vec::with_capacity(CONNECTIONS);
    for _ in 0..CONNECTIONS {
        let stream = R::accept(&listener).await?;
        tasks.push(R::spawn(connection::<R>(stream, counter.clone())));
    }
    let mut requests = 0;
    for task in tasks {
        requests += task.await?;
    }
    assert_eq!(*R::lock(&counter).await, requests, "each request is counted once");
    served.cost()
}

async fn connection<R: Mixed>(mut stream: R::Stream, counter: Arc<R::Lock>) -> io::Result<u64> {
    let mut buffer = vec![0; ROOM];
    let mut requests = 0;
    loop {
        let read = R::timeout(SILENCE, R::read(&mut stream, buffer)).await;
        let (count, back) = read.ok_or(io::ErrorKind::TimedOut)?;
        let count = count?;
        if count == 0 {
            return Ok(requests);
        }
        requests += 1;
        *R::lock(&counter).await += 1;
        let back = if requests % HARD == 0 { R::to_thread(|| hard(back)).await } else { back };
        if requests % SLOW == 0 {
            R::sleep(WAIT).await;
        }
        let (done, back) = <R as crate::rt::Net<Tcp>>::write_all(&mut stream, back, count).await;
        done?;
        buffer = back;
    }
}

/// Some microseconds of work that changes nothing.
fn hard(buffer: Vec<u8>) -> Vec<u8> {
    let mut sum = 0_u64;
    for round in 0..50 {
        for byte in &buffer[..SIZE] {
            sum = sum.wrapping_mul(31).wrapping_add(u64::from(*byte) + round);
        }
    }
    std::hint::black_box(sum);
    buffer
}

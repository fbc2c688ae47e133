//! What an open connection weighs in its server. Only the binary that counts can tell.

use std::io;
use std::thread;
use std::time::Duration;

use crate::cases::Work;
use crate::cases::io::{Served, send_back};
use crate::heap;
use crate::load::{Kind, Plan};
use crate::measure::{Cost, Length};
use crate::rt::{Net, Tcp};

/// Enough that what a runtime allocates once is spread thin.
const CONNECTIONS: usize = 5_000;

const FEW: usize = 100;

/// Bytes of the buffer that each task reads into; they are part of the answer.
const BUFFER: usize = 64;

/// All that the heap holds for a connection: its task, which waits to read, and its registration.
pub(super) async fn idle<R: Net<Tcp>>(work: Work) -> io::Result<Cost> {
    assert!(heap::allocations() > 0, "only workload-counted counts");
    let idle = if let Length::Once = work.length { FEW } else { CONNECTIONS };
    let mut tasks = Vec::with_capacity(idle);
    let (listener, target) = R::listen().await?;
    let before = heap::bytes();
    let plan = Plan { kind: Kind::Echo(BUFFER), connections: 0, idle, target };
    let weigh = move |_: &mut _| {
        // All are accepted; a moment more, until the last has begun to wait.
        thread::sleep(Duration::from_millis(50));
        Ok(Cost { ops: idle as u64, bytes: heap::bytes() - before, ..Cost::default() })
    };
    let served = Served::watched(plan, work.length, weigh, || {});
    for _ in 0..idle {
        let stream = R::accept(&listener).await?;
        tasks.push(R::spawn(send_back::<R, Tcp>(stream, BUFFER)));
    }
    for task in tasks {
        task.await?;
    }
    served.cost()
}

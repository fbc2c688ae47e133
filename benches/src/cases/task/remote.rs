//! Spawning from a thread that is not the runtime's.

use std::sync::{Arc, mpsc};
use std::thread;

use crate::cases::Work;
use crate::cases::latch::Latch;
use crate::measure::{Cost, repeat};
use crate::rt::Remote;

const TASKS: u64 = 1000;

/// The thread sleeps between pieces.
pub(in crate::cases) async fn spawn<R: Remote>(work: Work) -> Cost {
    let (tell, told) = mpsc::channel::<Arc<Latch>>();
    let spawner = R::spawner();
    let thread = thread::spawn(move || {
        for latch in told {
            for _ in 0..TASKS {
                let latch = latch.clone();
                R::spawn_from(&spawner, async move { latch.arrive() });
            }
        }
    });
    let cost = repeat(work.length, || async {
        let latch = Arc::new(Latch::new(TASKS));
        tell.send(latch.clone()).expect("the thread listens");
        latch.opened().await;
        TASKS
    })
    .await;
    drop(tell);
    thread.join().expect("the thread ends well");
    cost
}

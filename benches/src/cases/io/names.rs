//! Names: the system's resolver blocks, so each lookup is a call on a thread.

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::Names;

const LOOKUPS: u64 = 10;

pub(in crate::cases) async fn lookup<R: Names>(work: Work) -> Cost {
    repeat(work.length, || async {
        for _ in 0..LOOKUPS {
            let found = R::lookup("localhost", 80).await.expect("every system knows it");
            assert!(found > 0);
        }
        LOOKUPS
    })
    .await
}

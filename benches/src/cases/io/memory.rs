//! Streams in memory: what the streams cost without the kernel.

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::Pipes;

/// Messages of a piece, so that its two tasks cost little beside them.
const MESSAGES: u64 = 4_000;

const ROOM: usize = 4 * 1024;

pub(in crate::cases) async fn duplex<R: Pipes>(work: Work) -> Cost {
    repeat(work.length, || async {
        let (mut here, mut there) = R::pipe(ROOM);
        let writes = R::spawn(async move {
            for n in 0..MESSAGES {
                R::write_all(&mut there, &[n as u8; 64]).await.expect("the other end reads");
            }
        });
        let reads = R::spawn(async move {
            let mut buffer = [0; 64];
            for n in 0..MESSAGES {
                R::read_exact(&mut here, &mut buffer).await.expect("the other end writes");
                assert_eq!(buffer[63], n as u8);
            }
        });
        writes.await;
        reads.await;
        MESSAGES
    })
    .await
}

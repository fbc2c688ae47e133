//! State that many read: `RwLock` with a downgrade, and a `OnceCell` that is made once, by whoever comes first.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use evenkeel::{BoundedSemaphore, OnceCell, RwLock, create_task, gather, run, sleep};

#[derive(Default)]
struct Settings {
    /// Read by all, at the same time; written by one, alone.
    values: RwLock<Vec<u32>>,
    /// Opened when first asked for; all others wait for that one attempt.
    connection: OnceCell<String>,
    attempts: AtomicU32,
}

impl Settings {
    async fn connection(&self) -> &str {
        let open = async || {
            self.attempts.fetch_add(1, Ordering::Relaxed);
            sleep(Duration::from_millis(2)).await;
            "connected".to_owned()
        };
        self.connection.get_or_init(open).await
    }
}

fn main() {
    run(async {
        let settings = Arc::new(Settings::default());

        // A writer that goes on as a reader, without anybody writing in between.
        let mut writing = settings.values.write().await;
        writing.extend([1, 2, 3]);
        let reading = writing.downgrade();
        let also = settings.values.read().await;
        assert_eq!((reading.len(), also.len()), (3, 3));
        assert!(settings.values.try_write().is_none());
        drop((reading, also));

        // First come, first served: a reader that comes after a writer waits for it.
        let readers = [0, 1, 2].map(|index| {
            let settings = settings.clone();
            create_task(async move {
                let connected = settings.connection().await.len();
                settings.values.read().await[index] as usize + connected
            })
        });
        let read = gather(readers).await;
        println!("{read:?} after {} attempt", settings.attempts.load(Ordering::Relaxed));
        assert_eq!(read, [10, 11, 12]);
        assert_eq!(settings.attempts.load(Ordering::Relaxed), 1);

        // Several permits at once, and never more than there were.
        let seats = BoundedSemaphore::new(4);
        let table = seats.acquire_many(3).await;
        assert!(seats.try_acquire_many(2).is_none());
        drop(table);
        assert!(seats.add_permits(1).is_err());
    });
}

//! Files: written, read, copied and listed, while a ticker shows that nobody is held up.
//!
//! ```python
//! await asyncio.to_thread(path.write_text, text)   # asyncio has no files of its own
//! ```

use std::cell::Cell;
use std::io::{self, SeekFrom};
use std::rc::Rc;
use std::time::Duration;

use evenkeel::fs::{self, File};
use evenkeel::{create_local_task, run, sleep};
use futures_lite::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt, StreamExt};

fn main() -> io::Result<()> {
    let folder = std::env::temp_dir().join(format!("evenkeel-files-{}", std::process::id()));
    run(async {
        let ticks = Rc::new(Cell::new(0));
        let counted = ticks.clone();
        let ticker = create_local_task(async move {
            loop {
                sleep(Duration::from_millis(1)).await;
                counted.set(counted.get() + 1);
            }
        });

        fs::create_dir_all(&folder).await?;
        let (log, copy, state) = (folder.join("log"), folder.join("copy"), folder.join("state"));

        // Sixteen megabytes, in pieces that a thread writes behind us.
        let mut file = File::options().read(true).write(true).create(true).open(&log).await?;
        let piece = vec![b'.'; 64 << 10];
        for _ in 0..256 {
            file.write_all(&piece).await?;
        }
        file.write_all(b"the end").await?;
        file.sync_all().await?; // Written, and on the disk; here an error would be told.

        file.seek(SeekFrom::End(-7)).await?;
        let mut end = String::new();
        file.read_to_string(&mut end).await?;
        assert_eq!(end, "the end");

        println!("copied {} bytes", fs::copy(&log, &copy).await?);
        assert_eq!(fs::metadata(&copy).await?.len(), (16 << 20) + 7);

        // All or nothing, also if the power fails.
        fs::write_atomic(&state, "3 files").await?;
        println!("state: {}", fs::read_to_string(&state).await?);

        let mut entries = fs::read_dir(&folder).await?;
        let mut count = 0;
        while let Some(entry) = entries.try_next().await? {
            println!("found {}", entry.file_name().to_string_lossy());
            count += 1;
        }
        assert_eq!(count, 3);
        fs::remove_dir_all(&folder).await?;

        ticker.cancel();
        println!("the ticker went on: {}", ticks.get() > 0);
        assert!(ticks.get() > 0);
        Ok(())
    })
}

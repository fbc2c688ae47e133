//! Children that end at once, and a file copied or read piece by piece.

use std::path::PathBuf;

use crate::cases::Work;
use crate::measure::{Cost, repeat};
use crate::rt::{Files, Processes};

/// Children of a piece, begun together.
const CHILDREN: u64 = 10;

/// Pieces of the file that is copied, and their size.
const PIECES: usize = 64;
const PIECE: usize = 64 << 10;

/// Reads of the file that is read, and their size.
const READS: usize = 512;
const READ: usize = 4 << 10;

pub(in crate::cases) async fn process<R: Processes>(work: Work) -> std::io::Result<Cost> {
    let cost = repeat(work.length, || async {
        let children: Vec<_> = (0..CHILDREN).map(|_| R::run_true()).collect();
        for ended in R::gather(children.into_iter().map(Box::pin).collect()).await {
            assert!(ended.expect("a child"));
        }
        CHILDREN
    });
    Ok(cost.await)
}

/// Of every byte of a file.
const CONTENT: u8 = 7;

/// Two files of this process, gone with it.
struct Scratch(PathBuf, PathBuf);

impl Scratch {
    fn new(size: usize) -> std::io::Result<Scratch> {
        let path = std::env::temp_dir().join(format!("evenkeel-bench-{}", std::process::id()));
        let scratch = Scratch(path.with_extension("from"), path.with_extension("to"));
        std::fs::write(&scratch.0, vec![CONTENT; size])?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for path in [&self.0, &self.1] {
            let _ = std::fs::remove_file(path); // Not every case makes both.
        }
    }
}

pub(in crate::cases) async fn copy<R: Files>(work: Work) -> std::io::Result<Cost> {
    let scratch = Scratch::new(PIECES * PIECE)?;
    let cost = repeat(work.length, || async {
        let mut from = R::open(&scratch.0).await.expect("a file");
        let mut to = R::create(&scratch.1).await.expect("another");
        let (mut buffer, mut copied) = (vec![0; PIECE], 0);
        loop {
            let (count, read) = R::read(&mut from, buffer).await;
            let count = count.expect("it can be read");
            if count == 0 {
                break;
            }
            copied += count;
            let (written, back) = R::write_all(&mut to, read, count).await;
            written.expect("it can be written");
            buffer = back;
        }
        R::flush(&mut to).await.expect("all of it");
        assert_eq!(copied, PIECES * PIECE);
        PIECES as u64
    });
    let cost = cost.await;
    assert!(std::fs::read(&scratch.1)? == std::fs::read(&scratch.0)?, "the copy is another file");
    Ok(cost)
}

pub(in crate::cases) async fn read<R: Files>(work: Work) -> std::io::Result<Cost> {
    let scratch = Scratch::new(READS * READ)?;
    let cost = repeat(work.length, || async {
        let mut file = R::open(&scratch.0).await.expect("a file");
        let (mut buffer, mut all) = (vec![0; READ], 0);
        while all < READS * READ {
            let (count, back) = R::read(&mut file, buffer).await;
            let count = count.expect("it can be read");
            assert!(count > 0 && back[0] == CONTENT && back[count - 1] == CONTENT);
            all += count;
            buffer = back;
            buffer[0] = 0;
        }
        READS as u64
    });
    Ok(cost.await)
}

//! Files: what is written is there, positions are right whatever was cancelled, errors are told.

use std::collections::BTreeSet;
use std::io::{ErrorKind, SeekFrom, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};
use std::time::Duration;

use evenkeel::fs::{self, File, OpenOptions};
use evenkeel::{Options, Runner, ThreadPool, create_task, gather, oneshot, run, sleep};
use futures_lite::{
    AsyncReadExt, AsyncSeekExt, AsyncWriteExt, StreamExt,
    future::{block_on, poll_once},
};

/// A folder of the test's own, gone with it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("evenkeel-{name}-{}", std::process::id()));
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap();
    }
}

fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|n| (n * 31 % 251) as u8).collect()
}

async fn open(path: &Path) -> File {
    OpenOptions::new().read(true).write(true).create(true).open(path).await.unwrap()
}

#[test]
fn whole_files_and_paths() {
    let folder = Folder::new("paths");
    let (one, two) = (folder.at("one"), folder.at("two"));
    run(async {
        assert_eq!(fs::read(&one).await.unwrap_err().kind(), ErrorKind::NotFound);
        assert!(!fs::try_exists(&one).await.unwrap());
        fs::write(&one, "ahoy").await.unwrap();
        assert_eq!(fs::read_to_string(&one).await.unwrap(), "ahoy");
        assert_eq!(fs::copy(&one, &two).await.unwrap(), 4);
        fs::rename(&two, folder.at("three")).await.unwrap();
        fs::hard_link(&one, &two).await.unwrap();
        fs::symlink("one", folder.at("link")).await.unwrap();
        assert_eq!(fs::read_link(folder.at("link")).await.unwrap(), Path::new("one"));
        assert_eq!(fs::canonicalize(folder.at("link")).await.unwrap(), one.canonicalize().unwrap());
        assert!(fs::symlink_metadata(folder.at("link")).await.unwrap().is_symlink());
        assert_eq!(fs::metadata(folder.at("link")).await.unwrap().len(), 4);
        fs::create_dir_all(folder.at("a/b/c")).await.unwrap();
        fs::create_dir(folder.at("a/d")).await.unwrap();
        fs::remove_dir(folder.at("a/d")).await.unwrap();
        fs::remove_dir_all(folder.at("a")).await.unwrap();
        let mut permissions = fs::metadata(&one).await.unwrap().permissions();
        permissions.set_mode(0o600);
        fs::set_permissions(&one, permissions).await.unwrap();
        fs::remove_file(&one).await.unwrap();
        fs::write(&one, [0xff]).await.unwrap();
        assert_eq!(fs::read_to_string(&one).await.unwrap_err().kind(), ErrorKind::InvalidData);
    });
}

#[test]
fn writing_atomically_replaces_the_file_and_leaves_nothing_beside_it() {
    let folder = Folder::new("atomic");
    let path = folder.at("state");
    run(async {
        fs::write_atomic(&path, "1").await.unwrap();
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o640)).unwrap();
        let many = (2..40).map(|n| fs::write_atomic(&path, n.to_string()));
        for written in gather(many).await {
            written.unwrap();
        }
        let last: u32 = fs::read_to_string(&path).await.unwrap().parse().unwrap();
        assert!((2..40).contains(&last));
        assert_eq!(fs::metadata(&path).await.unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(fs::read_dir(&folder.0).await.unwrap().count().await, 1);
        // A folder is in the way: the error is told, and nothing is left.
        std::fs::create_dir(folder.at("taken")).unwrap();
        std::fs::write(folder.at("taken/file"), "").unwrap();
        assert!(fs::write_atomic(folder.at("taken"), "x").await.is_err());
        assert_eq!(fs::write_atomic("/", "x").await.unwrap_err().kind(), ErrorKind::InvalidInput);
        assert_eq!(fs::read_dir(&folder.0).await.unwrap().count().await, 2);
    });
}

#[test]
fn a_folder_of_many_entries_comes_whole() {
    let folder = Folder::new("dir");
    let names: BTreeSet<String> = (0..200).map(|n| format!("{n:03}")).collect();
    for name in &names {
        std::fs::write(folder.at(name), "").unwrap();
    }
    run(async {
        let mut entries = fs::read_dir(&folder.0).await.unwrap();
        let mut found = BTreeSet::new();
        while let Some(entry) = entries.try_next().await.unwrap() {
            assert!(entry.file_type().await.unwrap().is_file());
            assert!(entry.metadata().await.unwrap().is_file());
            assert_eq!(entry.path(), folder.at(entry.file_name().to_str().unwrap()));
            assert_eq!(entry.ino(), std::fs::metadata(entry.path()).unwrap().ino());
            found.insert(entry.file_name().into_string().unwrap());
        }
        assert_eq!(found, names);
        assert!(entries.next().await.is_none(), "it stays at its end");
        assert!(fs::read_dir(folder.at("nowhere")).await.is_err());
    });
}

/// Reads, writes and seeks in turn, against a file of std's.
#[test]
fn the_position_is_that_of_a_file_that_blocks() {
    let folder = Folder::new("position");
    let all = bytes(300_000);
    let (path, twin) = (folder.at("ours"), folder.at("std"));
    std::fs::write(&path, &all).unwrap();
    std::fs::write(&twin, &all).unwrap();
    run(async {
        use std::io::{Read, Seek};
        let mut ours = open(&path).await;
        let mut std = std::fs::File::options().read(true).write(true).open(&twin).unwrap();
        let mut lot = 7_u32;
        for step in 0..400 {
            lot = lot.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let size = 1 + (lot >> 8) as usize % 9_000;
            match lot >> 30 {
                0 => {
                    let (mut one, mut two) = (vec![0; size], vec![0; size]);
                    let read = ours.read_exact(&mut one).await.is_ok();
                    assert_eq!(read, std.read_exact(&mut two).is_ok(), "step {step}");
                    if read {
                        assert_eq!(one, two, "step {step}");
                    }
                }
                1 => {
                    ours.write_all(&all[..size]).await.unwrap();
                    std.write_all(&all[..size]).unwrap();
                }
                _ => {
                    let to = match lot >> 28 & 3 {
                        0 => SeekFrom::Start(size as u64),
                        1 => SeekFrom::End(-(size as i64)),
                        2 => SeekFrom::Current(-(size as i64)),
                        _ => SeekFrom::Current(size as i64),
                    };
                    let (one, two) = (ours.seek(to).await, std.seek(to));
                    assert_eq!(one.ok(), two.ok(), "step {step}: {to:?}");
                }
            }
        }
        ours.sync_all().await.unwrap();
        assert_eq!(ours.metadata().await.unwrap().len(), std.metadata().unwrap().len());
        assert!(std::fs::read(&path).unwrap() == std::fs::read(&twin).unwrap());
    });
}

#[test]
fn much_is_written_in_order_and_read_again() {
    let folder = Folder::new("much");
    let (path, all) = (folder.at("file"), bytes(5_000_000));
    run(async {
        let mut file = open(&path).await;
        for (n, some) in all.chunks(70_001).enumerate() {
            file.write_all(some).await.unwrap();
            if n % 7 == 0 {
                file.flush().await.unwrap();
            }
        }
        file.seek(SeekFrom::Start(0)).await.unwrap();
        let mut read = Vec::new();
        file.read_to_end(&mut read).await.unwrap();
        assert!(read == all);
        file.set_len(10).await.unwrap();
        file.sync_data().await.unwrap();
        assert_eq!(file.read(&mut [0; 8]).await.unwrap(), 0, "the position stays behind the end");
        let mut std = file.into_std().await.unwrap();
        assert_eq!(std::io::Seek::stream_position(&mut std).unwrap(), 5_000_000);
    });
}

#[test]
fn what_was_taken_is_written_when_its_task_is_cancelled_and_the_run_is_over() {
    let folder = Folder::new("dropped");
    let (path, all) = (folder.at("file"), bytes(200_000));
    for workers in [1, 2] {
        let mut runner = Runner::new(Options { workers, ..Options::default() }).unwrap();
        let (path, written) = (path.clone(), all.clone());
        runner.run(async move {
            let (tell, taken) = oneshot();
            let writer = create_task(async move {
                let mut file = File::create(&path).await.unwrap();
                file.write_all(&written).await.unwrap();
                tell.send(()).unwrap();
                std::future::pending::<()>().await;
            });
            taken.await.unwrap();
            drop(writer);
        });
        assert!(runner.close().is_empty());
        assert!(std::fs::read(folder.at("file")).unwrap() == all);
    }
}

#[test]
fn what_was_taken_is_written_though_the_pool_is_shut_down() {
    let folder = Folder::new("refused");
    let path = folder.at("file");
    let pool = ThreadPool::new(1);
    let mut file = File::from(std::fs::File::create(&path).unwrap());
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let (begun, begins) = std::sync::mpsc::channel();
    let busy = pool.run(move || {
        begun.send(()).unwrap();
        wait.recv().is_ok()
    });
    begins.recv().unwrap();
    let entered = pool.enter();
    block_on(file.write_all(b"all of it")).unwrap();
    assert!(block_on(poll_once(file.flush())).is_none(), "the thread is busy");
    pool.shutdown();
    block_on(file.flush()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"all of it");
    drop(entered);
    go.send(()).unwrap();
    drop(busy);
}

#[test]
fn an_error_of_a_write_is_told_once_by_the_next_call() {
    run(async {
        let mut full = OpenOptions::new().write(true).open("/dev/full").await.unwrap();
        full.write_all(b"x").await.unwrap(); // taken
        assert_eq!(full.flush().await.unwrap_err().kind(), ErrorKind::StorageFull);
        full.flush().await.unwrap();
        full.write_all(b"x").await.unwrap();
        assert!(full.sync_all().await.is_err());
        let mut read_only = File::open("/dev/null").await.unwrap();
        read_only.write_all(b"x").await.unwrap();
        assert!(read_only.close().await.is_err());
    });
}

/// A named pipe stands for a slow disk.
#[test]
fn bytes_of_a_read_that_was_dropped_are_for_the_next_one() {
    let folder = Folder::new("fifo");
    let path = folder.at("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    run(async {
        let mut pipe = open(&path).await;
        let mut other = std::fs::File::options().write(true).open(&path).unwrap();
        let mut room = [0; 4];
        assert!(poll_once(pipe.read(&mut room)).await.is_none(), "nothing there");
        other.write_all(b"even keel").unwrap();
        sleep(Duration::from_millis(10)).await; // The thread has read it by now, or will.
        pipe.read_exact(&mut room).await.unwrap();
        assert_eq!(&room, b"even");
        // Writing in between does not lose what was read ahead, though there is no way back in a pipe.
        pipe.write_all(b"!").await.unwrap();
        pipe.flush().await.unwrap();
        let mut rest = [0; 6];
        pipe.read_exact(&mut rest).await.unwrap();
        assert_eq!(&rest, b" keel!");
    });
}

#[test]
fn a_seek_that_was_dropped_or_has_failed_mixes_no_bytes_of_two_places() {
    let folder = Folder::new("seeks");
    let (path, all) = (folder.at("file"), bytes(20_000));
    std::fs::write(&path, &all).unwrap();
    run(async {
        let mut file = open(&path).await;
        let mut room = [0; 100];
        for n in 0..9 {
            file.read_exact(&mut room).await.unwrap();
            assert!(room == all[n * 100..][..100]);
        }
        let before = file.seek(SeekFrom::End(-1_000_000)).await;
        assert_eq!(before.unwrap_err().kind(), ErrorKind::InvalidInput);
        file.read_exact(&mut room).await.unwrap();
        assert!(room == all[900..1000], "the position is where it was");
        // It goes on for nobody, and what follows comes after it.
        let _ = poll_once(file.seek(SeekFrom::End(0))).await;
        assert_eq!(file.read(&mut room).await.unwrap(), 0, "the end was sought");
        file.seek(SeekFrom::Start(0)).await.unwrap();
        file.read_exact(&mut room).await.unwrap();
        file.read_exact(&mut room).await.unwrap();
        let _ = poll_once(file.seek(SeekFrom::End(0))).await;
        file.write_all(b"behind").await.unwrap();
        file.flush().await.unwrap();
    });
    assert!(std::fs::read(&path).unwrap() == [&all[..], b"behind"].concat());
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a waker of somebody's");
    }
}

#[test]
fn a_waker_that_panics_costs_no_bytes() {
    let folder = Folder::new("waker");
    let path = folder.at("file");
    let pool = ThreadPool::new(1);
    let mut file = File::from(std::fs::File::create(&path).unwrap());
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let busy = pool.run(move || wait.recv().is_ok());
    let entered = pool.enter();
    block_on(file.write_all(b"all of it")).unwrap();
    let waker = Waker::from(Arc::new(Panics));
    let flushed = pin!(file.flush()).poll(&mut Context::from_waker(&waker));
    assert!(flushed.is_pending(), "the thread is busy");
    go.send(()).unwrap();
    assert!(block_on(busy));
    // Comes after the write, for there is one thread.
    block_on(pool.run(|| ()));
    assert_eq!(std::fs::read(&path).unwrap(), b"all of it");
    block_on(file.flush()).unwrap();
    drop(entered);
}

/// For the group, too: that of the file may be another than the writer's.
#[test]
fn what_is_to_replace_a_private_file_is_private_from_the_beginning() {
    const LENGTH: usize = 16 << 20;
    let folder = Folder::new("private");
    let path = folder.at("key");
    std::fs::write(&path, "").unwrap();
    run(async {
        for mode in [0o600, 0o640] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
            let mut seen = 0;
            // The thread may be done with it before anybody looks.
            for _ in 0..100 {
                let mut write = Box::pin(fs::write_atomic(&path, vec![7; LENGTH]));
                while poll_once(&mut write).await.transpose().unwrap().is_none() {
                    for entry in std::fs::read_dir(&folder.0).unwrap().flatten() {
                        // It may have been renamed meanwhile. When all is written it is what the old one was.
                        let found = entry.metadata().ok().filter(|_| entry.file_name() != "key");
                        if let Some(found) = found.filter(|found| found.len() < LENGTH as u64) {
                            assert_eq!(found.permissions().mode() & 0o777, 0o600, "for {mode:o}");
                            seen += 1;
                        }
                    }
                }
                if seen > 0 {
                    break;
                }
            }
            assert!(seen > 0, "nobody saw it");
            let now = std::fs::metadata(&path).unwrap();
            assert_eq!((now.len(), now.permissions().mode() & 0o777), (LENGTH as u64, mode));
        }
    });
}

#[test]
fn it_works_under_a_foreign_executor() {
    let folder = Folder::new("foreign");
    block_on(async {
        let mut file = open(&folder.at("file")).await;
        file.write_all(b"anywhere").await.unwrap();
        file.seek(SeekFrom::Start(3)).await.unwrap();
        let mut clone = file.try_clone().await.unwrap();
        let mut text = String::new();
        clone.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "where");
    });
}

#[test]
fn opening_says_what_is_wrong() {
    run(async {
        let kind = async |path| File::open(path).await.map(drop).map_err(|error| error.kind());
        assert_eq!(kind("/no/such/file").await, Err(ErrorKind::NotFound));
        let mut folder = File::open("/").await.unwrap();
        assert_eq!(folder.read(&mut [0]).await.unwrap_err().kind(), ErrorKind::IsADirectory);
        let none = OpenOptions::new().open("/dev/null").await;
        assert_eq!(none.unwrap_err().kind(), ErrorKind::InvalidInput);
    });
}

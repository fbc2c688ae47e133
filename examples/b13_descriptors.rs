//! Descriptors of other makes: the kernel tells of changed files, and a timer of its own, by `Source`.
//!
//! ```python
//! loop.add_reader(inotify_fd, changed)
//! ```

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("inotify and timerfd are Linux's");
}

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::mem::MaybeUninit;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStringExt;
    use std::path::Path;
    use std::time::Duration;
    use std::{env, io, process};

    use evenkeel::reactor::Source;
    use evenkeel::{create_task, fs, run, timeout};
    use rustix::fs::inotify;
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };

    /// The files of a folder that somebody wrote and closed, as it happens.
    struct Watch {
        inotify: Source<OwnedFd>,
    }

    impl Watch {
        fn new(folder: &Path) -> io::Result<Watch> {
            let flags = inotify::CreateFlags::NONBLOCK | inotify::CreateFlags::CLOEXEC;
            let inotify = inotify::init(flags)?;
            inotify::add_watch(&inotify, folder, inotify::WatchFlags::CLOSE_WRITE)?;
            Ok(Watch { inotify: Source::new_nonblocking(inotify)? })
        }

        /// The names in one batch of the kernel's news. Dropped while it waits, nothing is lost.
        async fn changed(&self) -> io::Result<Vec<OsString>> {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            self.inotify
                .read_with(|inotify| {
                    let mut news = inotify::Reader::new(inotify, &mut buffer);
                    let mut names = Vec::new();
                    loop {
                        if let Some(name) = news.next()?.file_name() {
                            names.push(OsString::from_vec(name.to_bytes().to_vec()));
                        }
                        if news.is_buffer_empty() {
                            return Ok(names);
                        }
                    }
                })
                .await
        }
    }

    /// A timer of the kernel's own; `evenkeel::interval` is what one would use.
    async fn kernel_timer() -> io::Result<u64> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let millisecond = Timespec { tv_sec: 0, tv_nsec: 1_000_000 };
        let every = Itimerspec { it_interval: millisecond, it_value: millisecond };
        timerfd_settime(&timer, TimerfdTimerFlags::empty(), &every)?;
        let timer = Source::new_nonblocking(timer)?;
        let mut beats = 0;
        while beats < 5 {
            let mut count = [0; 8];
            timer.read_with(|timer| Ok(rustix::io::read(timer, &mut count)?)).await?;
            beats += u64::from_ne_bytes(count); // more than one, if we were late
        }
        Ok(beats)
    }

    pub(super) fn main() -> io::Result<()> {
        let folder = env::temp_dir().join(format!("evenkeel-watch-{}", process::id()));
        run(async {
            fs::create_dir_all(&folder).await?;
            let watch = Watch::new(&folder)?;
            let writer = folder.clone();
            let writer = create_task(async move {
                for name in ["one", "two", "three"] {
                    fs::write(writer.join(name), name).await?;
                }
                io::Result::Ok(())
            });
            let mut seen = Vec::new();
            while seen.len() < 3 {
                seen.extend(watch.changed().await?);
            }
            writer.await?;
            println!("changed: {seen:?}");
            assert_eq!(seen, ["one", "two", "three"]);
            // Nothing else has changed.
            assert!(timeout(Duration::from_millis(5), watch.changed()).await.is_err());

            println!("the kernel's timer: {} beats", kernel_timer().await?);
            fs::remove_dir_all(&folder).await
        })
    }
}

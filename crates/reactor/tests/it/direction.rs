//! Several tasks that wait for the same direction of one source.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_reactor::{Reactor, Source};
use futures_lite::AsyncReadExt;

use crate::support::{Count, poll_once};

fn pair(reactor: &Reactor) -> (Source<UnixStream>, UnixStream) {
    let (one, two) = UnixStream::pair().unwrap();
    (reactor.register(one).unwrap(), two)
}

#[test]
fn all_who_wait_are_woken() {
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = pair(&reactor);
    let (counts, wakers): (Vec<_>, Vec<_>) = (0..3).map(|_| Count::new()).unzip();
    let mut one = pin!(source.readable());
    let mut byte = [0];
    let mut by_reference = &source;
    let mut two = pin!(by_reference.read(&mut byte));
    assert!(poll_once(one.as_mut(), &wakers[0]).is_pending());
    assert!(poll_once(two.as_mut(), &wakers[1]).is_pending());
    assert!(source.poll_readable(&mut Context::from_waker(&wakers[2])).is_pending());

    peer.write_all(b"x").unwrap();
    assert_eq!(reactor.wait(None).unwrap(), 3);
    assert_eq!(counts.iter().map(|count| count.get()).collect::<Vec<_>>(), [1, 1, 1]);
    assert!(poll_once(one, &wakers[0]).is_ready());
    assert!(poll_once(two, &wakers[1]).is_ready());
}

#[test]
fn a_reader_dropped_after_its_wake_takes_no_news_with_it() {
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = pair(&reactor);
    let (_, waker) = Count::new();
    let (count, other_waker) = Count::new();
    let mut stays = pin!(source.readable());
    {
        let mut goes = pin!(source.readable());
        assert!(poll_once(goes.as_mut(), &waker).is_pending());
        assert!(poll_once(stays.as_mut(), &other_waker).is_pending());
        peer.write_all(b"x").unwrap();
        assert_eq!(reactor.wait(None).unwrap(), 2);
    }
    assert_eq!(count.get(), 1);
    assert!(poll_once(stays, &other_waker).is_ready());
}

#[test]
fn a_dropped_future_gives_its_waker_back_at_once() {
    let reactor = Reactor::new().unwrap();
    let (source, _peer) = pair(&reactor);
    let (count, waker) = Count::new();
    for _ in 0..1000 {
        let mut future = pin!(source.readable());
        assert!(poll_once(future.as_mut(), &waker).is_pending());
    }
    drop(waker);
    assert_eq!(Arc::strong_count(&count), 1, "a waker was kept");
}

#[test]
fn only_the_last_waker_of_a_future_is_woken() {
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = pair(&reactor);
    let ((old, old_waker), (new, new_waker)) = (Count::new(), Count::new());
    let mut future = pin!(source.readable());
    assert!(poll_once(future.as_mut(), &old_waker).is_pending());
    assert!(poll_once(future.as_mut(), &new_waker).is_pending());
    peer.write_all(b"x").unwrap();
    reactor.wait(None).unwrap();
    assert_eq!((old.get(), new.get()), (0, 1));
}

#[test]
fn wakers_left_by_poll_calls_do_not_pile_up() {
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = pair(&reactor);
    // A live task, which comes back whenever it is woken, and many that come once and are gone.
    let (live, live_waker) = Count::new();
    let (gone, _) = Count::new();
    let poll = |waker: &Waker| source.poll_readable(&mut Context::from_waker(waker));
    assert!(poll(&live_waker).is_pending());
    for _ in 0..100 {
        let waker = Waker::from(Arc::new(Forward(gone.clone())));
        assert!(poll(&waker).is_pending());
        assert!(poll(&live_waker).is_pending());
    }
    assert!(gone.get() > 0, "none was flushed out");
    let before = live.get();
    peer.write_all(b"x").unwrap();
    reactor.wait(None).unwrap();
    assert_eq!(live.get(), before + 1);

    struct Forward(Arc<Count>);
    impl Wake for Forward {
        fn wake(self: Arc<Self>) {
            self.0.clone().wake();
        }
    }
}

#[test]
fn reading_and_writing_do_not_disturb_each_other() {
    // A tick shared by both directions lets steady news for one for ever spoil the other's proof.
    let reactor = Reactor::new().unwrap();
    let (source, mut peer) = pair(&reactor);
    let fill = vec![0; 1 << 16];
    let (writes, waker) = Count::new();
    let mut write = pin!(async {
        loop {
            source.write_with(|mut io| io.write(&fill)).await.unwrap();
        }
    });
    let polled: Poll<()> = poll_once(write.as_mut(), &waker);
    assert!(polled.is_pending());
    for _ in 0..10 {
        let (reads, waker) = Count::new();
        let mut byte = [0; 1];
        let mut by_reference = &source;
        let mut read = pin!(by_reference.read(&mut byte));
        assert!(poll_once(read.as_mut(), &waker).is_pending());
        peer.write_all(b"x").unwrap();
        assert_eq!(reactor.wait(None).unwrap(), 1);
        assert_eq!(reads.get(), 1);
        assert!(poll_once(read, &waker).is_ready());
    }
    assert_eq!(writes.get(), 0);
}

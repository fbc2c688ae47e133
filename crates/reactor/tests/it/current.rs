//! Which reactor a new source belongs to.

use std::os::unix::net::UnixStream;

use evenkeel_reactor::{Reactor, Source};

#[test]
fn enter_nests() {
    let (outer, inner) = (Reactor::new().unwrap(), Reactor::new().unwrap());
    let counts = || (outer.statistics().sources, inner.statistics().sources);
    let source = || Source::new(UnixStream::pair().unwrap().0).unwrap();

    assert!(Reactor::current().is_none());
    let entered_outer = outer.enter();
    let _one = source();
    assert_eq!(counts(), (1, 0));
    let entered_inner = inner.enter();
    let _two = source();
    assert_eq!(counts(), (1, 1));
    drop(entered_inner);
    let _three = source();
    assert_eq!(counts(), (2, 1));
    drop(entered_outer);
    assert!(Reactor::current().is_none());
}

#[test]
fn register_does_not_ask_which_is_entered() {
    let (entered, named) = (Reactor::new().unwrap(), Reactor::new().unwrap());
    let _entered = entered.enter();
    let _source = named.register(UnixStream::pair().unwrap().0).unwrap();
    assert_eq!((entered.statistics().sources, named.statistics().sources), (0, 1));
}

#[test]
fn a_thread_that_ends_has_no_reactor() {
    struct AtTheEnd;
    impl Drop for AtTheEnd {
        fn drop(&mut self) {
            // The thread's own record may be gone by now: no panic, and the fall-back serves.
            let _ = Reactor::current();
            drop(Source::new(UnixStream::pair().unwrap().0).unwrap());
        }
    }
    thread_local!(static LATE: AtTheEnd = const { AtTheEnd });
    std::thread::spawn(|| {
        LATE.with(|_| {});
        let reactor = Reactor::new().unwrap();
        drop(reactor.enter());
    })
    .join()
    .unwrap();
}

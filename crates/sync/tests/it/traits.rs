//! What may be sent and shared, as the compiler sees it.

use std::cell::{Cell, RefCell};
use std::marker::PhantomData;
use std::rc::Rc;
use std::sync::MutexGuard;

use evenkeel_sync::*;

fn send<T: Send + ?Sized>() {}
fn sent<T: Send>(_: T) {}
fn sync<T: Sync + ?Sized>() {}
fn send_value<T: Send>(_: &T) {}

/// Answers whether `$type` is `$auto`, without failing to compile if it is not.
macro_rules! is {
    ($type:ty: $auto:ident) => {{
        #[allow(dead_code, reason = "as below")]
        trait No {
            const IS: bool = false;
        }
        impl<T: ?Sized> No for T {}
        struct Probe<T: ?Sized>(PhantomData<T>);
        #[allow(dead_code, reason = "one of the two is not chosen")]
        impl<T: ?Sized + $auto> Probe<T> {
            const IS: bool = true;
        }
        <Probe<$type>>::IS
    }};
}

#[test]
fn what_may_be_sent_and_shared() {
    send::<Lock<Cell<u8>>>();
    sync::<Lock<Cell<u8>>>();
    send::<Guard<'static, Cell<u8>>>();
    send::<OwnedGuard<Cell<u8>>>();
    sync::<Guard<'static, MutexGuard<'static, u8>>>();
    send::<Locking<'static, Cell<u8>>>();
    sync::<Locking<'static, Cell<u8>>>();
    send::<LockingOwned<dyn Send>>();
    send::<RwLock<Cell<u8>>>();
    sync::<RwLock<u8>>();
    send::<ReadGuard<'static, u8>>();
    send::<OwnedWriteGuard<u8>>();
    sync::<WriteGuard<'static, MutexGuard<'static, u8>>>();
    send::<Reading<'static, u8>>();
    send::<WritingOwned<u8>>();
    sync::<BoundedSemaphore>();
    sync::<Condition>();
    send_value(&Condition::new().wait(Lock::new(Cell::new(0)).try_lock().unwrap()));
    send::<Semaphore>();
    sync::<Semaphore>();
    send::<Acquire<'static>>();
    send::<AcquireOwned>();
    send::<Permit<'static>>();
    sync::<OwnedPermit>();
    send::<Event>();
    sync::<Event>();
    send::<Waiting<'static>>();
    send::<WaitingOwned>();
    sync::<Barrier>();
    send::<Barrier>();
    send::<Arriving<'static>>();
    send::<OnceCell<Cell<u8>>>();
    sync::<OnceCell<u8>>();
    sync::<Once>();
    send::<watch::Sender<u8>>();
    sync::<watch::Receiver<u8>>();
    send::<watch::Changes<u8>>();
    send::<broadcast::Sender<u8>>();
    sync::<broadcast::Receiver<u8>>();
    send::<broadcast::Values<u8>>();
    let (mut values, mut latest) = (broadcast::<u8>(1).1, watch(1).1);
    sent(async move { (values.recv().await, latest.changed().await) });
    let (values, mut latest) = (Barrier::new(1), watch(1).1);
    sent(async move { (values.wait().await, latest.wait_for(|n| *n > 1).await.is_ok()) });
    send::<Sender<Cell<u8>>>();
    sync::<Sender<Cell<u8>>>();
    send::<Receiver<Cell<u8>>>();
    send::<Queue<Cell<u8>>>();
    sync::<Queue<Cell<u8>>>();
    send::<PriorityQueue<u8>>();
    send::<queue::Item<u8>>();
    sync::<queue::Item<u8>>();
    send::<queue::Items<queue::Lifo<Cell<u8>>>>();
    send::<queue::Getting<'static, queue::Fifo<Cell<u8>>>>();
    send::<queue::Putting<'static, queue::Fifo<Cell<u8>>>>();
    send::<channel::Sender<Cell<u8>>>();
    sync::<channel::Sender<Cell<u8>>>();
    send::<channel::Receiver<Cell<u8>>>();
    sync::<channel::Receiver<Cell<u8>>>();
    send::<channel::Place<'static, Cell<u8>>>();
    let (sender, mut receiver) = channel::<Cell<u8>>(1);
    sent(async move { (receiver.recv().await, sender.send(Cell::new(1)).await) });
    let (_sender, mut receiver) = channel::<Cell<u8>>(1);
    sent(async move { receiver.recv_many(&mut Vec::new(), 1).await });
}

#[test]
fn and_what_may_not() {
    assert!(is!(Lock<u8>: Sync), "the probe works");
    assert!(!is!(Lock<Rc<u8>>: Send));
    assert!(!is!(Lock<Rc<u8>>: Sync));
    assert!(!is!(Guard<'static, Rc<u8>>: Send));
    assert!(!is!(Guard<'static, Cell<u8>>: Sync));
    assert!(!is!(OwnedGuard<Rc<u8>>: Send));
    assert!(!is!(OwnedGuard<RefCell<u8>>: Sync));
    assert!(!is!(Locking<'static, Rc<u8>>: Send));
    assert!(!is!(LockingOwned<Rc<u8>>: Send));
    assert!(!is!(RwLock<Cell<u8>>: Sync));
    assert!(!is!(RwLock<Rc<u8>>: Send));
    assert!(!is!(ReadGuard<'static, Cell<u8>>: Send));
    assert!(!is!(ReadGuard<'static, Cell<u8>>: Sync));
    assert!(!is!(WriteGuard<'static, Cell<u8>>: Send), "it may be downgraded");
    assert!(!is!(OwnedWriteGuard<Cell<u8>>: Send));
    assert!(!is!(OwnedReadGuard<MutexGuard<'static, u8>>: Send), "it may be the last");
    assert!(!is!(Reading<'static, Cell<u8>>: Send));
    assert!(!is!(OnceCell<Cell<u8>>: Sync));
    assert!(!is!(OnceCell<Rc<u8>>: Send));
    assert!(!is!(watch::Sender<Cell<u8>>: Send));
    assert!(!is!(broadcast::Receiver<Cell<u8>>: Send));
    assert!(!is!(Sender<Rc<u8>>: Send));
    assert!(!is!(Receiver<Rc<u8>>: Send));
    assert!(!is!(Locking<'static, u8>: Unpin));
    assert!(!is!(Acquire<'static>: Unpin));
    assert!(!is!(Waiting<'static>: Unpin));
    assert!(!is!(Queue<Rc<u8>>: Send));
    assert!(!is!(queue::Item<Rc<u8>>: Send));
    assert!(!is!(queue::Item<Cell<u8>>: Sync));
    assert!(!is!(queue::Getting<'static, queue::Fifo<Rc<u8>>>: Send));
    assert!(!is!(channel::Sender<Rc<u8>>: Send));
    assert!(!is!(channel::Receiver<Rc<u8>>: Sync));
    assert!(!is!(channel::Receiving<'static, u8>: Unpin));
    assert!(!is!(channel::ReceivingMany<'static, u8>: Unpin));
    assert!(is!(channel::Receiver<Rc<u8>>: Unpin));
    assert!(is!(Receiver<u8>: Unpin));
    assert!(is!(watch::Changes<u8>: Unpin));
    assert!(is!(broadcast::Values<u8>: Unpin));
}

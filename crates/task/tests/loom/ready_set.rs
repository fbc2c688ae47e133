//! Models of the list behind `gather`: children are woken on other threads while their parent is
//! polled.
#![allow(unsafe_code, reason = "a cell that loom watches")]

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

use evenkeel_task::gather;
use loom::cell::UnsafeCell;
use loom::sync::Notify;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

/// The parent's waker: loom reports a deadlock if it is needed and not woken.
struct Parent(Notify);

impl Wake for Parent {
    fn wake(self: Arc<Self>) {
        self.0.notify();
    }
}

/// Where the first poll of a child leaves its waker. Not one of loom's: it orders nothing in the
/// model, since it is used on the main thread only.
type Left = Arc<Mutex<Option<Waker>>>;

fn take(left: &Left) -> Waker {
    left.lock().unwrap().take().expect("the first poll left a waker")
}

/// What a thread writes before it wakes the child that reads it. Nothing but the wake orders the
/// two.
struct Letter(UnsafeCell<u32>);

// SAFETY: that there is an order is what the model shows; loom reports an access without.
unsafe impl Send for Letter {}
// SAFETY: as above.
unsafe impl Sync for Letter {}

impl Letter {
    fn write(&self, value: u32) {
        // SAFETY: see above.
        self.0.with_mut(|at| unsafe { *at = value });
    }

    fn read(&self) -> u32 {
        // SAFETY: see above.
        self.0.with(|at| unsafe { *at })
    }
}

/// Ready at its second poll, with the letter.
struct Reader {
    left: Left,
    letter: Arc<Letter>,
    polled: bool,
}

impl Future for Reader {
    type Output = u32;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u32> {
        if self.polled {
            return Poll::Ready(self.letter.read());
        }
        self.polled = true;
        *self.left.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    }
}

fn reader() -> (Reader, Left, Arc<Letter>) {
    let (left, letter) = (Left::default(), Arc::new(Letter(UnsafeCell::new(0))));
    let child = Reader { left: Arc::clone(&left), letter: Arc::clone(&letter), polled: false };
    (child, left, letter)
}

/// Polls until ready, asleep in between.
fn wait_for<F: Future>(mut future: Pin<&mut F>, parent: &Arc<Parent>) -> F::Output {
    let waker = Waker::from(Arc::clone(parent));
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        parent.0.wait();
    }
}

/// Seen to fail when: `begin` takes the list before it registers the parent's waker, or `wake`
/// tells the parent at any but the first push (deadlock); `wake` pushes without Release, or `begin`
/// takes without Acquire (a link is not seen: deadlock, or a letter read while it is written).
///
/// Not seen here: the Acquire of the push and the Release of `begin`, since the stand-in for the
/// parent's slot is a lock, which orders more than `AtomicWaker` does.
#[test]
fn wakes_of_two_children_against_the_parents_poll() {
    loom::model(|| {
        let parent = Arc::new(Parent(Notify::new()));
        let ((one, left_one, letter_one), (two, left_two, letter_two)) = (reader(), reader());
        let mut both = pin!(gather((one, two)));
        let waker = Waker::from(Arc::clone(&parent));
        assert!(both.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let threads = [(take(&left_one), letter_one, 1), (take(&left_two), letter_two, 2)].map(
            |(waker, letter, value)| {
                thread::spawn(move || {
                    letter.write(value);
                    waker.wake();
                })
            },
        );
        assert_eq!(wait_for(both.as_mut(), &parent), (1, 2));
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Ready once it sees that it was woken twice.
struct Twice {
    left: Left,
    wakes: Arc<AtomicUsize>,
}

impl Future for Twice {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if self.wakes.load(Relaxed) == 2 {
            return Poll::Ready(());
        }
        self.left.lock().unwrap().get_or_insert_with(|| cx.waker().clone());
        Poll::Pending
    }
}

/// Seen to fail when: a wake that finds the node marked only looks at the mark (a load hands
/// nothing on to the poll that follows: deadlock); `next` unmarks the node without Acquire, or
/// `wake` marks it without Release (likewise).
///
/// Not seen here: the other halves of those two (Release in `next`, Acquire in `wake`), which keep
/// a load of the link from seeing a later store; loom does not reorder a load behind a store.
#[test]
fn an_absorbed_wake_is_seen_by_the_poll_that_follows() {
    loom::model(|| {
        let parent = Arc::new(Parent(Notify::new()));
        let (left, wakes) = (Left::default(), Arc::new(AtomicUsize::new(0)));
        let child = Twice { left: Arc::clone(&left), wakes: Arc::clone(&wakes) };
        let mut one = pin!(gather([child]));
        let waker = Waker::from(Arc::clone(&parent));
        assert!(one.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let child = take(&left);
        let threads = [child.clone(), child].map(|waker| {
            let wakes = Arc::clone(&wakes);
            thread::spawn(move || {
                wakes.fetch_add(1, Relaxed);
                waker.wake();
            })
        });
        wait_for(one.as_mut(), &parent);
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

/// Seen to fail when: a count is given back without Release, or the last one taken without Acquire
/// (the block is freed while it is used); the set does not give back its own (a leak).
#[test]
fn the_last_waker_against_the_drop_of_the_gather() {
    loom::model(|| {
        let parent = Arc::new(Parent(Notify::new()));
        let (child, left, _letter) = reader();
        let mut one = Box::pin(gather([child]));
        let waker = Waker::from(Arc::clone(&parent));
        assert!(one.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        let child = take(&left);
        let thread = thread::spawn(move || {
            child.wake_by_ref();
            drop(child);
        });
        drop(one);
        thread.join().unwrap();
        // The parent's waker is not kept by what is left of the gather: ours, and the one in
        // `waker`.
        assert_eq!(Arc::strong_count(&parent), 2);
    });
}

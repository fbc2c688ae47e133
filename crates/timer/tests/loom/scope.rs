//! Models of scopes: those who cancel or move a deadline, against those who run, make and let go.

use std::future::{Future, Pending, pending};
use std::pin::Pin;
use std::task::{Context, Poll};

use evenkeel_timer::{CancelScope, CancelSource, Cancelled, Run};
use loom::thread;

use super::{Count, Scene};

type Endless = Pin<Box<Run<Pending<()>>>>;

fn endless(scope: &CancelScope) -> Endless {
    Box::pin(scope.run(pending()))
}

fn poll(run: &mut Endless, count: &Count) -> Poll<Result<(), Cancelled>> {
    let waker = count.waker();
    run.as_mut().poll(&mut Context::from_waker(&waker))
}

/// Caught: `Node::watch` that looks whether it is cancelled in one critical section and leaves the
/// waker in another: nobody is woken.
#[test]
fn cancel_against_a_run_that_begins() {
    loom::model(|| {
        let _scene = Scene::new(|| {});
        let scope = CancelScope::new();
        let count = Count::default();
        let runner = thread::spawn({
            let (mut run, count) = (endless(&scope), count.clone());
            move || (poll(&mut run, &count), run)
        });
        assert!(scope.cancel());
        let (polled, mut run) = runner.join().unwrap();
        if polled.is_pending() {
            assert_eq!(count.get(), 1, "it waits, so it was woken");
            assert!(poll(&mut run, &count).is_ready());
        }
        assert_eq!(scope.statistics().waiting, 0);
    });
}

/// Caught: `Node::end_if` that unlocks the node before it descends: the second to cancel finds the
/// parent cancelled and the child not.
#[test]
fn two_who_cancel_and_a_child() {
    loom::model(|| {
        let _scene = Scene::new(|| {});
        let scope = CancelScope::new();
        let child = scope.child();
        let canceller = thread::spawn({
            let scope = scope.clone();
            move || scope.cancel()
        });
        let first = scope.cancel();
        assert!(poll(&mut endless(&child), &Count::default()).is_ready(), "level-triggered");
        assert!(first != canceller.join().unwrap());
    });
}

/// Caught: `Node::child` that looks at the cause before it takes the lock with which it puts the
/// child on the list: a child that nobody cancels.
#[test]
fn a_child_is_made_while_its_parent_is_cancelled() {
    loom::model(|| {
        let _scene = Scene::new(|| {});
        let scope = CancelScope::new();
        let maker = thread::spawn({
            let scope = scope.clone();
            move || scope.child()
        });
        scope.cancel();
        assert_eq!(maker.join().unwrap().source(), Some(CancelSource::Parent));
    });
}

/// Caught: `Told::descend` that lets go of each node when it has told it: the last to let go of the
/// child takes the parent's lock, which is held. A deadlock. And `end_if` that wakes, and lets go of
/// all, before it unlocks: the same.
#[test]
fn a_child_goes_while_its_parent_is_cancelled() {
    loom::model(|| {
        let _scene = Scene::new(|| {});
        let scope = CancelScope::new();
        let child = scope.child();
        let leaver = thread::spawn(move || {
            // For the model's sake, which sees locks and not counts: it is dropped right after.
            assert_eq!(child.deadline(), None);
        });
        assert!(scope.cancel());
        leaver.join().unwrap();
        assert_eq!(scope.statistics().children, 0);
    });
}

/// Caught: `Watch::poll` that reads the deadlines before it leaves its waker (and takes the number
/// of moves after): no timer, and nobody woken. Also caught: `set_deadline` that tells those below
/// before it has moved.
#[test]
fn a_parents_deadline_moves_while_a_run_begins() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let scope = CancelScope::new();
        let count = Count::default();
        let at = scene.at(10);
        let runner = thread::spawn({
            let (mut run, count) = (endless(&scope.child()), count.clone());
            move || {
                assert!(poll(&mut run, &count).is_pending());
                run
            }
        });
        scope.set_deadline(Some(at));
        let mut run = runner.join().unwrap();
        if count.get() > 0 {
            assert!(poll(&mut run, &count).is_pending());
        }
        assert_eq!(scene.timers.next_deadline(), Some(at));
        scene.timers.fire(at);
        let Poll::Ready(Err(cause)) = poll(&mut run, &count) else { panic!("its time is over") };
        assert_eq!(cause.source, CancelSource::Parent);
    });
}

/// Caught: `Node::expire` that does not look at the deadline again under the lock: cancelled, though
/// its deadline is to come.
#[test]
fn a_deadline_moves_away_while_it_comes() {
    loom::model(|| {
        let scene = Scene::new(|| {});
        let (at, later) = (scene.at(10), scene.at(20));
        let scope = CancelScope::until(at);
        let count = Count::default();
        let mut run = endless(&scope);
        assert!(poll(&mut run, &count).is_pending());
        let mover = thread::spawn({
            let scope = scope.clone();
            move || scope.set_deadline(Some(later))
        });
        scene.timers.fire(at);
        let first = poll(&mut run, &count);
        mover.join().unwrap();
        let ended = first.is_ready() || poll(&mut run, &count).is_ready();
        if ended {
            assert_eq!(scope.deadline(), Some(at), "what had come was not moved");
            assert_eq!(scope.source(), Some(CancelSource::Deadline));
        } else {
            assert_eq!(scope.deadline(), Some(later));
            assert_eq!(scene.timers.next_deadline(), Some(later));
        }
    });
}

/// Caught: `Node::leave` that takes the last place off the list and not its own: the other run is
/// never woken.
#[test]
fn a_run_leaves_while_the_scope_is_cancelled() {
    loom::model(|| {
        let _scene = Scene::new(|| {});
        let scope = CancelScope::new();
        let (left, stays) = (Count::default(), Count::default());
        let (mut leaving, mut staying) = (endless(&scope), endless(&scope));
        assert!(poll(&mut leaving, &left).is_pending());
        assert!(poll(&mut staying, &stays).is_pending());
        let leaver = thread::spawn(move || drop(leaving));
        scope.cancel();
        leaver.join().unwrap();
        assert!(left.get() <= 1);
        assert_eq!(stays.get(), 1);
        assert!(poll(&mut staying, &stays).is_ready());
    });
}

//! What the models of `tests/loom.rs` may touch: thin public faces over the private protocols.
#![expect(missing_debug_implementations, missing_docs, reason = "not part of the crate's face")]

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;
use std::task::Waker;

use crate::counted::{Advance, Counted};
use crate::desks::Desks;
use crate::door::Door;
use crate::home::{Home, HomeRef, Kind};
use crate::idle::{Idle, Woke};
use crate::local_seat::{HOST, Seats};
use crate::meta::Meta;
use crate::parker::Parker;
use crate::ring::Ring;
use crate::slot::{Opening, Slot};

/// A ring of four, of numbers.
pub struct FourRing(Ring<4, 4>);

fn pointer(number: usize) -> *mut () {
    NonNull::<()>::dangling().as_ptr().wrapping_byte_add(number)
}

fn number(pointer: *mut ()) -> usize {
    pointer.addr() - 1
}

impl Default for FourRing {
    fn default() -> Self {
        FourRing(Ring::new())
    }
}

impl FourRing {
    pub fn push(&self, item: usize) -> bool {
        self.0.push(pointer(item)).is_ok()
    }
    pub fn pop(&self) -> Option<usize> {
        self.0.pop().map(number)
    }
    pub fn steal_into(&self, into: &FourRing) -> Option<usize> {
        self.0.steal_into(&into.0).map(number)
    }
    pub fn take_half(&self) -> Vec<usize> {
        let mut half = Vec::new();
        self.0.take(2, &mut half);
        half.into_iter().map(number).collect()
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A ring of two that grows to four, of numbers.
pub struct GrowingRing(Ring<2, 4>);

impl Default for GrowingRing {
    fn default() -> Self {
        GrowingRing(Ring::new())
    }
}

impl GrowingRing {
    pub fn push(&self, item: usize) -> bool {
        self.0.push(pointer(item)).is_ok()
    }
    pub fn pop(&self) -> Option<usize> {
        self.0.pop().map(number)
    }
    pub fn steal_into(&self, into: &GrowingRing) -> Option<usize> {
        self.0.steal_into(&into.0).map(number)
    }
}

/// The list of sleepers.
pub struct Sleepers(Idle);

impl Default for Sleepers {
    fn default() -> Self {
        Sleepers(Idle::new())
    }
}

impl Sleepers {
    /// After a push.
    pub fn wake_one(&self) {
        crate::loom::full_fence();
        if let Some(parker) = self.0.wake_one() {
            parker.unpark();
        }
    }
    /// After a push by a worker.
    pub fn wake_helper(&self) {
        crate::loom::full_fence();
        if self.0.spares_one() {
            return;
        }
        if let Some(parker) = self.0.wake_one() {
            parker.unpark();
        }
    }
    /// After a push by a worker: whether its wake-up is left out.
    pub fn spares_one(&self) -> bool {
        crate::loom::full_fence();
        self.0.spares_one()
    }
    pub fn watch(&self, count: u32) {
        self.0.watch(count);
    }
    pub fn watch_too(&self) -> bool {
        self.0.watch_too()
    }
    /// True: look at every queue.
    pub fn stop_watching(&self) -> bool {
        let is_last = self.0.stop_watching();
        crate::loom::full_fence();
        is_last
    }
    /// As `Core::sleep`; true: chosen to search.
    pub fn sleep(&self, parker: &Parker, searching: bool, has_work: impl Fn() -> bool) -> bool {
        self.0.sleep(parker, searching);
        crate::loom::full_fence();
        if !has_work() {
            parker.park();
        }
        self.0.leave(parker) == Woke::ToSearch
    }
    pub fn try_search(&self) -> bool {
        self.0.try_search()
    }
    /// As `Core::run` when a searcher has found work.
    pub fn found(&self, has_work: impl Fn() -> bool) {
        if self.0.stop_searching() {
            crate::loom::full_fence();
            if has_work() {
                self.wake_one();
            }
        }
    }
}

/// The slot of one task, id 1, whose cell is a waker.
pub struct OneSlot(Slot, Box<Waker>);

impl OneSlot {
    pub fn new(waker: Waker) -> Self {
        let (slot, waker) = (Slot::new(), Box::new(waker));
        let opening = Opening::new(1, 0, std::panic::Location::caller());
        slot.open(NonNull::from(&*waker).cast(), &opening);
        OneSlot(slot, waker)
    }
    pub fn cancel(&self) -> bool {
        self.0.cancel(1, false)
    }
    pub fn is_alive(&self) -> bool {
        self.0.is_alive(1)
    }
    pub fn is_cancelling(&self) -> bool {
        self.0.is_cancelling()
    }
    /// Whether a cancel was asked for; by the short way first, as a task that returned does.
    pub fn close(&self) -> bool {
        !self.0.try_close_plain(&self.1) && self.0.close().cancelled
    }
    /// The slot serves another task, of which something is said; whether that is still said.
    pub fn open_next(&self) {
        let mut opening = Opening::new(2, 0, std::panic::Location::caller());
        opening.shielded();
        self.0.open(NonNull::from(&*self.1).cast(), &opening);
    }
    pub fn is_shielded(&self) -> bool {
        self.0.is_shielded()
    }
}

/// A local executor whose tasks are numbers, each of which is run by being taken out.
pub struct Host {
    seats: Seats,
    door: Arc<Door<usize>>,
    parker: Parker,
}

/// What other threads have of it.
#[derive(Clone)]
pub struct Outdoors(Arc<Door<usize>>, Parker);

impl Outdoors {
    /// As a wake-up on a thread that is not the owner's.
    pub fn wake(&self, task: usize) {
        self.0.leave(task, &self.1);
    }
}

impl Default for Host {
    fn default() -> Self {
        Host::new(Parker::new())
    }
}

impl Host {
    pub fn new(parker: Parker) -> Self {
        Host { seats: Seats::new(), door: Arc::new(Door::new()), parker }
    }
    pub fn outdoors(&self) -> Outdoors {
        Outdoors(Arc::clone(&self.door), self.parker.clone())
    }
    /// As `LocalExecutor::turn`; what has run.
    pub fn turn(&self) -> Vec<usize> {
        let mut ran = Vec::new();
        self.door.take_in(|task| ran.push(task));
        ran
    }
    pub fn is_idle(&self) -> bool {
        self.door.is_empty()
    }
    pub fn parker(&self) -> &Parker {
        &self.parker
    }
    /// As `LocalExecutor::poll`; what has run.
    pub fn poll(&self, waker: &Waker) -> Vec<usize> {
        self.seats.awake(HOST, &self.parker);
        let ran = self.turn();
        if self.is_idle() {
            self.seats.sleep(HOST, waker, &self.parker, || self.is_idle());
        } else {
            waker.wake_by_ref();
        }
        ran
    }
}

/// The seats of a local executor whose queue is one flag.
pub struct TwoSeats {
    seats: Seats,
    parker: Parker,
}

impl Default for TwoSeats {
    fn default() -> Self {
        TwoSeats { seats: Seats::new(), parker: Parker::new() }
    }
}

impl TwoSeats {
    pub fn parker(&self) -> Parker {
        self.parker.clone()
    }
    pub fn awake(&self, seat: u64) {
        self.seats.awake(seat, &self.parker);
    }
    pub fn sleep(&self, seat: u64, waker: &Waker, is_idle: impl Fn() -> bool) {
        self.seats.sleep(seat, waker, &self.parker, is_idle);
    }
    pub fn leave(&self, seat: u64, is_idle: impl Fn() -> bool) {
        self.seats.leave(seat, &self.parker, is_idle);
    }
}

/// A value that is counted, and counts of it in advance.
pub struct CountedValue<T>(Counted<T>);

impl<T> CountedValue<T> {
    pub fn new(value: T) -> Self {
        CountedValue(Counted::new(value))
    }
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// As whoever wakes a task from outside does: `cell`, an `Arc`, is kept for as long as `push` touches what it leads to.
pub fn keep_for<K: Deref>(cell: K, push: impl FnOnce(&K::Target)) {
    let kept: *const K::Target = &raw const *cell;
    // SAFETY: it is no part of the `Arc`, which moves, and is kept meanwhile: that is what the model is about.
    crate::meta::keep_for(cell, || push(unsafe { &*kept }));
}

impl<T> Clone for CountedValue<T> {
    fn clone(&self) -> Self {
        CountedValue(self.0.clone())
    }
}

/// A worker, with its own count and those it has in advance.
pub struct InAdvance<T>(CountedValue<T>, Advance);

impl<T> InAdvance<T> {
    pub fn new(counted: CountedValue<T>) -> Self {
        InAdvance(counted, Advance::default())
    }
    /// A count for a cell, which may be dropped anywhere.
    pub fn take(&self) -> CountedValue<T> {
        self.1.take(&self.0.0);
        CountedValue(std::mem::ManuallyDrop::into_inner(self.0.0.lend()))
    }
    /// A cell is dropped here.
    pub fn keep(&self, cell: CountedValue<T>) {
        // SAFETY: the cell's count is given up below.
        if unsafe { self.1.keep(&self.0.0) } {
            std::mem::forget(cell);
        }
    }
}

impl<T> Drop for InAdvance<T> {
    fn drop(&mut self) {
        self.1.end(&self.0.0);
    }
}

/// Where threads outside count what they spawn.
pub struct Outside(Desks);

impl Default for Outside {
    fn default() -> Self {
        Outside(Desks::new())
    }
}

impl Outside {
    pub fn open(&self) {
        self.0.at(0).opened += 1;
    }
    /// A count for a cell, which may be dropped anywhere; `is_closed` says whether the executor is gone.
    pub fn take<T>(
        &self,
        home: &CountedValue<T>,
        is_closed: impl FnOnce() -> bool,
    ) -> CountedValue<T> {
        let desk = self.0.at(0);
        desk.count(&home.0, is_closed());
        CountedValue(std::mem::ManuallyDrop::into_inner(home.0.lend()))
    }
    /// The executor, which is closed, goes.
    pub fn end<T>(&self, home: &CountedValue<T>) {
        self.0.end(&home.0);
    }
    pub fn opened(&self) -> usize {
        self.0.sum(|desk| desk.opened)
    }
}

/// As an executor that goes, after its first walk.
pub fn drive_out(
    is_left: impl Fn() -> bool,
    tick: impl Fn() -> bool,
    ask_latecomers: impl Fn(),
    rest: impl Fn(),
) {
    crate::home::drive_out(is_left, tick, ask_latecomers, rest);
}

/// A home that comes to its end.
#[derive(Clone)]
pub struct EndingHome(HomeRef);

impl Default for EndingHome {
    fn default() -> Self {
        EndingHome(Home::new(Kind::Jobs))
    }
}

impl EndingHome {
    /// What both do first.
    fn spawn(&self, waker: &Waker, shielded: bool) -> Meta {
        let meta = Meta::new(self.0.registry.take_one(&self.0), None);
        let mut opening = Opening::new(1, 0, std::panic::Location::caller());
        if shielded {
            opening.shielded();
        }
        meta.slot().open(NonNull::from(waker).cast(), &opening);
        if !self.0.is_open() {
            self.0.ask(meta.slot());
        }
        meta
    }
    /// As a thread that is no worker. The waker, which is to live as long as the home, tells that the task was
    /// asked to end.
    pub fn spawn_from_outside(&self, waker: &Waker, shielded: bool) {
        let meta = self.spawn(waker, shielded);
        self.0.ask_if_ending(meta.slot());
    }
    /// As a worker.
    pub fn spawn_as_worker(&self, waker: &Waker) {
        self.spawn(waker, false);
    }
    pub fn wind_down(&self) {
        self.0.wind_down();
    }
    /// As the executor that goes does first.
    pub fn close(&self) {
        self.0.close();
        self.0.cancel_all();
    }
    /// As it does until no task is left.
    pub fn ask_latecomers(&self) {
        self.0.ask_latecomers();
    }
}

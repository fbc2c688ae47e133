//! The way in: a future becomes a task with a home.
//!
//! The schedule function that async-task keeps beside the future is zero-sized: which queue a task comes
//! back to is read from its metadata.
//!
// OUTLIVES ITS BORROWS: an executor `'a` spawns futures that borrow for `'a`; it is dropped before those
//                  borrows end, and its drop does not return while one of its futures is alive.
// ON ITS THREAD: a task of a local home is spawned, polled and dropped on the home's thread only.

use std::future::Future;
use std::panic::Location;
use std::ptr::NonNull;
use std::sync::Arc;

use async_task::{Runnable, ScheduleInfo, WithInfo};

use crate::handle::Task;
use crate::home::{Home, HomeRef, Kind};
use crate::life::{Life, Outcome};
use crate::locals::{self, Locals};
use crate::meta::{Extra, Meta, OnEnd, TaskId};
use crate::slot::{Opening, Slot};
use crate::thread_state;

/// What the caller said of a new task.
pub(crate) struct Named {
    pub(crate) name: Option<Arc<str>>,
    /// `None`: those of the task that spawns.
    pub(crate) locals: Option<Locals>,
    pub(crate) spawned_at: &'static Location<'static>,
    /// Its first step runs where it is spawned, if that can be.
    pub(crate) start: Start,
    /// Who is told of its end.
    pub(crate) on_end: Option<Arc<dyn OnEnd>>,
    /// It goes on when the tasks around it are asked to end.
    pub(crate) is_shielded: bool,
}

/// When a new task takes its first step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Start {
    /// When its turn comes.
    #[default]
    Queued,
    /// Before the call that spawns it returns.
    Eager,
}

impl Named {
    #[track_caller]
    pub(crate) fn nothing() -> Named {
        Named {
            name: None,
            locals: None,
            spawned_at: Location::caller(),
            start: Start::Queued,
            on_end: None,
            is_shielded: false,
        }
    }
}

/// The queue a woken task comes back to.
fn schedule(runnable: Runnable<Meta>, info: ScheduleInfo) {
    match &runnable.metadata().home().kind {
        Kind::Shared(_) => crate::queue::scheduled(runnable, info.woken_while_running),
        Kind::Local(_) => crate::local::scheduled(runnable),
        // A job never waits, so it is never woken.
        Kind::Jobs => drop(runnable),
    }
}

/// Makes the cell. The caller sees to OUTLIVES ITS BORROWS and ON ITS THREAD, and hands the Runnable on.
///
/// # Safety
/// Those two.
pub(crate) unsafe fn build<F: Future>(
    home: &HomeRef,
    future: F,
    named: Named,
) -> (Runnable<Meta>, Task<F::Output>) {
    let (slot, mut opening) = begin(home, named.spawned_at);
    if named.is_shielded {
        opening.shielded();
    }
    let id = opening.id;
    let locals = named.locals.unwrap_or_else(locals::of_current);
    let extra = if named.name.is_some() || locals.is_some() || named.on_end.is_some() {
        if let Some(name) = &named.name {
            home.registry.set_rare(id, |rare| rare.name = Some(Arc::clone(name)));
            opening.rare();
        }
        let extra = Extra::with(named.name, locals);
        Some(match named.on_end {
            Some(on_end) => extra.on_end(id, on_end),
            None => extra,
        })
    } else {
        None
    };
    // SAFETY: the caller's promise.
    unsafe { make(future, slot, &opening, extra) }
}

/// [`build`], of a task of which nothing was said.
///
/// # Safety
/// As there.
#[inline]
pub(crate) unsafe fn build_plain<F: Future>(
    home: &HomeRef,
    future: F,
    spawned_at: &'static Location<'static>,
) -> (Runnable<Meta>, Task<F::Output>) {
    let (slot, opening) = begin(home, spawned_at);
    let extra = locals::of_current().map(|locals| Extra::with(None, Some(locals)));
    // SAFETY: the caller's promise.
    unsafe { make(future, slot, &opening, extra) }
}

#[inline]
fn begin(home: &HomeRef, spawned_at: &'static Location<'static>) -> (NonNull<Slot>, Opening) {
    let parent = evenkeel_context::current_id().map_or(0, std::num::NonZero::get);
    let (slot, id) = home.take();
    (slot, Opening::new(id, parent, spawned_at))
}

/// The one allocation of a task.
///
/// # Safety
/// As [`build`].
#[inline]
unsafe fn make<F: Future>(
    future: F,
    slot: NonNull<Slot>,
    opening: &Opening,
    extra: Option<Extra>,
) -> (Runnable<Meta>, Task<F::Output>) {
    let meta = Meta::new(slot, extra);
    let builder = async_task::Builder::new().metadata(meta);
    // SAFETY: the caller's promise; `Life` and its output live in the cell the closure is given.
    let (runnable, task): (_, async_task::Task<Outcome<F::Output>, Meta>) =
        unsafe { builder.spawn_unchecked(|meta| Life::new(meta, future), WithInfo(schedule)) };
    let cell = runnable.into_raw();
    // SAFETY: ours, of the line before.
    let runnable: Runnable<Meta> = unsafe { Runnable::from_raw(cell) };
    runnable.metadata().slot().open(cell, opening);
    #[cfg(feature = "tracing")]
    crate::span::open(runnable.metadata());
    (runnable, Task::live(task, TaskId(opening.id)))
}

/// [`send`], of a task of which nothing was said.
#[inline]
pub(crate) fn send_plain<F>(
    home: &HomeRef,
    future: F,
    spawned_at: &'static Location<'static>,
) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    // SAFETY: OUTLIVES ITS BORROWS: it borrows nothing; ON ITS THREAD: it may be on any.
    let (runnable, task) = unsafe { build_plain(home, future, spawned_at) };
    admit_queued(home, runnable);
    task
}

/// [`admit`], at the back of the queue.
#[inline]
pub(crate) fn admit_queued(home: &Home, runnable: Runnable<Meta>) {
    // After the slot was opened: see `Home::close`.
    if home.is_open() {
        home.enqueue(runnable);
    } else {
        admit_late(home, runnable, Start::Queued);
    }
}

/// Spawns a future that may run on any thread and borrows nothing, from any thread.
pub(crate) fn send<F>(home: &HomeRef, future: F, named: Named) -> Task<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let start = named.start;
    // SAFETY: OUTLIVES ITS BORROWS: it borrows nothing; ON ITS THREAD: it may be on any.
    let (runnable, task) = unsafe { build(home, future, named) };
    admit(home, runnable, start);
    task
}

/// [`send`] in two steps: the task, and the call that queues it.
pub(crate) fn send_later<F>(
    home: &HomeRef,
    future: F,
    named: Named,
) -> (Task<F::Output>, impl FnOnce() + use<F>)
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    let start = named.start;
    // SAFETY: as in `send`.
    let (runnable, task) = unsafe { build(home, future, named) };
    let home = home.clone();
    (task, move || admit(&home, runnable, start))
}

/// Lets a new task in.
pub(crate) fn admit(home: &Home, runnable: Runnable<Meta>, start: Start) {
    // After the slot was opened: see `Home::close`.
    if !home.is_open() {
        admit_late(home, runnable, start);
    } else if start == Start::Eager && home.is_here() {
        start_here(home, runnable);
    } else {
        home.enqueue(runnable);
    }
}

/// Lets a new task in that is asked to end; or, if its home is closed, it ends as cancelled, unpolled.
#[cold]
fn admit_late(home: &Home, runnable: Runnable<Meta>, start: Start) {
    if home.is_closed() {
        return drop(runnable);
    }
    if start == Start::Eager && home.is_here() {
        // Its first step is part of the call that spawns it, which goes on too.
        let (slot, id) = (runnable.metadata().slot, runnable.metadata().slot().id());
        start_here(home, runnable);
        home.ask_later(slot, id);
    } else {
        home.ask(runnable.metadata().slot());
        home.enqueue(runnable);
    }
}

/// Eager steps within each other on one thread, at most; a task that would be one more is queued. Each
/// level is the stack of a spawn and of a poll, some kilobytes in a debug build, and an eager task that
/// spawns itself again must end in the queue and not at the end of the stack.
const DEEPEST: u32 = 32;

/// Runs the first step here and now. Whatever the task does, a panic included, stays in it; afterwards
/// the thread is again with the task that spawned it.
fn start_here(home: &Home, runnable: Runnable<Meta>) {
    // Whoever collects what is dropped on this thread must not be given what this task drops.
    if evenkeel_context::is_collecting() {
        return home.enqueue(runnable);
    }
    match thread_state::deeper(DEEPEST) {
        // What it wakes, or ends, says nothing about the task that runs on this worker.
        Some(_deeper) => thread_state::worker(|worker| match worker {
            Some(worker) => worker.within(|| runnable.run()),
            None => runnable.run(),
        }),
        None => {
            home.enqueue(runnable);
            false
        }
    };
}

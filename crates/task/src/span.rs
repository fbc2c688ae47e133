//! A span of `tracing` for each task: entered while it is polled, closed when it is done.
//!
//! It is opened where the task is spawned, so its parent is what is current there: a child's span lies in that
//! of the task that spawned it, as asyncio's context does. It is entered in whatever runs as part of the task
//! (polls, the drop of its future, clean-ups), on whatever thread that is.
//!
//! The whole file is the feature `tracing`. While no subscriber wants the spans, a spawn reads one word more,
//! and a task keeps nothing.
//!
// A subscriber that panics costs the task its span, and nothing else: whatever calls one does so `quietly`.
//
// NOT UNDER A LOCK: a subscriber may run anything, so a span leaves its place before it is entered, told of or
//                   dropped.

use std::sync::OnceLock;

use tracing::level_filters::LevelFilter;
use tracing::span::EnteredSpan;
use tracing::{Level, Span, debug_span, field};

use crate::calls::{discard, quietly};
use crate::home::Kind;
use crate::loom::{Mutex, lock};
use crate::meta::{Ended, Meta};

/// Where a task's span is while it is not entered, if the task has one.
#[derive(Default)]
pub(crate) struct Place(OnceLock<Mutex<Option<Span>>>);

/// Opens the span of a task that was just made, and that nobody polls yet.
#[inline]
pub(crate) fn open(meta: &Meta) {
    // What `debug_span!` would ask first.
    if LevelFilter::current() >= Level::DEBUG {
        open_if_wanted(meta);
    }
}

#[cold]
fn open_if_wanted(meta: &Meta) {
    let record = &meta.slot().record;
    let open = || {
        debug_span!(
            target: "evenkeel::task",
            "task",
            id = record.id(),
            name = meta.extra().and_then(|extra| extra.name.as_deref()),
            kind = kind(meta),
            spawned_at = record.spawned_at().map(field::display),
            ended = field::Empty,
        )
    };
    // Whoever spawns is in the middle of something: a subscriber that panics costs the task its span, no more.
    let Some(span) = quietly(open) else { return };
    if !span.is_disabled() {
        let _ = meta.extra_or_make(record.id()).span.0.set(Mutex::new(Some(span)));
    }
}

fn kind(meta: &Meta) -> &'static str {
    match meta.home().kind {
        Kind::Shared(_) => "task",
        Kind::Local(_) => "local",
        Kind::Jobs => "to_thread",
    }
}

/// Enters the span of the task, if it has one, until the answer is dropped.
#[inline]
pub(crate) fn enter(meta: &Meta) -> Option<Entered<'_>> {
    let place = meta.extra()?.span.0.get()?;
    let span = lock(place).take()?;
    // Here and below: on the way to the task and from it, where a panic would not end the task but its worker.
    let entered = quietly(|| span.entered())?;
    Some(Entered { place, entered: Some(entered) })
}

/// A span that is entered, and where it goes afterwards.
pub(crate) struct Entered<'a> {
    place: &'a Mutex<Option<Span>>,
    entered: Option<EnteredSpan>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let span = self.entered.take().and_then(|entered| quietly(|| entered.exit()));
        *lock(self.place) = span; // Nothing is there that could be dropped.
    }
}

/// The task is done: says how, and closes its span, if it has one.
#[inline]
pub(crate) fn close(meta: &Meta, how: Ended) {
    if let Some(place) = meta.extra().and_then(|extra| extra.span.0.get()) {
        let span = lock(place).take();
        close_for(span, how);
    }
}

#[cold]
fn close_for(span: Option<Span>, how: Ended) {
    let how = match how {
        Ended::Completed => "completed",
        Ended::Cancelled => "cancelled",
        Ended::Panicked => "panicked",
    };
    // In the middle of the task's end, of which others have yet to be told.
    if let Some(span) = span {
        quietly(|| {
            span.record("ended", how);
        });
        discard(span);
    }
}

//! Locks, events, channels.

use super::limit::{channel, lock};
use super::{Case, SIZES, on, on_each};

mod locks;
mod lines;
mod channels;

const LOCK: Case = Case { group: "sync", asyncio: "Lock", ..Case::DEFAULT };
const SEMAPHORE: Case = Case { asyncio: "Semaphore", ..LOCK };
const EVENT: Case = Case { asyncio: "Event", ..LOCK };
const CHANNEL: Case = Case { asyncio: "Queue", ..LOCK };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "mutex",
        quick: true,
        limit: Some(lock::free),
        meaning: "a free lock taken and released",
        on: on!(Mutexes, locks::free),
        ..LOCK
    },
    Case {
        name: "mutex_contended",
        quick: true,
        meaning: "a lock taken by one of 8 tasks that yield while they hold it",
        on: on!(Mutexes, locks::contended),
        ..LOCK
    },
    Case {
        name: "mutex_line",
        sizes: SIZES,
        axis: Some("waiters"),
        meaning: "a lock handed along a line, its holder yields",
        on: on!(Mutexes, lines::lock),
        ..LOCK
    },
    Case {
        name: "semaphore",
        quick: true,
        limit: Some(lock::free),
        meaning: "a permit taken and given back, nobody else wants it",
        on: on!(Semaphores, locks::semaphore_free),
        ..SEMAPHORE
    },
    Case {
        name: "semaphore_contended",
        meaning: "one of 2 permits taken by one of 8 tasks that yield while they hold it",
        on: on!(Semaphores, locks::semaphore_contended),
        ..SEMAPHORE
    },
    Case {
        name: "semaphore_line",
        sizes: SIZES,
        axis: Some("waiters"),
        meaning: "a permit handed along a line, its holder yields",
        on: on!(Semaphores, lines::semaphore),
        ..SEMAPHORE
    },
    Case {
        name: "rwlock_read",
        limit: Some(lock::free),
        meaning: "a free lock taken for reading and released",
        on: on!(RwLocks, locks::read_free),
        ..LOCK
    },
    Case {
        name: "rwlock_write",
        limit: Some(lock::free),
        meaning: "a free lock taken for writing and released",
        on: on!(RwLocks, locks::write_free),
        ..LOCK
    },
    Case {
        name: "rwlock_mixed",
        meaning: "a lock taken by one of 8 tasks that yield while they hold it, one turn in 10 writes",
        on: on!(RwLocks, locks::read_mostly),
        ..LOCK
    },
    Case {
        name: "event",
        quick: true,
        meaning: "one of 100 tasks that wait for an event, woken",
        on: on!(Events, lines::event_100),
        ..EVENT
    },
    Case {
        name: "event_line",
        sizes: SIZES,
        axis: Some("waiters"),
        meaning: "one of that many tasks that wait for an event, woken",
        on: on!(Events, lines::event),
        ..EVENT
    },
    Case {
        name: "notify",
        quick: true,
        meaning: "a turn passed between two tasks that tell each other",
        on: on!(Notifies, lines::notify_pair),
        ..EVENT
    },
    Case {
        name: "channel",
        limit: Some(channel::ring_alone),
        meaning: "an item sent and received by the same task",
        on: on!(Channels, channels::alone),
        ..CHANNEL
    },
    Case {
        name: "round_trip",
        quick: true,
        meaning: "a request and its answer, on two channels with one place",
        on: on!(Channels, channels::round_trip),
        ..CHANNEL
    },
    Case {
        name: "bounded_spsc",
        quick: true,
        limit: Some(channel::ring),
        meaning: "an item from one task to another, 100 places",
        on: on!(Channels, channels::bounded_spsc),
        ..CHANNEL
    },
    Case {
        name: "bounded_mpsc",
        limit: Some(channel::ring),
        meaning: "an item from one of 4 tasks to another, 100 places",
        on: on!(Channels, channels::bounded_mpsc),
        ..CHANNEL
    },
    Case {
        name: "bounded_mpmc",
        limit: Some(channel::ring),
        meaning: "an item from one of 4 tasks to one of 4 others, 100 places",
        on: on!(ManyReceivers, channels::mpmc),
        ..CHANNEL
    },
    Case {
        name: "unbounded_spsc",
        limit: Some(channel::ring),
        meaning: "an item from one task to another, no bound",
        on: on!(Channels, channels::unbounded_spsc),
        ..CHANNEL
    },
    Case {
        name: "unbounded_mpsc",
        limit: Some(channel::ring),
        meaning: "an item from one of 4 tasks to another, no bound",
        on: on!(Channels, channels::unbounded_mpsc),
        ..CHANNEL
    },
    Case {
        name: "queue",
        meaning: "an item from one task to another by a queue with 100 places",
        on: on!(Channels, channels::queue),
        ..CHANNEL
    },
    Case {
        name: "oneshot",
        asyncio: "Future",
        meaning: "a oneshot made, used and dropped by one task",
        on: on!(Oneshots, channels::oneshot),
        ..LOCK
    },
    Case {
        name: "broadcast",
        meaning: "a value seen by one of 4 receivers, sent to all in batches of 50",
        on: on!(Broadcasts, channels::broadcast),
        ..CHANNEL
    },
    Case {
        name: "watch",
        meaning: "a change seen by one of 4 receivers, all wait for the next",
        on: on!(Watches, channels::watch),
        ..EVENT
    },
];

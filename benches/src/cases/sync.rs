//! Locks, events, channels.

use super::{Case, on, on_each};

mod locks;

const LOCK: Case = Case { group: "sync", asyncio: "Lock", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "mutex",
        meaning: "a free lock taken and released",
        quick: true,
        on: on!(Mutexes, locks::free),
        ..LOCK
    },
    Case {
        name: "mutex_contended",
        meaning: "a lock taken by one of 8 tasks that yield while they hold it",
        quick: true,
        on: on!(Mutexes, locks::contended),
        ..LOCK
    },
];

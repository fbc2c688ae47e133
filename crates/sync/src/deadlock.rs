//! Cycles of waiting: which task waits for a lock of which, kept for those who want to know.
//!
//! The table is one for the process. Into it go the waits of [`Lock::lock_checked`], and those of
//! every lock while [`watch_deadlocks`] is on; a wait that nobody checks costs a look at a flag.
//!
//! # Invariants
//!
//! - UNDER THE LINE: a wait is listed, and a hand-over noted, with the line of its lock locked. While
//!   somebody is in line the lock changes hands in no other way, so what the table says of the holder
//!   of a lock that somebody waits for is so.
//! - CLOSED BY A WAIT: a cycle comes to be with the last of its waits. Each looks as it is listed.
//! - LAST LOCK: with the table locked nothing else is locked and nothing foreign called.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::num::NonZeroU64;

use crate::line::Called;
use crate::loom::process::{AtomicBool, AtomicUsize, Mutex, MutexGuard, Ordering, lock};
use crate::who::Who;
#[cfg(doc)]
use crate::{Guard, Lock};

/// Tasks that wait for each other's locks in a circle, so that none can ever go on.
///
/// ```text
/// deadlock: task #3 waits for a lock held by task #5, which waits for a lock held by task #3
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadlock {
    /// Never empty.
    tasks: Vec<NonZeroU64>,
}

impl Deadlock {
    /// The ids of the tasks: each waits for a lock of the next, the last for one of the first. The
    /// first is the one whose wait would close the circle; if it is alone, it holds the lock itself.
    pub fn tasks(&self) -> &[NonZeroU64] {
        &self.tasks
    }
}

impl fmt::Display for Deadlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.tasks[0];
        write!(f, "deadlock: task #{first} waits for a lock ")?;
        for task in &self.tasks[1..] {
            write!(f, "held by task #{task}, which waits for a lock ")?;
        }
        match self.tasks.len() {
            1 => f.write_str("that it holds itself"),
            _ => write!(f, "held by task #{first}"),
        }
    }
}

impl Error for Deadlock {}

/// Whether plain waits are listed as well.
static WATCHED: AtomicBool = AtomicBool::new(false);
static HOOK: Mutex<Option<fn(&Deadlock)>> = Mutex::new(None);
/// How many waits are listed.
static LISTED: AtomicUsize = AtomicUsize::new(0);
static TABLE: Mutex<Table> = Mutex::new(Table { locks: BTreeMap::new(), waits: BTreeMap::new() });

/// From now on `hook` hears of each circle of tasks that wait for each other's locks, once, from the
/// task whose wait closed it, which then goes on waiting: it can be cancelled. The last hook counts.
///
/// For tests and debug builds: each wait for a contended lock then costs a look into a table that is
/// one for the process. A free lock costs what it always does. What is found, and what is not, is
/// said at [`Lock::lock_checked`]; waits that began earlier are not known.
pub fn watch_deadlocks(hook: fn(&Deadlock)) {
    *lock(&HOOK) = Some(hook);
    // Relaxed: a switch; the hook is looked up under its own lock.
    WATCHED.store(true, Ordering::Relaxed);
}

/// Ends what [`watch_deadlocks`] began.
pub fn unwatch_deadlocks() {
    // Relaxed: as above.
    WATCHED.store(false, Ordering::Relaxed);
    *lock(&HOOK) = None;
}

/// Whether plain waits are to be listed.
pub(crate) fn is_watched() -> bool {
    // Relaxed: as in `watch_deadlocks`.
    WATCHED.load(Ordering::Relaxed)
}

pub(crate) fn report(deadlock: &Deadlock) {
    let hook = *lock(&HOOK);
    if let Some(hook) = hook {
        hook(deadlock);
    }
}

/// Lists that `waiter` waits for the lock at `at`, which `holder` has. The answer is the circle that
/// this closes. UNDER THE LINE.
pub(crate) fn list(waiter: Called, at: usize, holder: Who) -> Option<Deadlock> {
    let task = waiter.who.task?;
    let mut table = table();
    // Relaxed: counted under the table's lock; see `handed` for who looks without it.
    LISTED.fetch_add(1, Ordering::Relaxed);
    let entry = table.locks.entry(at).or_insert(Held { by: holder, waits: 0 });
    entry.by = holder;
    entry.waits += 1;
    let wait = Wait { waiter: waiter.who, ticket: waiter.ticket, lock: at };
    table.waits.entry(task).or_default().push(wait);
    table.circle(waiter.who, holder).map(|tasks| Deadlock { tasks })
}

/// The waiter was served, or is gone. UNDER THE LINE.
pub(crate) fn unlist(waiter: Called, at: usize) {
    let Some(task) = waiter.who.task else { return };
    let mut table = table();
    if let Some(waits) = table.waits.get_mut(&task) {
        waits.retain(|wait| (wait.lock, wait.ticket) != (at, waiter.ticket));
        if waits.is_empty() {
            table.waits.remove(&task);
        }
    }
    if let Some(held) = table.locks.get_mut(&at) {
        held.waits -= 1;
        if held.waits == 0 {
            table.locks.remove(&at);
        }
    }
    // Relaxed: as in `list`.
    LISTED.fetch_sub(1, Ordering::Relaxed);
}

/// The lock at `at` was handed to `to`. UNDER THE LINE.
#[inline]
pub(crate) fn handed(at: usize, to: Who) {
    // Relaxed: UNDER THE LINE: who waits for this very lock was listed before we came to the line.
    if LISTED.load(Ordering::Relaxed) != 0 {
        note_holder(at, to);
    }
}

#[cold]
fn note_holder(at: usize, to: Who) {
    if let Some(held) = table().locks.get_mut(&at) {
        held.by = to;
    }
}

struct Table {
    /// The locks somebody waits for, by their addresses.
    locks: BTreeMap<usize, Held>,
    /// What each task waits for: in as many places as it has branches.
    waits: BTreeMap<NonZeroU64, Vec<Wait>>,
}

struct Held {
    by: Who,
    waits: usize,
}

struct Wait {
    waiter: Who,
    ticket: u64,
    lock: usize,
}

fn table() -> MutexGuard<'static, Table> {
    lock(&TABLE)
}

impl Table {
    /// The tasks from `asker` over `holder`, each waiting for the next, if they lead back to `asker`.
    fn circle(&self, asker: Who, holder: Who) -> Option<Vec<NonZeroU64>> {
        // Whom one gets to, and from which of these.
        let mut reached = vec![(asker, 0), (holder, 0)];
        let mut seen = BTreeSet::new();
        let mut next = 1;
        while let Some(&(who, from)) = reached.get(next) {
            if who.is(asker) {
                return self.way_to(from, &reached);
            }
            if let Some(task) = who.task.filter(|_| seen.insert(who)) {
                let waits = self.waits.get(&task).into_iter().flatten();
                let locks = waits.filter(|wait| wait.waiter.is(who)).map(|wait| wait.lock);
                reached.extend(locks.filter_map(|at| Some((self.locks.get(&at)?.by, next))));
            }
            next += 1;
        }
        None
    }

    fn way_to(&self, mut at: usize, reached: &[(Who, usize)]) -> Option<Vec<NonZeroU64>> {
        let mut tasks = vec![];
        while at != 0 {
            tasks.extend(reached[at].0.task);
            at = reached[at].1;
        }
        tasks.extend(reached[0].0.task);
        tasks.reverse();
        Some(tasks)
    }
}

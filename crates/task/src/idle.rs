//! Who sleeps, who searches, and whom to wake for new work: one packed word in front of a list.
//!
//! ```text
//!            1 try_search                        3 sleep
//!   working ---------------> searching ------------------------> asleep
//!      ^  ^--- 2 stop_searching --+  ^----- 4 wake_one (popped) ---+ |
//!      +------------------- 5 leave (woke by itself) ----------------+
//! ```
//! Nobody is woken while somebody searches: the searcher will find the work, or on its way to sleep look
//! once more (3), or hand the search on when it has found something else (2).
//!
// PUSH THEN ASK: whoever pushes work does a full fence before `wake_one` reads the word.
// TELL THEN LOOK: whoever goes to sleep changes the word, does a full fence, and looks at every queue again.
// Of a pusher and a sleeper at least one therefore sees the other; the model is `push_against_the_last_sleeper`.
// SOMEBODY WATCHES: while wake-ups may be spared, somebody sleeps for a limited time who has said so before it
// looked at the queues, and takes it back, TELL THEN LOOK, when that time is over; the model is
// `spared_wake_ups_against_the_end_of_a_light_sleep`.

use crate::loom::{AtomicU32, AtomicUsize, Mutex, Ordering, lock};
use crate::parker::Parker;

const SEARCHING: usize = 1;
const ASLEEP: usize = 1 << 32;

fn searching(word: usize) -> usize {
    word & (ASLEEP - 1)
}

fn asleep(word: usize) -> usize {
    word / ASLEEP
}

/// How a sleeper came to be awake.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Woke {
    /// `wake_one` chose it: it counts as searching and must search, or say that it stopped.
    ToSearch,
    /// By itself: news, a deadline, its own notification.
    ByItself,
}

#[derive(Debug)]
pub(crate) struct Idle {
    /// How many search (low half) and how many are asleep (high half).
    word: AtomicUsize,
    /// The last to fall asleep is the first to be woken: its caches are warm, and the one that went
    /// first, and therefore sleeps in the driver, is left there.
    asleep: Mutex<Vec<Parker>>,
    /// Wake-ups that may be left out: those before were not worth it. SOMEBODY WATCHES.
    spare: AtomicU32,
}

impl Idle {
    pub(crate) fn new() -> Idle {
        Idle { word: AtomicUsize::new(0), asleep: Mutex::new(Vec::new()), spare: AtomicU32::new(0) }
    }

    /// Whether a worker that has pushed, and is awake, may leave out the wake-up. PUSH THEN ASK.
    #[inline]
    pub(crate) fn spares_one(&self) -> bool {
        let left = self.spare.load(Ordering::SeqCst);
        // An exchange: who has taken it back meanwhile must not find it given again.
        left > 0
            && self
                .spare
                .compare_exchange(left, left - 1, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// So many wake-ups may be left out from now on: by one who will look by itself soon. With 0: none, by the
    /// same. TELL THEN LOOK.
    pub(crate) fn spare(&self, count: u32) {
        // A swap and no store (the same to x86): what `spares_one` leaves cannot come after it, to loom either.
        self.spare.swap(count, Ordering::SeqCst);
    }

    /// Whether a push should ask `wake_one` at all; a cheap look without a fence.
    #[inline]
    pub(crate) fn anybody_to_wake(&self) -> bool {
        let word = self.word.load(Ordering::SeqCst);
        asleep(word) > 0 && searching(word) == 0
    }

    /// The sleeper to unpark for new work, if one is needed. PUSH THEN ASK.
    pub(crate) fn wake_one(&self) -> Option<Parker> {
        if !self.anybody_to_wake() {
            return None;
        }
        let mut list = lock(&self.asleep);
        // Again, under the lock: of many pushers only one wakes somebody.
        if searching(self.word.load(Ordering::SeqCst)) > 0 {
            return None;
        }
        let parker = list.pop()?;
        self.word.fetch_sub(ASLEEP - SEARCHING, Ordering::SeqCst);
        Some(parker)
    }

    /// Becomes a searcher, unless there is one.
    pub(crate) fn try_search(&self) -> bool {
        let word = self.word.load(Ordering::SeqCst);
        searching(word) == 0
            && self
                .word
                .compare_exchange(word, word + SEARCHING, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// A searcher found work. If it was the last one it must look whether there is more, and wake
    /// another for it.
    #[must_use]
    pub(crate) fn stop_searching(&self) -> bool {
        searching(self.word.fetch_sub(SEARCHING, Ordering::SeqCst)) == 1
    }

    /// Joins the sleepers. TELL THEN LOOK: the caller must look at every queue again before it blocks.
    pub(crate) fn sleep(&self, parker: &Parker, was_searching: bool) {
        let mut list = lock(&self.asleep);
        list.push(parker.clone());
        let change = if was_searching { ASLEEP - SEARCHING } else { ASLEEP };
        self.word.fetch_add(change, Ordering::SeqCst);
    }

    /// Leaves the sleepers, or learns that `wake_one` chose it.
    pub(crate) fn leave(&self, parker: &Parker) -> Woke {
        let mut list = lock(&self.asleep);
        match list.iter().rposition(|other| other.is(parker)) {
            Some(position) => {
                list.remove(position);
                self.word.fetch_sub(ASLEEP, Ordering::SeqCst);
                Woke::ByItself
            }
            None => Woke::ToSearch,
        }
    }

    /// How many are asleep.
    pub(crate) fn asleep(&self) -> usize {
        asleep(self.word.load(Ordering::Relaxed))
    }
}

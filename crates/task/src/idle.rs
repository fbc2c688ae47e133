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
// looked at the queues; the last of those takes what is spared back, TELL THEN LOOK, when that time is over. The
// models are `spared_wake_ups_against_the_end_of_a_light_sleep` and those after it.

use crate::loom::{AtomicUsize, Mutex, Ordering, lock};
use crate::parker::Parker;

const SEARCHING: usize = 1;
const ASLEEP: usize = 1 << 32;
/// In the word of what is spared.
const WATCHES: usize = 1 << 32;

fn searching(word: usize) -> usize {
    word & (ASLEEP - 1)
}

fn asleep(word: usize) -> usize {
    word / ASLEEP
}

fn left(spare: usize) -> usize {
    spare & (WATCHES - 1)
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
    /// How many wake-ups may be left out, because those before were not worth it (low half), and how many
    /// sleepers watch (high half); nothing in the low half without one. SOMEBODY WATCHES.
    spare: AtomicUsize,
}

impl Idle {
    pub(crate) fn new() -> Idle {
        Idle {
            word: AtomicUsize::new(0),
            asleep: Mutex::new(Vec::new()),
            spare: AtomicUsize::new(0),
        }
    }

    /// Whether a worker that has pushed, and is awake, may leave out the wake-up. PUSH THEN ASK.
    #[inline]
    pub(crate) fn spares_one(&self) -> bool {
        let spare = self.spare.load(Ordering::SeqCst);
        // An exchange: what was taken back meanwhile must not be found given again.
        left(spare) > 0 && self.exchange(spare, spare - 1).is_ok()
    }

    /// One who goes to sleep will look by himself soon: so many wake-ups may be left out until then.
    pub(crate) fn watch(&self, count: u32) {
        let mut now = self.spare.load(Ordering::SeqCst);
        loop {
            let more = (count as usize).saturating_sub(left(now));
            match self.exchange(now, now + WATCHES + more) {
                Ok(_) => return,
                Err(other) => now = other,
            }
        }
    }

    /// [`watch`](Idle::watch), if others do already.
    #[must_use = "who watches must come back soon"]
    pub(crate) fn watch_too(&self) -> bool {
        let mut now = self.spare.load(Ordering::SeqCst);
        while left(now) > 0 {
            match self.exchange(now, now + WATCHES) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
        false
    }

    /// One who watched is awake, whatever woke him. True: he was the last, and nothing is spared any more. TELL
    /// THEN LOOK.
    #[must_use = "the last one must look at every queue"]
    pub(crate) fn stop_watching(&self) -> bool {
        let mut now = self.spare.load(Ordering::SeqCst);
        loop {
            let is_last = now < 2 * WATCHES;
            let next = if is_last { 0 } else { now - WATCHES };
            match self.exchange(now, next) {
                Ok(_) => return is_last,
                Err(other) => now = other,
            }
        }
    }

    #[inline]
    fn exchange(&self, from: usize, to: usize) -> Result<usize, usize> {
        self.spare.compare_exchange(from, to, Ordering::SeqCst, Ordering::SeqCst)
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

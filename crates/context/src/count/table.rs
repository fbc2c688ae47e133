//! The table of counts: one row for each word, line and act, found by hashing and never removed.

use std::panic::Location;

use crate::loom::real::{AtomicU64, OnceLock, Ordering};

/// So many rows that none is ever looked for in vain; a runtime has some hundred lines that matter.
const ROWS: usize = 1 << 14;

/// What was done to a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Act {
    /// A load.
    Load,
    /// A store that is no read-modify-write.
    Store,
    /// A read-modify-write, a failed compare-and-swap included: the cache line is taken all the same.
    Change,
    /// A lock that was taken: two read-modify-writes, one to lock and one to unlock.
    Lock,
    /// A fence.
    Fence,
}

/// How often something was done to the words that were made in one place.
#[derive(Clone, Copy, Debug)]
pub struct Use {
    /// Where the words were made.
    pub word: &'static Location<'static>,
    /// Who used them.
    pub by: &'static Location<'static>,
    /// What was done.
    pub act: Act,
    /// How often, since the process began.
    pub times: u64,
}

struct Row {
    key: OnceLock<Key>,
    times: AtomicU64,
}

#[derive(Clone, Copy)]
struct Key {
    word: &'static Location<'static>,
    by: &'static Location<'static>,
    act: Act,
}

impl Key {
    // The same place may have several addresses; then it has several rows, and who reads adds them.
    fn is(&self, other: &Key) -> bool {
        std::ptr::eq(self.word, other.word)
            && std::ptr::eq(self.by, other.by)
            && self.act == other.act
    }

    fn hash(&self) -> usize {
        let word = std::ptr::from_ref(self.word).addr();
        let by = std::ptr::from_ref(self.by).addr();
        let mixed = (word ^ by.rotate_left(21)).wrapping_add(self.act as usize);
        mixed.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40
    }
}

static TABLE: [Row; ROWS] =
    [const { Row { key: OnceLock::new(), times: AtomicU64::new(0) } }; ROWS];

/// Notes one use. It takes no lock and allocates nothing, so it may stand anywhere.
pub(super) fn note(word: &'static Location<'static>, by: &'static Location<'static>, act: Act) {
    let key = Key { word, by, act };
    let start = key.hash();
    for step in 0..ROWS {
        let row = &TABLE[(start + step) % ROWS];
        if row.key.get_or_init(|| key).is(&key) {
            // Relaxed: read when the counted work is over, by whoever waited for its end.
            row.times.fetch_add(1, Ordering::Relaxed);
            return;
        }
    }
}

/// All uses so far, in no order.
pub fn uses() -> Vec<Use> {
    let mut uses = Vec::new();
    for row in &TABLE {
        if let Some(&Key { word, by, act }) = row.key.get() {
            uses.push(Use { word, by, act, times: row.times.load(Ordering::Relaxed) });
        }
    }
    uses
}

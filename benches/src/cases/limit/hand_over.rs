//! A call on a thread as two hand-overs: the thread is woken, and wakes the caller.
//!
//! Without: a queue, more threads than one, a call of any type.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use super::again;
use crate::cases::Work;
use crate::measure::Cost;

const CALLS: u64 = 100;

/// Says that there is no more.
const END: u64 = u64::MAX;

pub(in crate::cases) fn there_and_back(work: Work) -> Cost {
    // Odd: a call; even: its answer.
    let word = AtomicU64::new(0);
    let caller = thread::current();
    thread::scope(|scope| {
        let called = scope.spawn(|| {
            loop {
                // Acquire and Release, here and below: what each wrote before it passed the word.
                match word.load(Ordering::Acquire) {
                    END => return,
                    call if call % 2 == 1 => {
                        word.store(black_box(call) + 1, Ordering::Release);
                        caller.unpark();
                    }
                    _ => thread::park(),
                }
            }
        });
        let mut at = 0;
        let cost = again(work, || {
            for _ in 0..CALLS {
                word.store(at + 1, Ordering::Release);
                called.thread().unpark();
                while word.load(Ordering::Acquire) != at + 2 {
                    thread::park();
                }
                at += 2;
            }
            CALLS
        });
        word.store(END, Ordering::Release);
        called.thread().unpark();
        cost
    })
}

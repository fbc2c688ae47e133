//! The process's own clock: processor time of all its threads, so far.
//!
//! By libc's call: rustix asks the kernel for the vDSO itself, which valgrind has taken away, and
//! counting instructions under valgrind is one of the things these programs are for.

use std::time::Duration;

// OURS: the pointer is to a local of the caller's, which outlives the call that fills it in.

pub(crate) fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: OURS.
    let answer = unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    assert_eq!(answer, 0, "every unix has this clock");
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

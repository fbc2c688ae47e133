//! What a signal does while somebody listens, and after: the handler's side.
//!
//! The registry of handlers (`signal-hook-registry`) is shared with whatever else in the process listens
//! through it, and calls the handler that was there before. What it installs stays installed; so with the
//! first listener for a signal comes an action that stays too, and does what the system would do by default
//! while nobody listens any more: after the last `ctrl_c()` Ctrl-C ends the process again.
//!
//! ```text
//!              1 listen                      2 the last is dropped
//!   default ------------> listened for ---------------------------> idle: acts as by default
//!                              ^                                      |
//!                              +------------------ 1 -----------------+
//! ```
//!
// SIGNAL-SAFE: what runs in the handler loads and stores atomics, writes to a descriptor, and calls `signal`
//              and `raise`; it allocates nothing, locks nothing and frees nothing.
// RING STAYS: an action owns the descriptor it writes to, and the registry drops an action only when no
//             handler runs it any more.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use signal_hook_registry::{FORBIDDEN, SigId};

use crate::loom::{AtomicU64, AtomicUsize, Mutex, Ordering, lock};
use crate::sigint;
use crate::signal_number::{HIGHEST, Signal};

/// What is kept of each signal, for the life of the process.
struct Known {
    /// Those who listen, or are about to.
    listeners: AtomicUsize,
    /// The handler that the registry installed, once it has; only of signals whose default we act out.
    installed: AtomicUsize,
    /// Held while the first listener is let in.
    first: Mutex<bool>,
}

// SeqCst throughout: they are read in a signal handler, a few times in the life of a process.
static KNOWN: [Known; HIGHEST as usize] = [const {
    Known {
        listeners: AtomicUsize::new(0),
        installed: AtomicUsize::new(0),
        first: Mutex::new(false),
    }
}; HIGHEST as usize];

fn known(signal: Signal) -> &'static Known {
    let index = usize::try_from(signal.as_raw() - 1).expect("signals begin with 1");
    &KNOWN[index]
}

/// Signals that came and were not told yet: a bit each. And the bell that says so.
#[derive(Debug)]
pub(super) struct Heard {
    bits: AtomicU64,
    ring: OwnedFd,
}

impl Heard {
    /// Rings `ring` when the first of some signals comes.
    pub(super) fn new(ring: OwnedFd) -> Arc<Heard> {
        Arc::new(Heard { bits: AtomicU64::new(0), ring })
    }

    /// What came since the last time.
    pub(super) fn take(&self) -> u64 {
        self.bits.swap(0, Ordering::SeqCst)
    }

    /// In the handler.
    fn note(&self, bit: u64) {
        // Whoever finds bits there knows that the bell was rung for them and not yet taken.
        if self.bits.fetch_or(bit, Ordering::SeqCst) == 0 {
            // An eventfd takes eight bytes; of a pipe's it does not matter how many. One ring always fits.
            let _ = rustix::io::write(&self.ring, &1_u64.to_ne_bytes());
        }
    }
}

/// The bit of a signal in the word of those heard.
pub(super) fn bit(signal: Signal) -> u64 {
    1 << (signal.as_raw() - 1)
}

/// Until it is dropped, a signal is noted, and does nothing else.
#[derive(Debug)]
pub(super) struct Listener {
    signal: Signal,
    action: SigId,
}

impl Listener {
    pub(super) fn new(signal: Signal, heard: &Arc<Heard>) -> io::Result<Listener> {
        if FORBIDDEN.contains(&signal.as_raw()) {
            let text = format!("{signal} cannot be listened for");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
        }
        let known = known(signal);
        known.listeners.fetch_add(1, Ordering::SeqCst);
        let heard = Arc::clone(heard);
        let noted = act_as_before(signal, known).and_then(|()| {
            // SAFETY: SIGNAL-SAFE; RING STAYS.
            unsafe {
                signal_hook_registry::register(signal.as_raw(), move || heard.note(bit(signal)))
            }
        });
        match noted {
            Ok(action) => Ok(Listener { signal, action }),
            Err(error) => {
                known.listeners.fetch_sub(1, Ordering::SeqCst);
                Err(error)
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        signal_hook_registry::unregister(self.action);
        known(self.signal).listeners.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Whether anybody listens for it by a stream.
pub(crate) fn is_listened_for(signal: Signal) -> bool {
    known(signal).listeners.load(Ordering::SeqCst) > 0
}

/// Whether `handler` is what stays installed for a signal whose default action is acted out: who finds it
/// and no listener may take it for the default.
pub(crate) fn stands_for_default(signal: Signal, handler: libc::sighandler_t) -> bool {
    handler != 0
        && known(signal).installed.load(Ordering::SeqCst) == handler
        && !is_listened_for(signal)
}

/// With the first listener of a signal: sees to what it does when there is none any more.
fn act_as_before(signal: Signal, known: &'static Known) -> io::Result<()> {
    let mut done = lock(&known.first);
    if *done {
        return Ok(());
    }
    let _changes = (signal == Signal::INT).then(|| lock(&sigint::CHANGES));
    let before = handler_of(signal);
    // The handler of a run that can be interrupted stands for the default too. It is called by the registry's,
    // for ever.
    let chained = sigint::is_handler(before);
    if before == libc::SIG_DFL || chained {
        if chained {
            sigint::stay(); // It acts by default itself: asked after it, we could find its run over by then.
        }
        let act = move || {
            if !chained && known.listeners.load(Ordering::SeqCst) == 0 {
                act_by_default(signal);
            }
        };
        // SAFETY: SIGNAL-SAFE.
        unsafe { signal_hook_registry::register(signal.as_raw(), act)? };
        known.installed.store(handler_of(signal), Ordering::SeqCst);
    }
    *done = true;
    Ok(())
}

/// In the handler, while nobody listens.
fn act_by_default(signal: Signal) {
    match signal.as_raw() {
        libc::SIGINT if sigint::hear().is_ok() => {} // Else, the second or without a run, by default.
        libc::SIGCHLD | libc::SIGWINCH | libc::SIGURG | libc::SIGCONT => {}
        #[cfg(any(
            target_vendor = "apple",
            target_os = "dragonfly",
            target_os = "freebsd",
            target_os = "netbsd",
            target_os = "openbsd"
        ))]
        libc::SIGIO | libc::SIGINFO => {}
        libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => {
            // SAFETY: SIGNAL-SAFE.
            unsafe { libc::raise(libc::SIGSTOP) };
        }
        // SAFETY: SIGNAL-SAFE. The signal is blocked until the handler returns; then it ends the process.
        number => unsafe {
            libc::signal(number, libc::SIG_DFL);
            libc::raise(number);
        },
    }
}

/// What the signal does now.
fn handler_of(signal: Signal) -> libc::sighandler_t {
    // SAFETY: plain integers and pointers, for which zeroes are values; `sigaction` writes them anew, or
    // fails for a signal that does not exist, which then has the default.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal.as_raw(), std::ptr::null(), &mut action);
        action.sa_sigaction
    }
}

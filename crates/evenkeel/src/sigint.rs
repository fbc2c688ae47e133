//! SIGINT while somebody wants to hear of it: the first rings a bell, the second ends the process.
//!
//! ```text
//!              1 listen                2 the first SIGINT             3 the second
//!   default ------------> LISTENING -----------------------> HEARD ----------------> the default action
//!      ^                      |                                |
//!      +----------------------+---- 4 Listening is dropped ----+
//! ```
//! The default action is put aside only while a [`Listening`] is alive, and there is one at a time. This is
//! done by hand because what the registries of handlers install stays installed. While a stream of signals
//! listens for SIGINT too, it alone decides: nothing here is moved.
//!
// SIGNAL-SAFE: the handler calls nothing but `write`, `signal` and `raise`, and touches nothing but atomics.
// BELL STAYS: the bell's descriptors are made once and never closed, so the handler, on whatever thread and
//             however late, writes to the bell and to nothing else.

use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;

use crate::loom::{AtomicBool, AtomicUsize, Mutex, Ordering, lock};
use crate::signal::{is_listened_for, stands_for_default};
use crate::signal_number::Signal;

const IDLE: usize = 0;
const LISTENING: usize = 1;
const HEARD: usize = 2;

// SeqCst throughout: they are read in a signal handler, a few times in the life of a process.
static STATE: AtomicUsize = AtomicUsize::new(IDLE);
static CLAIMED: AtomicBool = AtomicBool::new(false);
/// See [`stay`].
static STAYS: AtomicBool = AtomicBool::new(false);
/// The descriptor of the bell that is written to; BELL STAYS.
static RING: AtomicUsize = AtomicUsize::new(0);
/// Held from the look at what SIGINT does to the change of it, here and where a stream's first listener is let
/// in: else one of the two decides by what the other has changed by then. Never taken in a handler.
pub(crate) static CHANGES: Mutex<()> = Mutex::new(());

/// Until it is dropped, the first SIGINT of the process rings the bell.
#[derive(Debug)]
pub(crate) struct Listening {
    before: libc::sigaction,
}

impl Listening {
    /// `None` if somebody listens already, or the program has decided itself what SIGINT does.
    pub(crate) fn start() -> io::Result<Option<Listening>> {
        if CLAIMED.swap(true, Ordering::SeqCst) {
            return Ok(None);
        }
        let started = start();
        if !matches!(started, Ok(Some(_))) {
            CLAIMED.store(false, Ordering::SeqCst);
        }
        started
    }

    /// The end of the bell that becomes readable with the first SIGINT.
    pub(crate) fn bell(&self) -> io::Result<UnixStream> {
        bell()?.0.try_clone()
    }

    /// Whether there was a SIGINT.
    pub(crate) fn heard(&self) -> bool {
        STATE.load(Ordering::SeqCst) == HEARD
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let changes = lock(&CHANGES);
        // If somebody has put a handler over ours meanwhile, it stays: it is not ours to take away.
        if is_ours(&action()) {
            set(&self.before);
        }
        drop(changes);
        STATE.store(IDLE, Ordering::SeqCst);
        CLAIMED.store(false, Ordering::SeqCst);
    }
}

fn start() -> io::Result<Option<Listening>> {
    let _changes = lock(&CHANGES);
    let before = action();
    // A handler of the program's, or SIGINT is ignored, as under `nohup`. What is left of a stream of signals
    // that was dropped is neither.
    let idle = stands_for_default(Signal::INT, before.sa_sigaction);
    if before.sa_sigaction != libc::SIG_DFL && !is_ours(&before) && !idle {
        return Ok(None);
    }
    let (hear, ring) = bell()?;
    // What rang at the end of an earlier run and was not listened to.
    while (&*hear).read(&mut [0; 16]).is_ok_and(|count| count > 0) {}
    let ring = usize::try_from(ring.as_raw_fd()).expect("a descriptor is not negative");
    RING.store(ring, Ordering::SeqCst);
    STATE.store(LISTENING, Ordering::SeqCst);
    let mut ours = before;
    ours.sa_sigaction = handler();
    // Calls that the signal interrupts go on; it is blocked while the handler runs.
    ours.sa_flags = libc::SA_RESTART;
    // What stands for the default passes on to here what it hears.
    if !idle {
        set(&ours);
    }
    Ok(Some(Listening { before: default_action(before) }))
}

/// Both ends of the bell: to hear it, and to ring it. BELL STAYS.
fn bell() -> io::Result<&'static (UnixStream, UnixStream)> {
    static BELL: OnceLock<(UnixStream, UnixStream)> = OnceLock::new();
    if let Some(bell) = BELL.get() {
        return Ok(bell);
    }
    let (hear, ring) = UnixStream::pair()?;
    hear.set_nonblocking(true)?;
    ring.set_nonblocking(true)?;
    Ok(BELL.get_or_init(|| (hear, ring)))
}

fn handler() -> libc::sighandler_t {
    let handler: extern "C" fn(libc::c_int) = on_sigint;
    handler as libc::sighandler_t
}

fn is_ours(action: &libc::sigaction) -> bool {
    is_handler(action.sa_sigaction)
}

/// Whether it is what a [`Listening`] installs.
pub(crate) fn is_handler(action: libc::sighandler_t) -> bool {
    action == handler()
}

fn default_action(mut action: libc::sigaction) -> libc::sigaction {
    action.sa_sigaction = libc::SIG_DFL;
    action
}

/// What SIGINT does now.
fn action() -> libc::sigaction {
    // SAFETY: plain integers and pointers, for which zeroes are values; `sigaction` writes them anew, and
    // fails only for a signal that does not exist.
    unsafe {
        let mut action = std::mem::zeroed();
        libc::sigaction(libc::SIGINT, std::ptr::null(), &mut action);
        action
    }
}

fn set(action: &libc::sigaction) {
    // SAFETY: `action` came from `sigaction`, and its handler is the default or `on_sigint`, which is
    // SIGNAL-SAFE.
    unsafe { libc::sigaction(libc::SIGINT, action, std::ptr::null_mut()) };
}

/// [`on_sigint`] is called for ever, by a handler put over it: from now on it stands for the default while nobody
/// listens.
pub(crate) fn stay() {
    STAYS.store(true, Ordering::SeqCst);
}

extern "C" fn on_sigint(_: libc::c_int) {
    // Main listens by itself, and decides itself.
    if is_listened_for(Signal::INT) {
        return;
    }
    match hear() {
        // SAFETY: SIGNAL-SAFE. The signal is blocked until the handler returns; then it ends the process.
        Err(state) if state == HEARD || STAYS.load(Ordering::SeqCst) => unsafe {
            libc::signal(libc::SIGINT, libc::SIG_DFL);
            libc::raise(libc::SIGINT);
        },
        // The bell is rung; or somebody else's handler, put over ours, passes on what it hears, and nobody here
        // listens.
        _ => {}
    }
}

/// In a handler, of a SIGINT: rings if it is the first of a [`Listening`]. Else the state, in which there was none
/// to ring for.
pub(crate) fn hear() -> Result<(), usize> {
    STATE.compare_exchange(LISTENING, HEARD, Ordering::SeqCst, Ordering::SeqCst)?;
    let byte = 1_u8;
    // SAFETY: SIGNAL-SAFE; BELL STAYS. One byte per listening always fits, so nothing fails and `errno` stays
    // what it was.
    unsafe { libc::write(RING.load(Ordering::SeqCst) as libc::c_int, (&raw const byte).cast(), 1) };
    Ok(())
}

//! Which signal: its number by name.

use std::fmt;

use rustix::process::Signal as Known;

/// A signal: its number, by name.
///
/// ```
/// use evenkeel::signal::Signal;
///
/// assert_eq!(Signal::TERM.to_string(), "SIGTERM");
/// assert_eq!(Signal::from_raw(Signal::INT.as_raw()), Some(Signal::INT));
/// assert_eq!(Signal::from_raw(1000), None);
/// ```
#[doc(alias = "SignalKind")]
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Signal(i32);

macro_rules! signals {
    ($($(#[$doc:meta])* $name:ident $known:ident,)*) => {
        impl Signal {
            $($(#[$doc])* pub const $name: Signal = Signal(Known::$known.as_raw());)*

            /// The name, for those that have one here: `"SIGTERM"`.
            pub fn name(self) -> Option<&'static str> {
                match self {
                    $(Signal::$name => Some(concat!("SIG", stringify!($name))),)*
                    _ => None,
                }
            }
        }
    };
}

signals! {
    /// The terminal is gone; to daemons: read your configuration again. Ends a process by default.
    HUP HUP,
    /// Ctrl-C at a terminal. Ends a process by default.
    INT INT,
    /// Ctrl-\ at a terminal. Ends a process by default, with a core dump.
    QUIT QUIT,
    /// Please end: what `kill`, systemd and container runtimes send. Ends a process by default.
    TERM TERM,
    /// Ends a process; it cannot be listened for.
    KILL KILL,
    /// Of the program's own meaning. Ends a process by default.
    USR1 USR1,
    /// Of the program's own meaning. Ends a process by default.
    USR2 USR2,
    /// The time of `alarm` is over. Ends a process by default.
    ALRM ALARM,
    /// A pipe was written to that nobody reads. Rust's programs ignore it, and get an error instead.
    PIPE PIPE,
    /// A child ended or stopped. Ignored by default.
    CHLD CHILD,
    /// The terminal has another size. Ignored by default.
    WINCH WINCH,
    /// Go on after a stop.
    CONT CONT,
    /// Stops a process; it cannot be listened for.
    STOP STOP,
    /// Ctrl-Z at a terminal. Stops a process by default.
    TSTP TSTP,
}

impl Signal {
    /// The signal with that number: from 1 to 64 on Linux. `None` if there can be no such signal.
    pub fn from_raw(number: i32) -> Option<Signal> {
        (1..=HIGHEST).contains(&number).then_some(Signal(number))
    }

    /// Its number.
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

/// Of all systems; more do not fit into the word in which listeners keep what they heard.
pub(crate) const HIGHEST: i32 = 64;

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "signal {}", self.0),
        }
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signal({self})")
    }
}

//! The words that count: each method of the standard library's that our crates use, and a note of it.

use std::fmt;
use std::panic::Location;

use super::table::{Act, note};
use crate::loom::real::{self, LockResult, MutexGuard, Ordering, TryLockResult};

/// Where a word was made.
#[derive(Clone, Copy)]
struct Origin(&'static Location<'static>);

impl Origin {
    #[track_caller]
    fn note(self, act: Act) {
        note(self.0, Location::caller(), act);
    }
}

/// What all atomics have. The caller of each method is who is noted.
macro_rules! atomic {
    ($name:ident $(<$param:ident>)?, $value:ty) => {
        /// Counts what is done to the standard library's.
        pub struct $name $(<$param>)? {
            real: real::$name $(<$param>)?,
            origin: Origin,
        }

        impl $(<$param>)? $name $(<$param>)? {
            /// As the standard library's; whoever calls it gives the word its name.
            #[track_caller]
            pub const fn new(value: $value) -> Self {
                Self { real: real::$name::new(value), origin: Origin(Location::caller()) }
            }

            /// As the standard library's.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.origin.note(Act::Load);
                self.real.load(order)
            }

            /// As the standard library's.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.origin.note(Act::Store);
                self.real.store(value, order);
            }

            /// As the standard library's.
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.origin.note(Act::Change);
                self.real.swap(value, order)
            }

            /// As the standard library's.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                old: $value,
                new: $value,
                done: Ordering,
                failed: Ordering,
            ) -> Result<$value, $value> {
                self.origin.note(Act::Change);
                self.real.compare_exchange(old, new, done, failed)
            }

            /// As the standard library's.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                old: $value,
                new: $value,
                done: Ordering,
                failed: Ordering,
            ) -> Result<$value, $value> {
                self.origin.note(Act::Change);
                self.real.compare_exchange_weak(old, new, done, failed)
            }

            /// As the standard library's.
            #[track_caller]
            pub fn fetch_update(
                &self,
                done: Ordering,
                failed: Ordering,
                change: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.origin.note(Act::Change);
                self.real.fetch_update(done, failed, change)
            }

            /// As the standard library's: whoever has it alone touches nothing that is shared.
            pub fn get_mut(&mut self) -> &mut $value {
                self.real.get_mut()
            }

            /// As the standard library's.
            pub fn into_inner(self) -> $value {
                self.real.into_inner()
            }
        }

        impl $(<$param>)? fmt::Debug for $name $(<$param>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.real.fmt(f)
            }
        }
    };
}

/// The read-modify-writes that only some have.
macro_rules! changes {
    ($name:ident, $value:ty: $($method:ident),*) => {
        impl $name {
            $(
                /// As the standard library's.
                #[track_caller]
                pub fn $method(&self, value: $value, order: Ordering) -> $value {
                    self.origin.note(Act::Change);
                    self.real.$method(value, order)
                }
            )*
        }

        impl Default for $name {
            #[track_caller]
            fn default() -> Self {
                Self::new(<$value>::default())
            }
        }
    };
}

atomic!(AtomicBool, bool);
atomic!(AtomicU8, u8);
atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);
atomic!(AtomicPtr<T>, *mut T);
changes!(AtomicBool, bool: fetch_or, fetch_and);
changes!(AtomicU8, u8: fetch_add, fetch_sub, fetch_or, fetch_and, fetch_max, fetch_min);
changes!(AtomicU32, u32: fetch_add, fetch_sub, fetch_or, fetch_and, fetch_max, fetch_min);
changes!(AtomicU64, u64: fetch_add, fetch_sub, fetch_or, fetch_and, fetch_max, fetch_min);
changes!(AtomicUsize, usize: fetch_add, fetch_sub, fetch_or, fetch_and, fetch_max, fetch_min);

/// Counts how often it is locked.
pub struct Mutex<T: ?Sized> {
    origin: Origin,
    real: real::Mutex<T>,
}

impl<T> Mutex<T> {
    /// As the standard library's; whoever calls it gives the lock its name.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Self { origin: Origin(Location::caller()), real: real::Mutex::new(value) }
    }

    /// As the standard library's.
    pub fn into_inner(self) -> LockResult<T> {
        self.real.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// As the standard library's.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        self.origin.note(Act::Lock);
        self.real.lock()
    }

    /// As the standard library's. One that failed is counted as one that did not.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        self.origin.note(Act::Lock);
        self.real.try_lock()
    }

    /// As the standard library's.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        self.real.get_mut()
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(T::default())
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.real.fmt(f)
    }
}

/// As the standard library's.
#[track_caller]
pub fn fence(order: Ordering) {
    let here = Location::caller();
    note(here, here, Act::Fence);
    real::fence(order);
}

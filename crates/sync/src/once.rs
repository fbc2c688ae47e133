//! `OnceCell` and `Once`: something that is made once, by the first who needs it, while the others
//! wait.
//!
//! A semaphore of one permit is the right to try, and its line the order in which one gets it: who
//! fails, panics or is dropped gives the permit back, and the next in line tries. When it is done,
//! the semaphore gets permits for everybody, and an event tells those who only waited.
//!
//! # The protocol
//!
//! - DONE FIRST: the value is there before the permits for everybody are. So who gets a permit and
//!   finds no value has the only one, and may try.

use std::convert::Infallible;
use std::fmt;
use std::mem;

use crate::calls::Panics;
use crate::event::Event;
use crate::loom::{OnceLock, const_unless_loom};
use crate::parking;
use crate::semaphore::Semaphore;

/// More than there can be callers, and few enough to be given to one who has a permit already.
const FOR_EVERYBODY: usize = Semaphore::MAX_PERMITS / 2;

/// A value that is made when it is first asked for, by an initialiser that may wait.
///
/// Many may ask at once: the first initialises, the others wait in line. If that fails, panics or is
/// cancelled, the next in line tries with its own initialiser, so no failure of one is a failure of
/// all. Once the value is there, it costs one atomic load.
///
/// ```
/// use evenkeel_sync::OnceCell;
///
/// static GREETING: OnceCell<String> = OnceCell::new();
///
/// async fn greeting() -> &'static str {
///     GREETING.get_or_init(async || "hello".to_owned()).await
/// }
///
/// # futures_lite::future::block_on(async {
/// assert_eq!(GREETING.get(), None);
/// assert_eq!(greeting().await, "hello");
/// assert_eq!(GREETING.get().unwrap(), "hello");
/// # })
/// ```
#[doc(alias = "OnceLock")]
#[doc(alias = "Lazy")]
pub struct OnceCell<T> {
    value: OnceLock<T>,
    /// Whose permit is the right to try.
    turn: Semaphore,
    done: Event,
}

impl<T> OnceCell<T> {
    const_unless_loom! {
        /// A cell without a value.
        pub const fn new() -> Self {
            Self { value: OnceLock::new(), turn: Semaphore::new(1), done: Event::new() }
        }
    }

    /// The value, if it is there; never waits.
    #[inline]
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The same for one who has the cell alone.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// The value; if there is none yet, makes it with `init`, or waits for somebody who does.
    ///
    /// An initialiser that asks for its own cell waits for itself.
    ///
    /// # Cancellation
    ///
    /// Place lost: dropping this future leaves the line, and awaiting again joins at the back. If it
    /// was initialising, what `init` had done is dropped, and the next in line begins with its own.
    pub async fn get_or_init(&self, init: impl AsyncFnOnce() -> T) -> &T {
        let made = self.get_or_try_init(async || Ok::<T, Infallible>(init().await)).await;
        match made {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// As [`get_or_init`](OnceCell::get_or_init), with an initialiser that may fail.
    ///
    /// # Errors
    ///
    /// What `init` answers. Nobody else hears of it: the next in line tries with its own.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`get_or_init`](OnceCell::get_or_init).
    pub async fn get_or_try_init<E>(
        &self,
        init: impl AsyncFnOnce() -> Result<T, E>,
    ) -> Result<&T, E> {
        if let Some(value) = self.get() {
            return Ok(value);
        }
        // Dropped last, after `init` and what it made: so two initialisers never overlap.
        let _turn = self.turn.acquire().await;
        if let Some(value) = self.get() {
            return Ok(value);
        }
        let made = init().await?;
        // Refused if somebody has used `set` meanwhile: then that is the value.
        drop(self.set(made));
        Ok(self.expect_value())
    }

    /// As [`get_or_init`](OnceCell::get_or_init), for a thread, with an initialiser that may block.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await
    /// [`get_or_init`](OnceCell::get_or_init). A call in `to_thread` may block.
    #[track_caller]
    pub fn get_or_init_blocking(&self, init: impl FnOnce() -> T) -> &T {
        parking::block_on(self.get_or_init(async || init()))
    }

    /// As [`get_or_try_init`](OnceCell::get_or_try_init), for a thread, with an initialiser that may
    /// block.
    ///
    /// # Errors
    ///
    /// What `init` answers.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, as [`get_or_init_blocking`](OnceCell::get_or_init_blocking).
    #[track_caller]
    pub fn get_or_try_init_blocking<E>(
        &self,
        init: impl FnOnce() -> Result<T, E>,
    ) -> Result<&T, E> {
        parking::block_on(self.get_or_try_init(async || init()))
    }

    /// Waits until somebody has made the value, without offering to.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: awaiting again is as good.
    pub async fn wait(&self) -> &T {
        if self.get().is_none() {
            self.done.wait().await;
        }
        self.expect_value()
    }

    /// As [`wait`](OnceCell::wait), for a thread.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, as [`get_or_init_blocking`](OnceCell::get_or_init_blocking).
    #[track_caller]
    pub fn wait_blocking(&self) -> &T {
        parking::block_on(self.wait())
    }

    /// Puts `value` into the cell if there is none yet; never waits. An initialiser that runs
    /// meanwhile goes on to its end, and then gets this value like everybody else.
    ///
    /// # Errors
    ///
    /// There is a value: the new one comes back.
    pub fn set(&self, value: T) -> Result<(), T> {
        self.value.set(value)?;
        // DONE FIRST.
        let mut panics = Panics::default();
        panics.catch(|| self.turn.add_permits(FOR_EVERYBODY));
        panics.catch(|| self.done.set());
        panics.resume();
        Ok(())
    }

    /// Takes the value out; the cell is as new.
    pub fn take(&mut self) -> Option<T> {
        mem::take(self).into_inner()
    }

    /// The value, if there is one.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// How the cell fares at this moment.
    pub fn statistics(&self) -> OnceCellStatistics {
        let initialised = self.get().is_some();
        let waiting = self.turn.statistics().waiting + self.done.statistics().waiting;
        let initialising = !initialised && self.turn.available() == 0;
        OnceCellStatistics { initialised, initialising, waiting }
    }

    fn expect_value(&self) -> &T {
        self.get().expect("the value is there before anybody is told")
    }
}

impl<T> Default for OnceCell<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> From<T> for OnceCell<T> {
    /// A cell that has its value.
    fn from(value: T) -> Self {
        let cell = Self::new();
        // Nobody else has put one in.
        drop(cell.set(value));
        cell
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = f.debug_tuple("OnceCell");
        match self.get() {
            Some(value) => out.field(value),
            None => out.field(&format_args!("<no value>")),
        };
        out.finish()
    }
}

/// What [`OnceCell::statistics`] and [`Once::statistics`] saw.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OnceCellStatistics {
    /// Whether it is done.
    pub initialised: bool,
    /// Whether somebody is at it.
    pub initialising: bool,
    /// How many wait now, in line for their turn or just for the end.
    pub waiting: usize,
}

/// Something that is done once, by the first who asks for it: a [`OnceCell`] without a value.
///
/// ```
/// use evenkeel_sync::Once;
///
/// # futures_lite::future::block_on(async {
/// static MIGRATED: Once = Once::new();
///
/// MIGRATED.call(async || println!("only one of them does it")).await;
/// MIGRATED.call(async || unreachable!()).await;
/// assert!(MIGRATED.is_done());
/// # })
/// ```
#[derive(Default)]
pub struct Once {
    cell: OnceCell<()>,
}

impl Once {
    const_unless_loom! {
        /// Something that was not done yet.
        pub const fn new() -> Self {
            Self { cell: OnceCell::new() }
        }
    }

    /// Does it, or waits until somebody else has. If that one panics or is cancelled, the next in
    /// line does it anew.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`OnceCell::get_or_init`].
    pub async fn call(&self, init: impl AsyncFnOnce()) {
        self.cell.get_or_init(init).await;
    }

    /// As [`call`](Once::call), with something that may fail; then it is not done, and the next in
    /// line tries.
    ///
    /// # Errors
    ///
    /// What `init` answers.
    ///
    /// # Cancellation
    ///
    /// Place lost: as [`OnceCell::get_or_init`].
    pub async fn try_call<E>(&self, init: impl AsyncFnOnce() -> Result<(), E>) -> Result<(), E> {
        self.cell.get_or_try_init(init).await.copied()
    }

    /// As [`call`](Once::call), for a thread.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, where it would stop the loop: await [`call`](Once::call). A call in
    /// `to_thread` may block.
    #[track_caller]
    pub fn call_blocking(&self, init: impl FnOnce()) {
        self.cell.get_or_init_blocking(init);
    }

    /// Whether it is done; never waits.
    #[inline]
    pub fn is_done(&self) -> bool {
        self.cell.get().is_some()
    }

    /// Waits until somebody has done it, without offering to.
    ///
    /// # Cancellation
    ///
    /// Nothing lost: awaiting again is as good.
    pub async fn wait(&self) {
        self.cell.wait().await;
    }

    /// As [`wait`](Once::wait), for a thread.
    ///
    /// # Panics
    ///
    /// In a task of evenkeel, as [`call_blocking`](Once::call_blocking).
    #[track_caller]
    pub fn wait_blocking(&self) {
        self.cell.wait_blocking();
    }

    /// How it fares at this moment.
    pub fn statistics(&self) -> OnceCellStatistics {
        self.cell.statistics()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").field("done", &self.is_done()).finish_non_exhaustive()
    }
}

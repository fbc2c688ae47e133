//! A handle as futures' `Spawn`, for libraries that take a spawner as an argument.

use futures_task::{FutureObj, Spawn, SpawnError};

use crate::handle::Handle;

/// Tasks are detached: they belong to the loop.
///
/// ```
/// use evenkeel::Handle;
/// use futures_task::Spawn;
///
/// evenkeel::run(async {
///     let handle = Handle::current();
///     assert!(handle.status().is_ok());
///     handle.spawn_obj(Box::new(async {}).into()).unwrap();
/// });
/// ```
impl Spawn for Handle {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.status()?;
        self.spawn(future).detach();
        Ok(())
    }

    fn status(&self) -> Result<(), SpawnError> {
        if self.is_closed() { Err(SpawnError::shutdown()) } else { Ok(()) }
    }
}

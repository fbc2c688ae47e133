//! Small programs of many tasks, drawn from seeds, and threads that contend: a few hundred schedules each
//! in every test run, and millions with `cargo xtask soak`.
//!
//! A family is a file, named for what it takes hold of; a program is a test of it. Each ends with what must
//! hold whatever the order was: nothing lost, nothing doubled, all counts back. Whoever waits for ever fails
//! the schedule, since `testing::schedules` sees that all wait.

mod crowd; // start here: what programs are made of
mod lock;
mod rwlock;
mod semaphore;
mod condition;
mod event;
mod barrier;
mod once;
mod queue;
mod channel;
mod broadcast;
mod watch;
mod oneshot;
mod group;
mod scope;
mod combine;
mod threads; // no seeds here: real threads

/// So many seeds each program is given unless `EVENKEEL_SEEDS` says otherwise; each is two schedules. All
/// programs together are to take a few seconds without optimisation.
const SEEDS: u64 = 150;

//! A timer is a deadline and a waker; this crate keeps many and returns those due.

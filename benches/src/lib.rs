//! The same work on every runtime.

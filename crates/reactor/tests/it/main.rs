//! One binary per crate: a file per module of the crate.

//! One binary: what the attributes complain of, and where.
#![allow(missing_docs, reason = "tests")]

mod complaints;

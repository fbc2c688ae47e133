//! One binary: the loop, and asyncio's cases by their ids.
#![allow(missing_docs, reason = "tests")]

mod runner;

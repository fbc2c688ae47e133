//! Every workload on every runtime, tiny, so that none rots.

#![allow(clippy::disallowed_types, missing_docs, reason = "tests are not modelled")]

mod workloads;

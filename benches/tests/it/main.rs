//! Every workload on every runtime, tiny, so that none rots.

#![allow(missing_docs, reason = "tests are not modelled")]

mod workloads;

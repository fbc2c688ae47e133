//! A runtime as a whole: its start and its end, and what it does under load.

use super::{Case, on, on_each};

mod start;

const WHOLE: Case = Case { group: "whole", asyncio: "run", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[Case {
    name: "start_stop",
    meaning: "a runtime started, one task run, all of it ended",
    quick: true,
    on: on!(Rt, beside start::start_stop),
    ..WHOLE
}];

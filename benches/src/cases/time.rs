//! Timers: timeouts that do not come, sleeps that end.

use super::{Case, Measure, on, on_each};

mod timeout;
mod lateness;

const TIME: Case = Case { group: "time", asyncio: "timeout", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "timeout",
        meaning: "a timeout armed, polled and dropped, another pending",
        quick: true,
        on: on!(Rt, timeout::armed),
        ..TIME
    },
    Case {
        name: "sleep_1ms",
        asyncio: "sleep",
        measure: Measure::Late,
        meaning: "how late a sleep of 1 ms ends, the median; one task",
        on: on!(Rt, lateness::sleep_1ms),
        ..TIME
    },
    Case {
        name: "sleep_100us",
        asyncio: "sleep",
        measure: Measure::Late,
        meaning: "how late a sleep of 100 us ends, the median; one task",
        on: on!(Rt, lateness::sleep_100us),
        ..TIME
    },
];

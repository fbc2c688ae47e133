//! Timers: timeouts that do not come, sleeps that end.

use super::limit::timer;
use super::{Case, Measure, SIZES, on, on_each};

mod timeout;
mod fired;
mod lateness;

pub(super) use lateness::late;

const TIME: Case = Case { group: "time", asyncio: "timeout", ..Case::DEFAULT };
const SLEEP: Case = Case { asyncio: "sleep", ..TIME };
const LATE: Case = Case { measure: Measure::Late, ..SLEEP };

pub(super) const CASES: &[Case] = &[
    Case {
        name: "timeout",
        quick: true,
        limit: Some(timer::armed),
        meaning: "a timeout armed, polled and dropped, another pending",
        on: on!(Rt, timeout::armed),
        ..TIME
    },
    Case {
        name: "pending",
        sizes: SIZES,
        axis: Some("timers"),
        meaning: "a timeout armed, polled and dropped, that many others pending",
        on: on!(Rt, timeout::armed_among),
        ..TIME
    },
    Case {
        name: "sleep_0",
        quick: true,
        meaning: "a sleep of no length, the only task",
        on: on!(Rt, fired::sleep_0),
        ..SLEEP
    },
    Case {
        name: "fired",
        quick: true,
        meaning: "one of 1000 sleeps of about 1 ms, from its begin to its task going on",
        on: on!(Rt, fired::thousand),
        ..SLEEP
    },
    Case {
        name: "fired_coarse",
        meaning: "the same where a millisecond late is allowed",
        on: on!(Rt, coarse fired::thousand),
        ..SLEEP
    },
    Case {
        name: "expiring",
        sizes: SIZES,
        axis: Some("timers"),
        meaning: "one of that many tasks spawned to sleep once, for a while of their own",
        on: on!(Rt, fired::expiring),
        ..SLEEP
    },
    Case {
        name: "sleep_1ms",
        quick: true,
        meaning: "how late a sleep of 1 ms ends, the median; one task",
        on: on!(Rt, lateness::sleep_1ms),
        ..LATE
    },
    Case {
        name: "sleep_100us",
        meaning: "how late a sleep of 100 us ends, the median; one task",
        on: on!(Rt, lateness::sleep_100us),
        ..LATE
    },
    Case {
        name: "sleep_rand",
        meaning: "one of 100000 sleeps a second, of random length, its task spawned",
        on: on!(Rt, lateness::random),
        ..SLEEP
    },
    Case {
        name: "sleep_rand_p50",
        meaning: "how late such a sleep ends, the median",
        on: on!(Rt, lateness::random),
        ..LATE
    },
    Case {
        name: "sleep_rand_p99",
        meaning: "how late such a sleep ends, the worst but one in a hundred",
        on: on!(Rt, lateness::random_p99),
        ..LATE
    },
];

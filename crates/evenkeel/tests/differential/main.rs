//! asyncio programs and their twins here: both are run, and must say the same.
//!
//! `NN_name.py` is a program on asyncio, `NN_name.rs` the same program on evenkeel, written beside it
//! line by line. `NN_name.out` is what CPython printed, checked against CPython wherever there is one.
//! The few that legitimately say something else begin with `# differs:` and the reason; what their
//! twin says is in `NN_name.evenkeel.out`, so both are pinned. A script that needs more than
//! Python 3.11 says so: `# needs 3.13`.
//!
//! Both run on one thread with a clock that jumps to the next deadline when all tasks wait: the twin's is
//! `ManualClock`, the script's is `jump.py`. In real time a script says the same. `EVENKEEL_PYTHON` names
//! another interpreter than `python3`.
//!
//! `random.rs` makes up programs of locks, semaphores, events, callbacks and cancels, which `interpret.py` runs
//! on asyncio; these are compared only where there is a Python.
//!
//! To record: `python3 NN_name.py > NN_name.out`.
#![allow(missing_docs, reason = "tests")]

/// In this folder a line that is printed is kept, to be compared.
macro_rules! println {
    ($($arguments:tt)*) => {
        $crate::stage::say(&format!($($arguments)*))
    };
}

mod compare;
mod python;
mod random;
mod script;
mod stage;

macro_rules! twins {
    ($($name:ident)+) => {
    /// The twin of `07_gather` is `t07_gather`.
    const TWINS: &[&str] = &[$(stringify!($name)),+];
    $(
        #[test]
        fn $name() {
            compare::both(stringify!($name), $name::main);
        }
    )+};
}

/// A script without a twin would be compared with nothing.
#[test]
fn every_script_has_a_twin() {
    let scripts: Vec<_> =
        script::all().iter().map(|script| format!("t{}", script.name())).collect();
    assert_eq!(scripts, TWINS);
}

// The programs, each in a file beside its script.
#[path = "01_run.rs"]
mod t01_run;
#[path = "02_create_task.rs"]
mod t02_create_task;
#[path = "03_sleep_zero.rs"]
mod t03_sleep_zero;
#[path = "04_gather.rs"]
mod t04_gather;
#[path = "05_gather_errors.rs"]
mod t05_gather_errors;
#[path = "06_gather_first_error.rs"]
mod t06_gather_first_error;
#[path = "07_gather_cancel.rs"]
mod t07_gather_cancel;
#[path = "08_wait.rs"]
mod t08_wait;
#[path = "09_wait_first_completed.rs"]
mod t09_wait_first_completed;
#[path = "10_wait_first_exception.rs"]
mod t10_wait_first_exception;
#[path = "11_wait_timeout.rs"]
mod t11_wait_timeout;
#[path = "12_as_completed.rs"]
mod t12_as_completed;
#[path = "13_wait_for.rs"]
mod t13_wait_for;
#[path = "14_timeout_nested.rs"]
mod t14_timeout_nested;
#[path = "15_shield.rs"]
mod t15_shield;
#[path = "16_task_group.rs"]
mod t16_task_group;
#[path = "17_task_group_error.rs"]
mod t17_task_group_error;
#[path = "18_task_group_cancel.rs"]
mod t18_task_group_cancel;
#[path = "19_task_group_nested.rs"]
mod t19_task_group_nested;
#[path = "20_cancel_before_start.rs"]
mod t20_cancel_before_start;
#[path = "21_cancel_reason.rs"]
mod t21_cancel_reason;
#[path = "22_cancel_chain.rs"]
mod t22_cancel_chain;
#[path = "23_names.rs"]
mod t23_names;
#[path = "24_done_callbacks.rs"]
mod t24_done_callbacks;
#[path = "25_call_soon.rs"]
mod t25_call_soon;
#[path = "26_call_later.rs"]
mod t26_call_later;
#[path = "27_lock.rs"]
mod t27_lock;
#[path = "28_semaphore.rs"]
mod t28_semaphore;
#[path = "29_event.rs"]
mod t29_event;
#[path = "30_condition.rs"]
mod t30_condition;
#[path = "31_barrier.rs"]
mod t31_barrier;
#[path = "32_queue.rs"]
mod t32_queue;
#[path = "33_queue_orders.rs"]
mod t33_queue_orders;
#[path = "34_producers_consumers.rs"]
mod t34_producers_consumers;
#[path = "35_queue_shutdown.rs"]
mod t35_queue_shutdown;
#[path = "36_to_thread.rs"]
mod t36_to_thread;
#[path = "37_thread_pool.rs"]
mod t37_thread_pool;
#[path = "38_threadsafe.rs"]
mod t38_threadsafe;
#[path = "39_contextvars.rs"]
mod t39_contextvars;
#[path = "40_runner.rs"]
mod t40_runner;
#[path = "41_completed.rs"]
mod t41_completed;
#[path = "42_streams.rs"]
mod t42_streams;
#[path = "43_never_retrieved.rs"]
mod t43_never_retrieved;
#[path = "44_leftovers.rs"]
mod t44_leftovers;
#[path = "45_future.rs"]
mod t45_future;
#[path = "46_lock_cancel.rs"]
mod t46_lock_cancel;
#[path = "47_bounded_gather.rs"]
mod t47_bounded_gather;
#[path = "48_wait_for_zero.rs"]
mod t48_wait_for_zero;
#[path = "49_philosophers.rs"]
mod t49_philosophers;
#[path = "50_ping_pong.rs"]
mod t50_ping_pong;
#[path = "51_runner_last_turn.rs"]
mod t51_runner_last_turn;
#[path = "52_cancel_chain_given.rs"]
mod t52_cancel_chain_given;
#[path = "53_shield_cancel.rs"]
mod t53_shield_cancel;
#[path = "54_eager.rs"]
mod t54_eager;
#[path = "55_crawler.rs"]
mod t55_crawler;
#[path = "56_retry.rs"]
mod t56_retry;
#[path = "57_call_later_zero.rs"]
mod t57_call_later_zero;
#[path = "58_task_group_many_errors.rs"]
mod t58_task_group_many_errors;
#[path = "59_async_cleanup.rs"]
mod t59_async_cleanup;
#[path = "60_reschedule.rs"]
mod t60_reschedule;
#[path = "61_cancel_caught.rs"]
mod t61_cancel_caught;
#[path = "62_cancelled_in_line.rs"]
mod t62_cancelled_in_line;
#[path = "63_cancel_oneself.rs"]
mod t63_cancel_oneself;

twins! {
    t01_run
    t02_create_task
    t03_sleep_zero
    t04_gather
    t05_gather_errors
    t06_gather_first_error
    t07_gather_cancel
    t08_wait
    t09_wait_first_completed
    t10_wait_first_exception
    t11_wait_timeout
    t12_as_completed
    t13_wait_for
    t14_timeout_nested
    t15_shield
    t16_task_group
    t17_task_group_error
    t18_task_group_cancel
    t19_task_group_nested
    t20_cancel_before_start
    t21_cancel_reason
    t22_cancel_chain
    t23_names
    t24_done_callbacks
    t25_call_soon
    t26_call_later
    t27_lock
    t28_semaphore
    t29_event
    t30_condition
    t31_barrier
    t32_queue
    t33_queue_orders
    t34_producers_consumers
    t35_queue_shutdown
    t36_to_thread
    t37_thread_pool
    t38_threadsafe
    t39_contextvars
    t40_runner
    t41_completed
    t42_streams
    t43_never_retrieved
    t44_leftovers
    t45_future
    t46_lock_cancel
    t47_bounded_gather
    t48_wait_for_zero
    t49_philosophers
    t50_ping_pong
    t51_runner_last_turn
    t52_cancel_chain_given
    t53_shield_cancel
    t54_eager
    t55_crawler
    t56_retry
    t57_call_later_zero
    t58_task_group_many_errors
    t59_async_cleanup
    t60_reschedule
    t61_cancel_caught
    t62_cancelled_in_line
    t63_cancel_oneself
}

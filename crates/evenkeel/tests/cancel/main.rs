//! Every waiting call of every crate is dropped at every moment of its life; nothing may be lost or leak.
#![cfg(all(unix, feature = "io", feature = "net"))]
#![cfg(all(feature = "fs", feature = "process", feature = "signal"))]
#![allow(missing_docs, reason = "tests are not modelled")]

mod coverage;
mod harness; // start here

mod blocking;
mod groups;
mod io;
mod items;
mod net;
mod reactor;
mod surfaces;
mod sync;
mod task;
mod timer;
mod umbrella;

#[test]
fn every_waiting_call_is_tried() {
    let all = [
        sync::cases,
        items::cases,
        task::cases,
        groups::cases,
        timer::cases,
        blocking::cases,
        reactor::cases,
        net::cases,
        io::cases,
        surfaces::cases,
        umbrella::cases,
    ];
    coverage::compare(&all.into_iter().flat_map(|cases| cases()).collect::<Vec<_>>());
}

#[test]
fn sync_calls() {
    harness::explore_all(&sync::cases());
}

#[test]
fn item_calls() {
    harness::explore_all(&items::cases());
}

#[test]
fn task_calls() {
    harness::explore_all(&task::cases());
}

#[test]
fn group_calls() {
    harness::explore_all(&groups::cases());
}

#[test]
fn timer_calls() {
    harness::explore_all(&timer::cases());
}

#[test]
fn blocking_calls() {
    harness::explore_all(&blocking::cases());
}

#[test]
fn reactor_calls() {
    harness::explore_all(&reactor::cases());
}

#[test]
fn net_calls() {
    harness::explore_all(&net::cases());
}

#[test]
fn io_calls() {
    harness::explore_all(&io::cases());
}

#[test]
fn surface_calls() {
    harness::explore_all(&surfaces::cases());
}

#[test]
fn umbrella_calls() {
    harness::explore_all(&umbrella::cases());
}

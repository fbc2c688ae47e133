//! The list of waiting calls is read from the sources: one that nobody drops in a test fails, by its name.

use std::fs;
use std::path::Path;

/// Each with the test of `cancel.rs` that drops it.
const DROPPED: &[(&str, &str)] = &[
    ("client.rs: pub async fn get", "a_request_dropped_while_it_connects_gives_that_up"),
    ("client.rs: pub async fn request", "a_request_dropped_at_any_step_is_no_other_ones_trouble"),
    // `Connect`, of TCP, by a function.
    ("connect.rs: async fn connect", "a_dropped_attempt_to_connect_leaves_no_socket"),
    ("connect.rs: async fn connect", "a_request_dropped_while_it_connects_gives_that_up"),
    ("connect.rs: fn connect", "a_request_dropped_while_it_connects_gives_that_up"),
    // `Handshake`, of none, by a function.
    ("handshake.rs: async fn shake", "a_handshake_that_is_dropped_takes_its_connection_along"),
    ("handshake.rs: async fn shake", "a_handshake_that_is_dropped_takes_its_connection_along"),
    ("handshake.rs: fn shake", "a_handshake_that_is_dropped_takes_its_connection_along"),
    ("sender.rs: pub async fn send", "a_request_dropped_at_any_step_is_no_other_ones_trouble"),
    ("serve.rs: fn into_future", "a_server_dropped_while_it_accepts_is_gone_with_its_connections"),
    ("serve.rs: pub fn serve", "a_server_dropped_while_it_accepts_is_gone_with_its_connections"),
    (
        "serve.rs: pub struct Serve",
        "a_server_dropped_while_it_waits_for_its_last_requests_is_gone_with_them",
    ),
    ("timer.rs: pub struct HyperSleep", "a_dropped_sleep_leaves_no_timer"),
    ("tower.rs: pub struct TimeoutFuture", "a_dropped_call_drops_what_it_waits_for"),
    ("tower.rs: pub struct TowerFuture", "a_dropped_call_drops_what_it_waits_for"),
];

#[test]
fn every_waiting_call_is_dropped_by_a_test() {
    let mut calls = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut calls);
    calls.sort();
    let named: Vec<_> = DROPPED.iter().map(|(call, _)| (*call).to_owned()).collect();
    assert_eq!(calls, named);
    for (call, test) in DROPPED {
        assert!(include_str!("cancel.rs").contains(&format!("fn {test}()")), "{call}: {test}");
    }
}

fn collect(folder: &Path, calls: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("the sources") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, calls);
            continue;
        }
        let file = path.file_name().expect("a file").to_string_lossy();
        let mut waits = false;
        for line in fs::read_to_string(&path).expect("a source file").lines() {
            let code = line.trim_start();
            waits |= code.starts_with("/// # Cancellation");
            if waits && !code.starts_with("//") && !code.starts_with("#[") {
                waits = false;
                let item = code
                    .strip_prefix("pub(super) ")
                    .map_or_else(|| code.to_owned(), |rest| format!("pub {rest}"));
                let item = item.split(['(', '<', '{']).next().unwrap_or_default();
                calls.push(format!("{file}: {}", item.trim()));
            }
        }
    }
}

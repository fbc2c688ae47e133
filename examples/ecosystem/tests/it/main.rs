//! Each example runs to its end: started as programs, as a reader would. And TLS that breaks off.

mod tls;

use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// None takes two seconds; this long is a hang.
const LIMIT: Duration = Duration::from_secs(60);

/// Cargo builds examples before tests, into a folder beside the tests' own.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("this test is a file");
    let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/it");
    profile.join("examples").join(name)
}

fn run(name: &str) {
    let mut child = Command::new(example(name)).spawn().expect("cargo test builds examples");
    let began = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if began.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("{name} does not end");
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(
        status.success(),
        "{name}: {status}; see it by: cargo run -p evenkeel-ecosystem --example {name}"
    );
}

macro_rules! examples {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            run(stringify!($name));
        })*
    };
}

examples! {
    h01_hyper h02_axum h03_tower h04_tonic h05_tls h06_websocket h07_tokio_library h08_tracing
    h09_futures_spawn h10_crawler
}

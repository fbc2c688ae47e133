//! A run made by hand: each thing a table has to show, once.

use serde_json::{Value, json};

use super::case::Case;
use super::machine::Machine;
use super::run::{Latency, Row, Run, Setting};
use crate::flags::Mode;

/// Scattered by one per cent, each time in another order.
fn around(middle: f64, shift: usize) -> Vec<f64> {
    (0..5).map(|at| middle * (0.99 + 0.005 * ((at * 2 + shift) % 5) as f64)).collect()
}

fn row(case: &Value, threads: usize, costs: &[(&str, f64)], seed: u64) -> Row {
    let case = Case::from_json(case).unwrap();
    let samples = costs.iter().enumerate();
    let samples = samples.map(|(at, (name, cost))| ((*name).to_owned(), around(*cost, at)));
    let unit = case.unit(Mode::Cpu).unwrap();
    Row::new((case, threads, unit), samples.collect(), Vec::new(), seed)
}

/// A win, a loss, a draw, bytes, sizes, a limit, a latency.
pub(super) fn run() -> Run {
    let spawn = json!({
        "group": "task", "name": "spawn_join", "asyncio": "create_task", "measure": "time",
        "meaning": "one of 1000 tasks, awaited",
    });
    let bytes = json!({
        "group": "memory", "name": "task", "asyncio": "create_task", "measure": "bytes",
        "meaning": "a parked task",
    });
    let echo = json!({
        "group": "io", "name": "echo_64", "asyncio": "start_server", "measure": "time",
        "meaning": "a request of 64 bytes",
    });
    let live = |size: u64| {
        json!({
            "group": "task", "name": "live", "size": size, "axis": "live tasks",
            "asyncio": "create_task", "measure": "time", "meaning": "a task among many",
        })
    };
    let mut rows = vec![
        row(
            &spawn,
            1,
            &[
                ("evenkeel", 100.0),
                ("tokio", 300.0),
                ("smol", 150.0),
                ("limit", 30.0),
                ("control", 100.0),
            ],
            0,
        ),
        row(
            &spawn,
            2,
            &[("evenkeel", 200.0), ("tokio", 180.0), ("smol", 201.0), ("control", 200.0)],
            1,
        ),
    ];
    for (size, seed) in [(100, 2), (10_000, 3), (1_000_000, 4)] {
        let ours = 90.0 + size as f64 / 2e4;
        let costs =
            [("evenkeel", ours), ("tokio", 3.0 * ours), ("smol", 2.0 * ours), ("control", ours)];
        rows.push(row(&live(size), 1, &costs, seed));
    }
    rows.push(row(
        &echo,
        2,
        &[("evenkeel", 7e3), ("tokio", 7.8e3), ("smol", 9e3), ("control", 7e3)],
        5,
    ));
    rows.push(row(
        &bytes,
        1,
        &[("evenkeel", 128.0), ("tokio", 320.0), ("smol", 97.0), ("control", 128.0)],
        6,
    ));
    for (name, p50) in [("evenkeel", 12e3), ("tokio", 13e3)] {
        let latency =
            Latency { p50: around(p50, 0), p99: around(9.0 * p50, 1), p999: around(30.0 * p50, 2) };
        rows[5].latency.push((name.into(), latency));
    }
    Run {
        machine: Machine {
            started: "2026-11-22T10:40:00Z".into(),
            git: "1a2b3c4".into(),
            rustc: "rustc 1.95.0".into(),
            profile: "release, fat LTO, one unit".into(),
            peers: vec![("smol".into(), "2.0.2".into()), ("tokio".into(), "1.54.1".into())],
            cpu: "Abacus 2".into(),
            cores: 2,
            kernel: "linux 6.1".into(),
            governor: "n/a".into(),
            load: vec![0.25, 0.5],
            dirty: false,
        },
        setting: Setting {
            mode: Mode::Cpu,
            allocator: "system".into(),
            rounds: 5,
            seconds: 0.1,
            quick: false,
            baseline: None,
        },
        peers: vec!["tokio".into(), "smol".into()],
        rows,
        faults: vec!["workload run task/x smol 1: exit status: 1 (no)".into()],
        remarks: vec!["smol finished nothing of task/y (1 thr) in 40ms".into()],
        interrupted: false,
    }
}

/// The same on a machine that was in no one mood.
pub(super) fn noisy() -> Run {
    let mut run = run();
    let rows = std::mem::take(&mut run.rows);
    run.rows = rows
        .into_iter()
        .zip(0..)
        .map(|(row, seed)| {
            let mut samples = row.samples;
            for (_, values) in samples.iter_mut().filter(|it| it.0 == "control") {
                values.iter_mut().for_each(|value| *value *= 1.2);
            }
            Row::new((row.case, row.threads, row.unit), samples, row.latency, seed)
        })
        .collect();
    run
}

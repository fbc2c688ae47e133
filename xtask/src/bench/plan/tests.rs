//! Who takes part, and how long all of it takes.

use serde_json::json;

use super::*;
use crate::flags::Mode;

fn case(name: &str, size: Option<u64>, runtimes: &[&str]) -> Case {
    let json = json!({
        "group": "task", "name": name, "size": size, "measure": "time", "runtimes": runtimes,
        "quick": size.is_none(),
    });
    Case::from_json(&json).unwrap()
}

fn peers(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// As the whole list: 107 cases are 214 rows, every third of them with a limit.
fn many() -> Vec<Case> {
    let sizes =
        [(10, 1), (50, 1), (100, 8), (1000, 10), (10_000, 10), (100_000, 8), (1_000_000, 8)];
    let sized = sizes.into_iter().flat_map(|(size, times)| vec![Some(size); times]);
    let sizes: Vec<_> = std::iter::repeat_n(None, 61).chain(sized).collect();
    let of = |(index, size)| {
        let all = ["evenkeel", "tokio", "smol", "limit"];
        case(&format!("case{index}"), size, &all[..if index % 3 == 0 { 4 } else { 3 }])
    };
    sizes.into_iter().enumerate().map(of).collect()
}

#[test]
fn who_takes_part() {
    let mut case = case("yield", None, &["evenkeel", "tokio", "limit", "baseline"]);
    case.on.push(("monoio".into(), vec![1]));
    let against = peers(&["tokio", "smol", "monoio"]);
    let plan = Plan::new(&[case], &against, &Bench::default());
    let columns: Vec<_> = plan.jobs.iter().map(|job| job.columns.join(" ")).collect();
    assert_eq!(
        columns,
        ["evenkeel tokio monoio limit baseline control", "evenkeel tokio limit baseline control"]
    );
}

#[test]
fn a_full_run_stays_below_twenty_minutes() {
    let peers = peers(&["tokio", "smol"]);
    let plan = Plan::new(&many(), &peers, &Bench::default());
    assert_eq!(plan.jobs.len(), 214);
    assert!(plan.seconds < 18.0 * 60.0, "{}", plan.seconds);
    // And is used: no process works for the least time there is.
    assert!(plan.seconds > 15.0 * 60.0, "{}", plan.seconds);
    assert!(plan.time > TIME.mul_f64(1.2 * SHORTEST), "{:?}", plan.time);
    assert!(plan.jobs.iter().all(|job| job.rounds >= 5));
    let plan = Plan::new(&many()[30..65], &peers, &Bench::default());
    let rounds: Vec<_> = plan.jobs.iter().map(|job| job.rounds).collect();
    assert_eq!((rounds[0], rounds.last()), (11, Some(&5)));
}

#[test]
fn with_more_rows_each_process_works_for_less() {
    let cases: Vec<_> = many().into_iter().chain(many()[..30].to_vec()).collect();
    let plan = Plan::new(&cases, &peers(&["tokio", "smol"]), &Bench::default());
    assert!(plan.seconds < 18.0 * 60.0, "{}", plan.seconds);
    assert!(plan.time < TIME && plan.time > TIME.mul_f64(SHORTEST), "{:?}", plan.time);
    assert!(plan.jobs.iter().all(|job| job.rounds == 5));
    let asked = Bench { time: Some(TIME), ..Bench::default() };
    assert_eq!(Plan::new(&cases, &peers(&["tokio", "smol"]), &asked).time, TIME);
}

#[test]
fn a_quick_run_stays_below_ninety_seconds() {
    let flags = Bench { quick: true, ..Bench::default() };
    let plan = Plan::new(&many()[..15], &peers(&["tokio", "smol"]), &flags);
    assert!(plan.seconds < 90.0, "{}", plan.seconds);
    assert!(plan.jobs.iter().all(|job| job.rounds == 5));
}

#[test]
fn what_is_asked_for_is_done() {
    let flags = Bench {
        rounds: Some(40),
        time: Some(Duration::from_secs(1)),
        threads: vec![2],
        ..Bench::default()
    };
    let plan = Plan::new(&many(), &[], &flags);
    assert!(plan.jobs.iter().all(|job| job.rounds == 40 && job.threads == 2));
    assert_eq!((plan.time, plan.budget), (Duration::from_secs(1), None));
    let flags = Bench { mode: Mode::Instr, ..Bench::default() };
    let plan = Plan::new(&many(), &[], &flags);
    assert!(plan.jobs.iter().all(|job| job.rounds == 2 && job.unit == Unit::Instructions));
}

#[test]
fn the_clock_cuts_rounds_and_only_at_last_below_five() {
    let mut plan = Plan::new(&many(), &peers(&["tokio", "smol"]), &Bench::default());
    let row = |at: usize| plan.seconds_of(at) * plan.budget.unwrap() / plan.seconds;
    let first = row(0);
    assert!(!plan.is_late(0, 4, 2.0 * first, 2.0 * first), "a verdict is worth some patience");
    assert!(plan.is_late(0, 5, 2.0 * first, 2.0 * first));
    assert!(!plan.is_late(9, 5, 2.0 * first, 2.0 * first), "others left time over");
    assert!(plan.is_late(9, 1, 5.0 * first, 5.0 * first));
    let last = plan.jobs.len() - 1;
    assert!(row(last) > 5.0 * first, "a million of something take their time, and may");
    assert!(
        !plan.is_late(last, 1, 3.0 * row(last), 1e3) && plan.is_late(last, 1, 5.0 * row(last), 1e3)
    );
    plan.budget = None;
    assert!(!plan.is_late(0, 1, 1e9, 1e9));
}

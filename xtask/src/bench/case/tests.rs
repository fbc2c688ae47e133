//! What `list` says, in full and as it was before it said so much.

use serde_json::json;

use super::*;

#[test]
fn a_case_in_full() {
    let case = Case::from_json(&json!({
        "group": "io", "name": "echo_64", "size": 1000, "axis": "connections",
        "asyncio": "start_server", "measure": "time", "meaning": "a request",
        "runtimes": ["evenkeel", "tokio", "monoio"], "threads": [1, 2], "quick": false,
        "flavours": { "evenkeel": [1, 2], "tokio": [1, 2], "monoio": [1] },
    }))
    .unwrap();
    assert_eq!(case.id, "io/echo_64@1000");
    assert!(case.can("monoio", 1) && !case.can("monoio", 2) && !case.can("smol", 1));
    assert_eq!((case.size, case.threads), (Some(1000), vec![1, 2]));
    assert!(!case.quick);
}

#[test]
fn a_case_of_few_words() {
    let json = json!({ "name": "yield", "measure": "time", "runtimes": ["tokio"] });
    let case = Case::from_json(&json).unwrap();
    assert_eq!(case.id, "yield");
    assert!(case.can("tokio", 1) && case.can("tokio", 2) && !case.can("tokio", 4));
    assert!(Case::from_json(&json!({ "name": "x", "measure": "miles" })).is_err());
}

#[test]
fn a_mode_speaks_of_what_it_can() {
    let case =
        |measure: &str| Case::from_json(&json!({ "name": "x", "measure": measure })).unwrap();
    assert_eq!(case("time").unit(Mode::Instr), Some(Unit::Instructions));
    assert_eq!(case("bytes").unit(Mode::Instr), None);
    assert_eq!(case("late").unit(Mode::Cpu), Some(Unit::LateNs));
    assert_eq!(case("time").unit(Mode::Alloc), Some(Unit::Allocations));
}

#[test]
fn amounts() {
    for (unit, value, text) in [
        (Unit::Ns, 7.04, "7.0 ns"),
        (Unit::Ns, 7_040.0, "7.04 us"),
        (Unit::Ns, 70_400.0, "70.4 us"),
        (Unit::LateNs, 704e6, "704 ms"),
        (Unit::Bytes, 128.0, "128 B"),
        (Unit::Allocations, 1.0, "1.00 al"),
        (Unit::Instructions, 1_234.0, "1234 in"),
        (Unit::Instructions, 12_340.0, "12.3 kin"),
    ] {
        assert_eq!(unit.shown(value), text);
    }
    for (unit, name) in Unit::ALL {
        assert_eq!(Unit::from_name(name), Some(unit));
    }
}

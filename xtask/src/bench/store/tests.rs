//! The form of a saved run, which other programs read.

use super::*;
use crate::bench::{specimen, table};

#[test]
fn the_schema() {
    let json = to_json(&specimen::run());
    assert_eq!(json["schema"], 1);
    for (field, kind) in [
        ("started", "string"),
        ("git", "string"),
        ("dirty", "boolean"),
        ("rustc", "string"),
        ("profile", "string"),
        ("cpu", "string"),
        ("cores", "number"),
        ("kernel", "string"),
        ("governor", "string"),
        ("load", "array"),
        ("mode", "string"),
        ("allocator", "string"),
        ("rounds", "number"),
        ("seconds", "number"),
        ("quick", "boolean"),
        ("baseline", "null"),
        ("interrupted", "boolean"),
        ("peers", "object"),
        ("against", "array"),
        ("control", "object"),
        ("faults", "array"),
        ("remarks", "array"),
        ("cases", "array"),
    ] {
        assert_eq!(kind_of(&json[field]), kind, "{field}");
    }
    assert_eq!(json.as_object().unwrap().len(), 24, "a new field stands in this test");
    assert_eq!(json["peers"], json!({ "smol": "2.0.2", "tokio": "1.54.1" }));
    assert_eq!(json["load"], json!([0.25, 0.5]));
    assert_eq!(json["control"]["sound"], true);
}

#[test]
fn the_schema_of_a_row() {
    let json = to_json(&specimen::run());
    let row = &json["cases"][1];
    for (field, expected) in [
        ("id", json!("task/spawn_join")),
        ("group", json!("task")),
        ("name", json!("spawn_join")),
        ("size", json!(null)),
        ("axis", json!("")),
        ("asyncio", json!("create_task")),
        ("measure", json!("time")),
        ("meaning", json!("one of 1000 tasks, awaited")),
        ("threads", json!(2)),
        ("unit", json!("ns")),
        ("latency", json!({})),
    ] {
        assert_eq!(row[field], expected, "{field}");
    }
    assert_eq!(row.as_object().unwrap().len(), 13, "with samples and ratio");
    assert_eq!(row["samples"]["evenkeel"].as_array().unwrap().len(), 5);
    assert_eq!(row["samples"]["control"].as_array().unwrap().len(), 5);
    assert_eq!(row["ratio"]["tokio"]["verdict"], "worse");
    assert_eq!(row["ratio"]["smol"]["verdict"], "undecided");
    for end in ["median", "lo", "hi"] {
        assert!(row["ratio"]["tokio"][end].is_f64());
        assert!(row["ratio"]["control"][end].is_f64());
    }
    assert_eq!(json["cases"][5]["latency"]["tokio"]["p99"].as_array().unwrap().len(), 5);
}

#[test]
fn what_is_read_again_shows_the_same() {
    let run = specimen::run();
    let again = from_json(&serde_json::from_str(&text(&run)).unwrap()).unwrap();
    let look =
        table::Look { paint: crate::bench::paint::Paint::new(false), latency: true, verbose: true };
    assert_eq!(table::head(&again, ""), table::head(&run, ""));
    assert_eq!(table::body(&again, look), table::body(&run, look));
}

#[test]
fn what_is_no_run_is_refused() {
    let fault = |json: Value| from_json(&json).unwrap_err();
    assert!(fault(json!({})).contains("schema"));
    assert!(fault(json!({ "schema": 2 })).contains("schema 2"));
    let mut json = to_json(&specimen::run());
    json["cases"][0]["samples"]["tokio"] = json!([1.0]);
    assert!(fault(json).contains("not every round is whole"));
}

fn kind_of(json: &Value) -> &'static str {
    match json {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

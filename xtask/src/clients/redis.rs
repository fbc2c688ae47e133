//! What Redis's own tools say to ours.

use super::server::Server;
use super::talks::{Done, Talk, heard};
use super::{LIMIT, failure};
use crate::step::{Line, Log};

pub(super) const TALKS: &[Talk] = &[
    Talk { title: "redis-cli", program: "redis-cli", body: cli, over_http: false },
    Talk { title: "redis-load", program: "redis-benchmark", body: load, over_http: false },
];

fn line(server: &Server, program: &str, args: &[&str]) -> Line {
    let port = server.ports[0].to_string();
    Line::new(program, &server.folder, LIMIT).args(["-p", &port]).args(args.iter().copied())
}

/// Command after command, each by a client of its own.
fn cli(server: &Server, log: &Log) -> Done {
    let asked: &[(&[&str], &str)] = &[
        (&["ping"], "PONG\n"),
        (&["set", "ship", "even keel"], "OK\n"),
        (&["get", "ship"], "even keel\n"),
        (&["incr", "ship"], "ERR value is not an integer or out of range\n"),
        (&["del", "count"], ""),
        (&["incr", "count"], "1\n"),
        (&["incr", "count"], "2\n"),
        (&["get", "nobody"], "\n"),
        (&["nonsense"], "ERR unknown command\n"),
        // The same command again and again over one connection.
        (&["-r", "1000", "incr", "count"], "1002\n"),
    ];
    for (args, wanted) in asked {
        let line = line(server, "redis-cli", args);
        heard(&line.run(log, &line.to_string())?, &[wanted], &line.to_string())?;
    }
    Ok(format!("{} clients", asked.len()))
}

/// 50 connections, one command at a time and sixteen.
fn load(server: &Server, log: &Log) -> Done {
    const TESTS: [&str; 5] = ["PING_INLINE", "PING_MBULK", "SET", "GET", "INCR"];
    let tests = "ping_inline,ping_mbulk,set,get,incr";
    let mut remark = Vec::new();
    for (many, number) in [("1", "50000"), ("16", "200000")] {
        let args = ["-t", tests, "-n", number, "-c", "50", "-P", many, "-q"];
        let line = line(server, "redis-benchmark", &args);
        let said = line.run(log, &line.to_string())?;
        // Each test tells of its progress on one line, over which it writes.
        let ends: Vec<_> =
            said.split(['\r', '\n']).filter(|it| it.contains("requests per")).collect();
        let mut rates = Vec::new();
        for test in TESTS {
            let end = ends.iter().find_map(|it| it.trim().strip_prefix(test)?.strip_prefix(": "));
            let rate = end.and_then(|it| it.split_whitespace().next()?.parse::<f64>().ok());
            let rate = rate.ok_or_else(|| failure(format!("{said}\n[{test} has no end]")))?;
            rates.push(format!("{test} {:.0}k", rate / 1000.0));
        }
        if ["WARN", "ERR", "rror"].iter().any(|word| said.contains(word)) {
            return Err(failure(format!("{said}\n[an error, or a warning]")));
        }
        remark.push(format!("{many} at a time: {} a second", rates[2..].join(", ")));
    }
    Ok(remark.join("; "))
}

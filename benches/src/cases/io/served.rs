//! The server's side of a load: starts its process, and reads the clocks around its work.

use std::io::{self, BufRead, BufReader, Write};
use std::process::{self, Child, ChildStdin, ChildStdout, Command, Stdio};
use std::thread::{self, JoinHandle};

use crate::load::{self, Plan, READY, Seen, Target};
use crate::measure::{Cost, Latency, Length, Start};

/// A load at work on this process, watched by a thread.
pub(in crate::cases) struct Served(JoinHandle<io::Result<Cost>>);

impl Served {
    /// The cost is that of the requests, between warm-up and end.
    pub(in crate::cases) fn by(
        plan: Plan,
        length: Length,
        at_end: impl FnOnce() + Send + 'static,
    ) -> Served {
        let watch = move |load: &mut Load| {
            let start = Start::now();
            let seen = load.work()?;
            let [p50, p99, p999] = seen.latency_ns;
            let latency = Some(Latency { p50, p99, p999 });
            Ok(Cost { latency, ..start.cost(seen.requests) })
        };
        Served::watched(plan, length, watch, at_end)
    }

    /// The cost is what `watch` says, which is called when all are connected and warm.
    pub(in crate::cases) fn watched(
        plan: Plan,
        length: Length,
        watch: impl FnOnce(&mut Load) -> io::Result<Cost> + Send + 'static,
        at_end: impl FnOnce() + Send + 'static,
    ) -> Served {
        Served(thread::spawn(move || {
            let load = load::allow_many_files().and_then(|()| Load::start(&plan, length));
            let cost = load.and_then(|mut load| {
                let cost = watch(&mut load)?;
                load.end().and(Ok(cost))
            });
            if let Target::Unix(path) = &plan.target {
                std::fs::remove_file(path)?;
            }
            // The server may wait for connections that will never come.
            if let Err(error) = cost {
                eprintln!("{error}");
                process::exit(1);
            }
            at_end();
            cost
        }))
    }

    /// When the load is gone.
    pub(in crate::cases) fn cost(self) -> io::Result<Cost> {
        self.0.join().map_err(|_| io::Error::other("the load was not watched to its end"))?
    }
}

/// The process of a load that is connected and warm.
pub(in crate::cases) struct Load {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Load {
    fn start(plan: &Plan, length: Length) -> io::Result<Load> {
        let length = match length {
            Length::Once => vec![],
            Length::Time(time) => vec![time.as_secs_f64().to_string()],
            Length::Pieces(pieces) => vec!["--pieces".to_owned(), pieces.to_string()],
        };
        let mut child = Command::new(std::env::current_exe()?)
            .arg(load::COMMAND)
            .args(plan.words())
            .args(length)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        let mut load = Load { child, input, output };
        if load.line()? != READY {
            return Err(io::Error::other("the load is not ready"));
        }
        Ok(load)
    }

    /// Has the requests made.
    fn work(&mut self) -> io::Result<Seen> {
        self.input.write_all(b"\n")?;
        let line = self.line()?;
        Seen::parse(&line).ok_or_else(|| io::Error::other(format!("the load says `{line}`")))
    }

    fn end(mut self) -> io::Result<()> {
        drop(self.input);
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("the load: {status}"))) }
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        if self.output.read_line(&mut line)? == 0 {
            return Err(io::Error::other("the load has failed"));
        }
        Ok(line.trim_end().to_owned())
    }
}

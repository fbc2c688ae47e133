//! Costs that are counted and not timed: the difference of two runs, one of more pieces of work
//! than the other, so that the start of the process and of the runtime vanishes.

use std::path::Path;
use std::time::Duration;

use super::case::{Case, Unit};
use super::process;
use super::programs::{Length, Programs, Reply};
use crate::flags::Mode;

/// Under valgrind everything is fifty times slower, and some pieces are long.
const LIMIT: Duration = Duration::from_secs(300);

/// The work whose count is taken, in ns of processor time without the counting tool: long against
/// what varies from start to start, and a second under valgrind.
const ENOUGH_NS: f64 = 10e6;

/// On the wall: where a piece waits more than it works.
const PATIENCE_NS: f64 = 500e6;

/// Pieces before those that count: queues have their size then, and pools their threads.
const BEFORE: u64 = 2;

/// More tell nothing new.
const MOST: u64 = 2000;

/// What counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tool {
    /// The workload itself, with the allocator that counts.
    Heap,
    /// `valgrind --tool=callgrind`
    Callgrind,
    /// `strace -c`
    Strace,
}

impl Tool {
    pub(super) fn of(unit: Unit) -> Option<Tool> {
        match unit {
            Unit::Allocations => Some(Tool::Heap),
            Unit::Instructions => Some(Tool::Callgrind),
            Unit::Syscalls => Some(Tool::Strace),
            Unit::Ns | Unit::LateNs | Unit::Bytes => None,
        }
    }

    /// What a mode cannot do without.
    pub(super) fn needed(mode: Mode) -> Option<Tool> {
        match mode {
            Mode::Cpu | Mode::Wall => None,
            Mode::Instr => Some(Tool::Callgrind),
            Mode::Alloc => Some(Tool::Heap),
            Mode::Syscalls => Some(Tool::Strace),
        }
    }

    /// One line for whoever lacks the tool.
    pub(super) fn check(self, root: &Path) -> Result<(), String> {
        let program = match self {
            Tool::Heap => return Ok(()),
            Tool::Callgrind => "valgrind",
            Tool::Strace => "strace",
        };
        match super::machine::said(root, program, &["--version"]) {
            Some(_) => Ok(()),
            None => Err(format!("this mode needs `{program}`, which does not run here")),
        }
    }

    fn wrap(self, words: Vec<String>, file: &Path) -> Vec<String> {
        let file = file.display();
        let before: Vec<String> = match self {
            Tool::Heap => Vec::new(),
            Tool::Callgrind => {
                vec![
                    "valgrind".into(),
                    "--tool=callgrind".into(),
                    format!("--callgrind-out-file={file}"),
                ]
            }
            // Threads are followed, but not the load generator: it is another program.
            Tool::Strace => ["strace", "-f", "-b", "execve", "-c", "-U", "calls,name", "-o"]
                .map(String::from)
                .into_iter()
                .chain([file.to_string()])
                .collect(),
        };
        before.into_iter().chain(words).collect()
    }
}

/// One case in one flavour, counted.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    programs: &'a Programs,
    tool: Tool,
    case: &'a Case,
    threads: usize,
    pieces: u64,
    file: std::path::PathBuf,
}

impl<'a> Counter<'a> {
    /// Looks how long one piece is, to know how many are worth counting. `file` is overwritten.
    pub(super) fn new(
        programs: &'a Programs,
        tool: Tool,
        (case, threads): (&'a Case, usize),
        file: &Path,
    ) -> Result<Counter<'a>, String> {
        let length = Length::Pieces(1);
        let words = programs.command(case, (super::run::OURS, threads), false, length);
        let pieces = pieces(&programs.ask(&words, length)?);
        Ok(Counter { programs, tool, case, threads, pieces, file: file.into() })
    }

    /// What an operation costs on a runtime.
    pub(super) fn per_operation(&self, column: &str) -> Result<f64, String> {
        let (ops, count) = self.total(column, BEFORE)?;
        let (more_ops, more_count) = self.total(column, BEFORE + self.pieces)?;
        if more_ops <= ops {
            return Err(format!("{} {column}: more pieces are no more work", self.case.id));
        }
        Ok(rounded((more_count - count) / (more_ops - ops), self.tool))
    }

    /// Operations done, and the count of the whole process.
    fn total(&self, column: &str, pieces: u64) -> Result<(f64, f64), String> {
        let counted = self.tool == Tool::Heap;
        let length = Length::Pieces(pieces);
        let words = self.programs.command(self.case, (column, self.threads), counted, length);
        let words = self.tool.wrap(words, &self.file);
        let shown = words.join(" ");
        let (said, errors) = process::run(&words, &self.programs.root, LIMIT)?;
        let reply =
            Reply::to(length, &said).ok_or_else(|| format!("{shown}: no result in {said:?}"))?;
        let count = match self.tool {
            Tool::Heap => Some(reply.allocations),
            Tool::Callgrind => instructions(&errors),
            Tool::Strace => {
                let table = std::fs::read_to_string(&self.file);
                system_calls(&table.map_err(|error| format!("{}: {error}", self.file.display()))?)
            }
        };
        Ok((reply.ops, count.ok_or_else(|| format!("{shown}: no count in its output"))?))
    }
}

fn pieces(one: &Reply) -> u64 {
    let fit = (ENOUGH_NS / one.cpu_ns.max(1.0)).min(PATIENCE_NS / one.wall_ns.max(1.0));
    (fit as u64).clamp(1, MOST)
}

/// A thread more or less at the end is no cost of an operation, and no ratio is taken of crumbs.
fn rounded(count: f64, tool: Tool) -> f64 {
    let (places, crumb) = if tool == Tool::Callgrind { (10.0, 1.0) } else { (100.0, 0.05) };
    if count < crumb { 0.0 } else { (count * places).round() / places }
}

/// `==7== Collected : 123456`
fn instructions(errors: &str) -> Option<f64> {
    let line = errors.lines().rev().find(|line| line.contains("Collected :"))?;
    line.rsplit(':').next()?.trim().parse().ok()
}

/// The last line of the table: `  1234 total`.
fn system_calls(table: &str) -> Option<f64> {
    let line = table.lines().rev().find(|line| line.trim_end().ends_with("total"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    //! What the tools say.

    use super::*;

    #[test]
    fn counts_are_found() {
        assert_eq!(instructions("==7== Events : Ir\n==7== Collected : 1234\n==7=="), Some(1234.0));
        assert_eq!(instructions("==7=="), None);
        let table =
            "calls syscall\n----- -----\n   70 read\n    3 write\n----- -----\n   73 total\n";
        assert_eq!(system_calls(table), Some(73.0));
    }

    #[test]
    fn short_pieces_are_repeated_and_long_ones_are_not() {
        let piece = |cpu_ns, wall_ns| Reply { ops: 1.0, cpu_ns, wall_ns, ..Reply::default() };
        assert_eq!(pieces(&piece(1e6, 1e6)), 10);
        assert_eq!(pieces(&piece(10.0, 10.0)), MOST);
        assert_eq!(pieces(&piece(1e9, 1e9)), 1);
        assert_eq!(pieces(&piece(1e3, 100e6)), 5);
    }

    #[test]
    fn rounding() {
        assert!(rounded(-0.001, Tool::Heap).is_sign_positive());
        assert_eq!(rounded(0.04, Tool::Strace), 0.0);
        assert_eq!(rounded(1.0049, Tool::Heap), 1.0);
        assert_eq!(rounded(123.4567, Tool::Callgrind), 123.5);
    }
}

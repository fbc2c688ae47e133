//! What became dearer since the table was written, and what cheaper.

use super::gather::Gathered;
use super::row::{Row, figure, sum};
use super::table::Table;
use super::words::{Names, Whose};

/// How far a figure may move: that part of it, and that much.
#[derive(Clone, Copy)]
struct Leeway {
    part: f64,
    plus: f64,
}

/// Counts of one program are the same each time, to a call or two at the edge of a run.
const SAME: Leeway = Leeway { part: 0.01, plus: 0.02 };

/// A change elsewhere moves what is inlined where.
const INSTRUCTIONS: Leeway = Leeway { part: 0.03, plus: 3.0 };

/// What another thread allocated and this one frees goes through malloc's locks, or does not.
const REMOTE: Leeway = Leeway { part: 0.15, plus: 10.0 };

/// Threads that sleep and wake each other meet as they please: a call that finds its awaiter asleep takes
/// three times the words of one that does not. What this still tells is one that spins.
const LOOSE: Leeway = Leeway { part: 3.0, plus: 10.0 };

/// But what they allocate for it is the same, to a queue that grows now and then.
const LOOSE_ALLOCATIONS: Leeway = Leeway { part: 0.1, plus: 0.5 };

/// What is to be told.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) worse: Vec<String>,
    pub(super) better: Vec<String>,
    compared: usize,
    operations: usize,
}

impl Told {
    pub(super) fn summary(&self) -> String {
        let mut line = format!("{} figures of {} operations", self.compared, self.operations);
        if !self.worse.is_empty() {
            line += &format!(", {} dearer", self.worse.len());
        }
        if !self.better.is_empty() {
            line += &format!(
                ", {} cheaper: `cargo xtask counts --write` keeps them so",
                self.better.len()
            );
        }
        line
    }

    fn figure(&mut self, row: &Row, what: &str, old: f64, new: f64, leeway: Leeway) {
        self.compared += 1;
        let bound = |figure: f64| figure * (1.0 + leeway.part) + leeway.plus;
        let line = || format!("{}: {what} {} -> {}", row.title(), figure(old), figure(new));
        if new > bound(old) {
            self.worse.push(line());
        } else if old > bound(new) {
            self.better.push(line());
        }
    }
}

pub(super) fn compare(committed: &Table, gathered: &Gathered) -> Told {
    let mut told = Told::default();
    for new in &gathered.rows {
        let Some(old) = committed.rows.iter().find(|old| old.key() == new.key()) else {
            if new.runtime == super::OURS {
                told.worse.push(format!("{}: not in the table", new.title()));
            }
            continue;
        };
        told.operations += 1;
        let counts = if new.loose { LOOSE } else { SAME };
        let mut pair = |what: &str, old: Option<f64>, new_figure: Option<f64>, leeway| {
            if let (Some(old), Some(new_figure)) = (old, new_figure) {
                told.figure(new, what, old, new_figure, leeway);
            }
        };
        // Another compiler makes other instructions, and other standard locks; threads that wait
        // for each other spin as long as they please.
        if committed.rustc == gathered.rustc && !new.loose {
            let remote = new.op.starts_with("remote");
            let instructions = if remote { REMOTE } else { INSTRUCTIONS };
            pair("instructions", old.instructions, new.instructions, instructions);
            let locked = |row: &Row| row.locked.as_ref().map(sum);
            let counts = if remote { REMOTE } else { counts };
            pair("locked instructions", locked(old), locked(new), counts);
        }
        let allocations = if new.loose { LOOSE_ALLOCATIONS } else { counts };
        pair("allocations", old.allocations, new.allocations, allocations);
        let calls = |row: &Row| row.calls.as_ref().map(sum);
        pair("system calls", calls(old), calls(new), counts);
        for whose in Whose::ALL {
            let what = format!("changes of words ({})", whose.name());
            pair(
                &what,
                changes(old, &gathered.names, whose),
                changes(new, &gathered.names, whose),
                counts,
            );
        }
        let stores = |row: &Row| stores(row, &gathered.names);
        pair("stores to words of all", stores(old), stores(new), counts);
    }
    told.worse.extend(gathered.names.unknown());
    told
}

fn changes(row: &Row, names: &Names, whose: Whose) -> Option<f64> {
    let words = row.words.as_ref()?.iter().filter(|(name, _)| names.whose(name) == whose);
    Some(words.map(|(_, acts)| acts.locked()).sum())
}

fn stores(row: &Row, names: &Names) -> Option<f64> {
    let words = row.words.as_ref()?.iter().filter(|(name, _)| names.whose(name) == Whose::All);
    Some(words.map(|(_, acts)| acts.stores).sum())
}

//! What the counting build has to tell: allocations, and for each word what was done to it by whom.

use std::collections::BTreeMap;
use std::panic::Location;

use evenkeel_context::count::{Use, uses};

use crate::heap::allocations;

/// The counts at one moment.
#[derive(Debug)]
pub(crate) struct Before {
    uses: Vec<Use>,
    allocations: u64,
}

impl Before {
    pub(crate) fn now() -> Before {
        Before { uses: uses(), allocations: allocations() }
    }

    /// Prints what was counted since, as a line of JSON.
    pub(crate) fn tell(self, name: &str) {
        let allocations = allocations() - self.allocations;
        let mut all: BTreeMap<String, i128> = BTreeMap::new();
        for (uses, sign) in [(uses(), 1), (self.uses, -1)] {
            for one in uses {
                let act = format!("{:?}", one.act).to_lowercase();
                let key = format!(
                    r#""word":"{}","by":"{}","act":"{act}""#,
                    place(one.word),
                    place(one.by)
                );
                *all.entry(key).or_default() += sign * i128::from(one.times);
            }
        }
        let uses: Vec<_> = all
            .iter()
            .filter(|(_, times)| **times != 0)
            .map(|(key, times)| format!(r#"{{{key},"times":{times}}}"#))
            .collect();
        println!(r#"{{"op":"{name}","allocations":{allocations},"uses":[{}]}}"#, uses.join(","));
    }
}

// Paths of source files hold no character that JSON would escape.
fn place(location: &Location<'_>) -> String {
    format!("{}:{}:{}", location.file(), location.line(), location.column())
}

//! `cargo xtask test`: the tests people run all day, doctests included.

use std::time::Duration;

use crate::Exit;
use crate::flags;
use crate::step::Line;
use crate::workspace::{Workspace, cargo};

/// A cold build on two cores takes a few minutes and no test takes long, so this long is a hang.
pub(crate) const LIMIT: Duration = Duration::from_secs(900);

pub(crate) fn run(workspace: &Workspace, flags: &flags::Test) -> Exit {
    let line = match &flags.package {
        None => whole(workspace),
        Some(name) => {
            let name = &workspace.package(name)?.name;
            Line::new(cargo(), &workspace.root, LIMIT).args(["test", "-p", name])
        }
    };
    line.args(flags.filter.clone()).show()
}

/// Every test of the workspace.
pub(crate) fn whole(workspace: &Workspace) -> Line {
    Line::new(cargo(), &workspace.root, LIMIT).args(["test", "--workspace"])
}

/// How many tests passed, from what `cargo test` said.
pub(crate) fn passed(said: &str) -> usize {
    said.lines()
        .filter_map(|line| line.strip_prefix("test result: ok. "))
        .filter_map(|rest| rest.split(' ').next()?.parse::<usize>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    //! What cargo says.

    #[test]
    fn passed_tests_are_added_up() {
        let said =
            "test result: ok. 3 passed; 0 failed;\nnoise\ntest result: ok. 12 passed; 0 failed;";
        assert_eq!(super::passed(said), 15);
    }
}

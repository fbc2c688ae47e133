//! Colours on a terminal, where there is one that wants them. Each also has a word beside it.

use std::io::IsTerminal;

use super::stats::Verdict;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    /// For stdout, unless a flag or the environment (`NO_COLOR`) is against it.
    pub(super) fn new(wanted: bool) -> Paint {
        let against = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        Paint { on: wanted && !against && std::io::stdout().is_terminal() }
    }

    pub(super) fn verdict(self, verdict: Verdict, text: &str) -> String {
        match verdict {
            Verdict::Better => self.with("32", text),
            Verdict::Worse => self.bad(text),
            Verdict::Undecided => text.into(),
        }
    }

    pub(super) fn bad(self, text: &str) -> String {
        self.with("31;1", text)
    }

    pub(super) fn grey(self, text: &str) -> String {
        self.with("90", text)
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.on { format!("\x1b[{code}m{text}\x1b[0m") } else { text.into() }
    }
}

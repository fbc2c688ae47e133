//! Why something was cut short: the error of whoever asks, and the quiet payload of whoever unwinds.

use std::fmt;
use std::sync::Arc;

/// A cancel reached this place: the error of a scope that was cancelled and of `check_cancelled`, and the
/// payload with which an awaiter of a cancelled task unwinds, quietly, to its own task's boundary.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cancelled {
    /// What was given to `cancel_with`, if anything was.
    pub reason: Option<Arc<str>>,
    /// What it came from.
    pub source: CancelSource,
}

/// What a cancel came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CancelSource {
    /// Somebody asked for it.
    #[default]
    Request,
    /// A deadline passed.
    Deadline,
    /// What encloses it was cancelled.
    Parent,
}

impl Cancelled {
    /// With this reason, if there is one, by request.
    #[must_use]
    pub fn new(reason: Option<Arc<str>>) -> Cancelled {
        Cancelled { reason, source: CancelSource::Request }
    }

    /// The same, from `source`.
    #[must_use]
    pub fn from_source(self, source: CancelSource) -> Cancelled {
        Cancelled { source, ..self }
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.source {
            CancelSource::Request => "cancelled",
            CancelSource::Deadline => "cancelled by a deadline",
            CancelSource::Parent => "cancelled with what encloses it",
        })?;
        match &self.reason {
            Some(reason) => write!(f, ": {reason}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Cancelled {}

//! The wheels' axis: instants as nanoseconds since long ago, and back.

use std::time::{Duration, Instant};

use crate::shard::NEVER;

/// What the base instant is in nanoseconds: a quarter of the range, so that deadlines before it
/// (146 years of them) keep their order, and 438 years remain ahead.
pub(crate) const ORIGIN: u64 = 1 << 62;

/// Where `ORIGIN` lies in time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    base: Instant,
}

impl Axis {
    pub(crate) fn new(base: Instant) -> Axis {
        Axis { base }
    }

    /// Clamped to `1..=NEVER`: nothing is earlier than 0, which is left to who needs such a thing.
    #[inline]
    pub(crate) fn nanos(self, at: Instant) -> u64 {
        match at.checked_duration_since(self.base) {
            // By 64 bits: `as_nanos` reckons with 128.
            Some(after) => after
                .as_secs()
                .checked_mul(1_000_000_000)
                .and_then(|nanos| nanos.checked_add(ORIGIN + u64::from(after.subsec_nanos())))
                .unwrap_or(NEVER),
            None => u64::try_from((self.base - at).as_nanos())
                .map_or(1, |before| ORIGIN.saturating_sub(before).max(1)),
        }
    }

    /// `None` for `NEVER`, and for what the clock cannot tell.
    pub(crate) fn instant(self, nanos: u64) -> Option<Instant> {
        match nanos {
            NEVER => None,
            ORIGIN.. => self.base.checked_add(Duration::from_nanos(nanos - ORIGIN)),
            _ => {
                let before = Duration::from_nanos(ORIGIN - nanos);
                Some(self.base.checked_sub(before).unwrap_or(self.base))
            }
        }
    }
}

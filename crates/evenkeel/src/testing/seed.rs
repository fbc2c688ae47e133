//! What a schedule is called, so that it can be had again.

use std::fmt;
use std::str::FromStr;

use crate::lot::Lots;

/// The name of a schedule: a number, and where they matter the workers, and how many lots of it count.
///
/// `0x51ED` is all schedules of that number, `0x51ED@2` the one on two workers, and `0x51ED@2:17` draws 17
/// lots and then lets tasks go on in order. This is how a failure prints it and `EVENKEEL_SEED` takes it.
///
/// ```
/// use evenkeel::testing::Seed;
///
/// let seed: Seed = "0x51ED@2:17".parse()?;
/// assert_eq!((seed.value(), seed.to_string()), (0x51ED, "0x51ED@2:17".to_owned()));
/// // Numbers of the test's own, the same each time.
/// let sizes: Vec<u64> = seed.numbers().map(|number| number % 10).take(3).collect();
/// assert_eq!(sizes, seed.numbers().map(|number| number % 10).take(3).collect::<Vec<u64>>());
/// # Ok::<(), evenkeel::testing::BadSeed>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Seed {
    pub(super) value: u64,
    pub(super) workers: Option<usize>,
    pub(super) lots: Option<u64>,
}

impl Seed {
    /// The seed of that number.
    pub const fn new(value: u64) -> Seed {
        Seed { value, workers: None, lots: None }
    }

    /// Its number.
    pub const fn value(self) -> u64 {
        self.value
    }

    /// Numbers for the test's own use, which have nothing to do with those of the schedule.
    pub fn numbers(self) -> impl Iterator<Item = u64> {
        let lots = Lots::new(!self.value, None);
        std::iter::repeat_with(move || lots.number())
    }

    pub(super) fn drawn(self) -> Lots {
        Lots::new(self.value, self.lots)
    }
}

impl From<u64> for Seed {
    fn from(value: u64) -> Seed {
        Seed::new(value)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#X}", self.value)?;
        if let Some(workers) = self.workers {
            write!(f, "@{workers}")?;
        }
        if let Some(lots) = self.lots {
            write!(f, ":{lots}")?;
        }
        Ok(())
    }
}

/// Text that names no seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSeed {
    text: String,
}

impl fmt::Display for BadSeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is no seed: write 0x51ED, 0x51ED@2 or 0x51ED@2:17", self.text)
    }
}

impl std::error::Error for BadSeed {}

impl FromStr for Seed {
    type Err = BadSeed;

    fn from_str(text: &str) -> Result<Seed, BadSeed> {
        parse(text.trim()).ok_or_else(|| BadSeed { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<Seed> {
    let (text, lots) = match text.split_once(':') {
        Some((text, lots)) => (text, Some(lots.parse().ok()?)),
        None => (text, None),
    };
    let (text, workers) = match text.split_once('@') {
        Some((text, workers)) => (text, Some(workers.parse().ok().filter(|&count| count > 0)?)),
        None => (text, None),
    };
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    Some(Seed { value, workers, lots })
}

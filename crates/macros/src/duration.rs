//! Durations as people write them: a number and its unit.

/// Units, and how many nanoseconds each is.
const UNITS: &[(&str, u64)] = &[
    ("us", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("h", 3_600_000_000_000),
];

/// `"1.5s"` or `"100 ms"`; nothing if it is no duration, or none that fits.
pub(crate) fn nanoseconds(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = (&text[..end], text[end..].trim_start());
    let &(_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let whole: u64 = whole.parse().ok()?;
    // Nine digits behind the point are a nanosecond of a second; more would be lost anyway.
    let part: String = part.chars().chain("000000000".chars()).take(9).collect();
    let part = u128::from(part.parse::<u64>().ok()?) * u128::from(unit) / 1_000_000_000;
    whole.checked_mul(unit)?.checked_add(u64::try_from(part).ok()?)
}

#[cfg(test)]
mod tests {
    //! What is one, and what is none.

    use super::nanoseconds;

    #[test]
    fn durations() {
        assert_eq!(nanoseconds("5s"), Some(5_000_000_000));
        assert_eq!(nanoseconds("1.5s"), Some(1_500_000_000));
        assert_eq!(nanoseconds("100 ms"), Some(100_000_000));
        assert_eq!(nanoseconds("2min"), Some(120_000_000_000));
        assert_eq!(nanoseconds("0.25us"), Some(250));
        for none in ["", "5", "s", "5 parsecs", "-5s", "5.5.5s", ".s", "99999999999h"] {
            assert_eq!(nanoseconds(none), None, "{none}");
        }
    }
}

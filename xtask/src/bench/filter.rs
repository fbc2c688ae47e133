//! Which cases a word on the command line means: a part of the name, or a glob over all of it.

/// `*` is any number of characters, `?` is one. A word with neither is looked for inside the name.
pub(super) fn matches(id: &str, filter: &str) -> bool {
    if filter.contains(['*', '?']) {
        // The size is told apart, or `task/*` would need an ending for it, and `*live` be no match.
        let family = id.split('@').next().unwrap_or_default();
        glob(id.as_bytes(), filter.as_bytes()) || glob(family.as_bytes(), filter.as_bytes())
    } else {
        id.contains(filter)
    }
}

/// Goes back to the last star only: what an earlier one took cannot matter.
fn glob(text: &[u8], pattern: &[u8]) -> bool {
    let (mut at, mut star) = ((0, 0), None);
    while at.0 < text.len() {
        match pattern.get(at.1) {
            Some(b'*') => {
                star = Some(at);
                at.1 += 1;
            }
            Some(c) if *c == b'?' || *c == text[at.0] => at = (at.0 + 1, at.1 + 1),
            _ => match star {
                Some((from, place)) => {
                    star = Some((from + 1, place));
                    at = (from + 1, place + 1);
                }
                None => return false,
            },
        }
    }
    pattern[at.1..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    //! Words one might type.

    use super::*;

    #[test]
    fn a_word_is_a_part_and_a_star_is_a_glob() {
        for (id, filter, expected) in [
            ("task/spawn_join", "spawn", true),
            ("task/spawn_join", "task/", true),
            ("task/spawn_join", "io", false),
            ("io/echo_64@1000", "io/*", true),
            ("io/echo_64@1000", "*echo_64", true),
            ("io/echo_64@1000", "*@1000", true),
            ("io/echo_64@1000", "*@100", false),
            ("io/echo_64", "echo*", false),
            ("io/echo_64", "io/echo_??", true),
            ("io/echo_64", "io/echo_?", false),
            ("sync/lock_contended", "sync/*c*t*d", true),
            ("sync/lock", "*", true),
        ] {
            assert_eq!(matches(id, filter), expected, "{id} {filter}");
        }
    }
}

//! Models of a worker's ring against thieves.

use std::sync::Arc;

use evenkeel_task::model::{FourRing, GrowingRing};
use loom::thread;

// The plain race. It catches no weakening that the next two do not; a `Relaxed` tail in `push` is seen by none
// of the three (loom finds no execution in which the thief reads the slot too early), so the argument for
// that `Release` stands in `ring.rs` alone.
#[test]
fn steal_while_the_owner_pushes_and_pops() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = FourRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        thread::yield_now(); // Or loom never lets the thief go first.
        ring.push(1);
        ring.push(2);
        let mut got: Vec<usize> = ring.pop().into_iter().collect();
        ring.push(3);
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3]);
    });
}

// Weakened: `pop` that stores the head instead of exchanging it (item twice); `push` that lets the ring hold
// one more than it has slots (item lost).
#[test]
fn steal_while_a_full_ring_wraps() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        for item in 1..=4 {
            assert!(ring.push(item));
        }
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = FourRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        thread::yield_now();
        let mut got = Vec::new();
        for item in 5..=6 {
            if !ring.push(item) {
                got.push(item);
            }
        }
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4, 5, 6]);
    });
}

// Weakened: taking `out.clear()` from `take_half`: both have the same items.
#[test]
fn steal_while_a_full_ring_overflows() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        for item in 1..=4 {
            ring.push(item);
        }
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = FourRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        let mut got = ring.take_half();
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4]);
    });
}

// Weakened: slots to which the items are not copied: the thief takes what nobody has written. That they are
// published after that, by a `Release`, is seen by it as little as the `Release` above; the argument stands in
// `ring.rs`.
#[test]
fn steal_while_a_full_ring_grows() {
    loom::model(|| {
        let ring = Arc::new(GrowingRing::default());
        ring.push(1);
        ring.push(2);
        let thief_ring = Arc::clone(&ring);
        let thief = thread::spawn(move || {
            let mine = GrowingRing::default();
            let mut got: Vec<usize> = thief_ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        });
        thread::yield_now();
        assert!(ring.push(3) && ring.push(4), "it grows to four");
        let mut got: Vec<usize> = std::iter::from_fn(|| ring.pop()).collect();
        got.extend(thief.join().unwrap());
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3, 4]);
    });
}

#[test]
fn two_thieves_share() {
    loom::model(|| {
        let ring = Arc::new(FourRing::default());
        for item in 1..=3 {
            ring.push(item);
        }
        let steal = |ring: Arc<FourRing>| {
            let mine = FourRing::default();
            let mut got: Vec<usize> = ring.steal_into(&mine).into_iter().collect();
            got.extend(std::iter::from_fn(|| mine.pop()));
            got
        };
        let (one, two) = (Arc::clone(&ring), Arc::clone(&ring));
        let thieves = [thread::spawn(move || steal(one)), thread::spawn(move || steal(two))];
        let mut got: Vec<usize> =
            thieves.into_iter().flat_map(|thief| thief.join().unwrap()).collect();
        got.extend(std::iter::from_fn(|| ring.pop()));
        got.sort_unstable();
        assert_eq!(got, [1, 2, 3]);
    });
}

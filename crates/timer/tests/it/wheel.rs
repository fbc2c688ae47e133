//! The wheel against a sorted list.

use evenkeel_timer::{Due, Key, Wheel};
use proptest::prelude::*;

/// What the wheel must behave like: timers in order of deadline, then of arming.
#[derive(Default)]
struct Model {
    sorted: Vec<(u64, u64, Key)>,
}

impl Model {
    fn arm(&mut self, deadline: u64, id: u64, key: Key) {
        let at = self.sorted.partition_point(|&(other, ..)| other <= deadline);
        self.sorted.insert(at, (deadline, id, key));
    }

    fn expire(&mut self, now: u64) -> Vec<(u64, u64, Key)> {
        let due = self.sorted.partition_point(|&(deadline, ..)| deadline <= now);
        self.sorted.drain(..due).collect()
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A timer so many nanoseconds from now (or before now).
    Arm(i64),
    /// One of those that are armed.
    Disarm(usize),
    Rearm(usize, i64),
    /// A key that was valid once.
    Stale(usize),
    Pass(u64),
    /// To the next deadline, less or more a little.
    Jump(i64),
}

/// A distance of any magnitude, with many that are equal and many at the edges of slots.
fn distance(random: u64) -> i64 {
    let (kind, random) = (random % 5, random / 5);
    match kind {
        0 => (random % 200) as i64,
        1 => (random % 600_000) as i64 - 300_000,
        2 => (1_i64 << (random % 63)).saturating_add((random / 63 % 5) as i64 - 2),
        3 => ((random / 29) % (1 << (16 + random % 29))) as i64,
        _ => ((random % 10) << 16) as i64,
    }
}

/// A step out of two random numbers: a strategy per step would cost more than the steps.
fn step((what, random): (u8, u64)) -> Step {
    match what % 15 {
        0..=5 => Step::Arm(distance(random)),
        6..=7 => Step::Disarm(random as usize),
        8 => Step::Rearm((random >> 32) as usize, distance(random)),
        9 => Step::Stale(random as usize),
        10..=11 => Step::Pass(distance(random).unsigned_abs()),
        _ => Step::Jump((random % 5) as i64 - 2),
    }
}

/// The wheel, the model, and everything that ever was a key.
struct Pair {
    wheel: Wheel<u64>,
    model: Model,
    gone: Vec<Key>,
    now: u64,
    next_id: u64,
}

impl Pair {
    fn new(now: u64) -> Pair {
        Pair { wheel: Wheel::new(now), model: Model::default(), gone: Vec::new(), now, next_id: 0 }
    }

    fn at(&self, distance: i64) -> u64 {
        self.now.saturating_add_signed(distance)
    }

    fn take(&mut self, step: &Step) {
        match *step {
            Step::Arm(distance) => {
                let deadline = self.at(distance);
                let key = self.wheel.arm(deadline, self.next_id);
                self.model.arm(deadline, self.next_id, key);
                self.next_id += 1;
            }
            Step::Disarm(which) if !self.model.sorted.is_empty() => {
                let which = which % self.model.sorted.len();
                let (_, id, key) = self.model.sorted.remove(which);
                assert!(self.wheel.contains(key));
                assert_eq!(self.wheel.disarm(key), Some(id));
                self.gone.push(key);
            }
            Step::Rearm(which, distance) if !self.model.sorted.is_empty() => {
                let which = which % self.model.sorted.len();
                let (before, id, key) = self.model.sorted.remove(which);
                let deadline = self.at(distance);
                assert_eq!(self.wheel.rearm(key, deadline), Some(before));
                assert_eq!(self.wheel.get_mut(key).copied(), Some(id));
                self.model.arm(deadline, id, key);
            }
            Step::Stale(which) if !self.gone.is_empty() => {
                let key = self.gone[which % self.gone.len()];
                assert_eq!(self.wheel.disarm(key), None);
                assert_eq!(self.wheel.rearm(key, 0), None);
                assert_eq!(self.wheel.get_mut(key), None);
            }
            Step::Pass(by) => self.expire(self.now.saturating_add(by)),
            Step::Jump(off) => {
                let next = self.wheel.next_deadline().unwrap_or(self.now);
                self.expire(next.saturating_add_signed(off).max(self.now));
            }
            Step::Disarm(_) | Step::Rearm(..) | Step::Stale(_) => {}
        }
        self.check();
    }

    fn expire(&mut self, now: u64) {
        self.now = now;
        let mut due = Vec::new();
        let count = self.wheel.expire(now, &mut due);
        assert_eq!(count, due.len());
        let due: Vec<_> = due
            .into_iter()
            .map(|Due { deadline, key, value, .. }| (deadline, value, key))
            .collect();
        assert_eq!(due, self.model.expire(now));
        self.gone.extend(due.iter().map(|&(.., key)| key));
    }

    fn check(&mut self) {
        assert_eq!(self.wheel.len(), self.model.sorted.len());
        let true_next = self.model.sorted.first().map(|&(deadline, ..)| deadline);
        let next = self.wheel.next_deadline();
        if self.wheel.len() <= 64 {
            assert_eq!(next, true_next);
        } else {
            assert!(next <= true_next, "late: {next:?}, not {true_next:?}");
        }
    }
}

proptest! {
    // 250 runs of 400 steps: 10^5 operations.
    #![proptest_config(ProptestConfig { cases: 250, ..ProptestConfig::default() })]
    #[test]
    fn it_is_a_sorted_list(
        start in prop_oneof![Just(0), Just(1 << 62), any::<u64>().prop_map(|start| start >> 1)],
        steps in prop::collection::vec(any::<(u8, u64)>(), 400),
    ) {
        let mut pair = Pair::new(start);
        for random in steps {
            pair.take(&step(random));
        }
        pair.expire(u64::MAX);
        assert!(pair.wheel.is_empty());
    }
}

/// Many at once, so that slots hold more than a rescan looks at.
#[test]
fn it_is_a_sorted_list_when_crowded() {
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut pair = Pair::new(1 << 62);
    for round in 0..20 {
        let spread = [1 << 17, 1 << 24, 1 << 30, 1 << 40][round % 4];
        for _ in 0..1_000 {
            pair.take(&Step::Arm((next() % spread) as i64));
        }
        for _ in 0..400 {
            // The earliest most often: what makes a slot forget its earliest.
            let which = if next() % 2 == 0 { 0 } else { next() as usize };
            pair.take(&Step::Disarm(which));
        }
        for _ in 0..20 {
            pair.take(&Step::Jump(0));
            pair.take(&Step::Pass(next() % (spread / 16)));
        }
    }
    pair.expire(u64::MAX);
    assert!(pair.wheel.is_empty());
}

#[test]
fn the_ends_of_the_range() {
    let mut wheel = Wheel::new(0);
    wheel.arm(u64::MAX, "last");
    wheel.arm(0, "first");
    assert_eq!(wheel.next_deadline(), Some(0));
    let mut due = Vec::new();
    assert_eq!(wheel.expire(u64::MAX - 1, &mut due), 1);
    assert_eq!(wheel.next_deadline(), Some(u64::MAX));
    assert_eq!(wheel.expire(u64::MAX, &mut due), 1);
    wheel.arm(5, "past");
    assert_eq!(wheel.expire(7, &mut due), 1, "due by its deadline, though time is far ahead");
    let order: Vec<_> = due.iter().map(|due| due.value).collect();
    assert_eq!(order, ["first", "last", "past"]);
}

#[test]
fn keys_stay_stale_over_a_release_of_memory() {
    let mut wheel = Wheel::new(0);
    let old: Vec<Key> = (0..10_000).map(|n| wheel.arm(n, n)).collect();
    assert!(wheel.capacity() >= 10_000);
    wheel.expire(u64::MAX, &mut Vec::new());
    assert_eq!(wheel.capacity(), 0);
    let new: Vec<Key> = (0..10_000).map(|n| wheel.arm(n, n)).collect();
    for key in old {
        assert_eq!(wheel.disarm(key), None);
    }
    assert_eq!(wheel.len(), new.len());
    assert!(new.iter().all(|&key| wheel.contains(key)));
}

#[test]
fn after_the_earliest_of_a_crowd_is_gone_the_answer_may_be_early_but_expiring_mends_it() {
    let mut wheel = Wheel::new(0);
    let base = 1 << 40;
    let keys: Vec<Key> = (0..1_000).map(|n| wheel.arm(base + n * (1 << 20), n)).collect();
    for &key in &keys[..10] {
        wheel.disarm(key);
    }
    let truth = base + 10 * (1 << 20);
    let mut looks = 0;
    let mut due = Vec::new();
    while due.is_empty() {
        let next = wheel.next_deadline().unwrap();
        assert!(next <= truth);
        wheel.expire(next, &mut due);
        looks += 1;
    }
    assert_eq!(due[0].deadline, truth);
    assert!(looks <= 4, "{looks} looks");
}

#[test]
fn it_says_what_it_is() {
    let mut wheel = Wheel::new(70_000);
    let key = wheel.arm(1, ());
    assert_eq!(format!("{wheel:?}"), "Wheel { len: 1, capacity: 256, reached: 65536 }");
    assert_eq!(format!("{key:?}"), "Key(0#0)");
}

//! The cell's races: who initialises it, while another gives up, sets it, or only waits.

use std::sync::Arc;

use evenkeel_sync::{Event, OnceCell};
use loom::thread;

use crate::{Watched, block_on, give_up};

/// One gives up in the middle of initialising, two others need the value: one of them makes it, and
/// both see it whole. Caught: `get_or_try_init` not looking again once it has its turn; Relaxed for
/// Release in the cell's flag.
#[test]
fn an_initialiser_that_gives_up() {
    loom::model(|| {
        let shared = Arc::new((OnceCell::new(), Watched::new(), Event::new()));
        let others: Vec<_> = [0, 2]
            .map(|polls| {
                let shared = shared.clone();
                thread::spawn(move || {
                    let (cell, tries, never) = &*shared;
                    if polls > 0 {
                        let init = async || {
                            tries.add(1);
                            never.wait().await;
                            Watched::new()
                        };
                        assert!(
                            give_up(cell.get_or_init(init), polls)
                                .is_none_or(|made| made.get() == 7)
                        );
                    } else {
                        let init = async || {
                            tries.add(1);
                            let made = Watched::new();
                            made.add(7);
                            made
                        };
                        assert_eq!(block_on(cell.get_or_init(init)).get(), 7);
                    }
                })
            })
            .into_iter()
            .collect();
        let (cell, tries, _) = &*shared;
        let init = async || {
            tries.add(1);
            let made = Watched::new();
            made.add(7);
            made
        };
        assert_eq!(block_on(cell.get_or_init(init)).get(), 7);
        for other in others {
            other.join().unwrap();
        }
        assert!(tries.get() <= 2, "made again when it was there");
        assert_eq!(cell.statistics().waiting, 0);
    });
}

/// Somebody sets it while one initialises and one only waits: all see one value. Caught: `set`
/// giving the permits, or telling, before the value is there; the wait not told.
#[test]
fn set_against_an_initialiser_and_one_who_waits() {
    loom::model(|| {
        let cell = Arc::new(OnceCell::new());
        let waiter = {
            let cell = cell.clone();
            thread::spawn(move || *block_on(cell.wait()))
        };
        let setter = {
            let cell = cell.clone();
            thread::spawn(move || cell.set(1).is_ok())
        };
        let made = *block_on(cell.get_or_init(async || 2));
        assert_eq!(waiter.join().unwrap(), made);
        assert_eq!(setter.join().unwrap(), made == 1);
    });
}

//! The reactor's protocols, in every interleaving: readiness against clearing, waiters against news,
//! and the bell.
#![cfg(loom)]
#![allow(missing_docs, reason = "tests are not modelled")]

use std::sync::Arc as StdArc;
use std::task::{Wake, Waker};

use evenkeel_reactor::model::{
    Bell, Direction, Doubts, Enlisted, Left, MaySleep, Notifier, Place, Seen,
};
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::sync::{Arc, Condvar, Mutex};
use loom::thread;

#[path = "loom/duplex.rs"]
mod duplex;

/// Unparks the thread it was made on.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    fn wake(self: StdArc<Self>) {
        self.0.unpark();
    }
}

fn waker() -> Waker {
    Waker::from(StdArc::new(Unpark(thread::current())))
}

/// A socket and its source. The kernel's buffer is a plain counter read without any ordering of its own:
/// what a reader may rely on must come from the direction.
struct Socket {
    arrived: AtomicUsize,
    direction: Direction,
}

impl Socket {
    fn new() -> Arc<Socket> {
        Arc::new(Socket { arrived: AtomicUsize::new(0), direction: Direction::new() })
    }

    /// The kernel, and the driver that hears of it.
    fn arrive(&self) {
        self.arrived.store(self.arrived.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        let mut due = Vec::new();
        self.direction.news(false, &mut due);
        due.into_iter().for_each(Waker::wake);
    }

    /// As `Link::attempt`: tries, clears, waits; until `want` have arrived.
    fn wait_for(&self, want: usize) {
        self.wait_from(self.direction.look(), want);
    }

    fn wait_from(&self, mut seen: Seen, want: usize) {
        let waker = waker();
        let mut place = Place::new(&self.direction);
        loop {
            if seen.is_ready() {
                if self.arrived.load(Ordering::Relaxed) >= want {
                    return;
                }
                if !self.direction.clear(seen) {
                    seen = self.direction.look();
                    continue;
                }
            }
            match self.direction.enlist(Some(&mut place), &waker) {
                Enlisted::TryAgain => {}
                Enlisted::Waits => thread::park(),
            }
            seen = self.direction.look();
        }
    }
}

/// A writer that found no direction to look at, while the driver makes one for its news.
#[test]
fn news_while_a_writer_knows_nothing() {
    loom::model(|| {
        let socket = Socket::new();
        let driver = {
            let socket = socket.clone();
            thread::spawn(move || socket.arrive())
        };
        socket.wait_from(Seen::UNKNOWN, 1);
        driver.join().unwrap();
    });
}

/// Fails if `clear` does not compare the tick (it erases the second news), if `look` or `news` is Relaxed
/// (the reader tries too early and then clears what it has not used), or if `wait` does not look at READY.
#[test]
fn news_while_a_reader_clears() {
    loom::model(|| {
        let socket = Socket::new();
        let driver = {
            let socket = socket.clone();
            thread::spawn(move || {
                socket.arrive();
                socket.arrive();
            })
        };
        socket.wait_for(1);
        socket.wait_for(2);
        driver.join().unwrap();
    });
}

/// Fails if news wakes one waiter only, or if `enlist` sets AWAITED before it holds the list's lock.
#[test]
fn news_while_two_readers_wait() {
    loom::model(|| {
        let socket = Socket::new();
        let driver = {
            let socket = socket.clone();
            thread::spawn(move || socket.arrive())
        };
        let other = {
            let socket = socket.clone();
            thread::spawn(move || socket.wait_for(1))
        };
        socket.wait_for(1);
        driver.join().unwrap();
        other.join().unwrap();
    });
}

/// Fails if news wakes one waiter only: it may be the one that is leaving.
#[test]
fn news_while_one_of_two_readers_leaves() {
    loom::model(|| {
        let socket = Socket::new();
        let driver = {
            let socket = socket.clone();
            thread::spawn(move || socket.arrive())
        };
        let leaver = {
            let socket = socket.clone();
            thread::spawn(move || {
                let waker = waker();
                let mut place = Place::new(&socket.direction);
                let seen = socket.direction.look();
                let dry = socket.arrived.load(Ordering::Relaxed) == 0;
                if dry && socket.direction.clear(seen) {
                    let _ = socket.direction.enlist(Some(&mut place), &waker);
                }
            })
        };
        socket.wait_for(1);
        driver.join().unwrap();
        leaver.join().unwrap();
    });
}

/// Fails if `clear` does not compare the tick, or if `news` does not keep the hang-up.
#[test]
fn a_hang_up_while_a_short_read_clears() {
    loom::model(|| {
        let direction = Arc::new(Direction::new());
        let driver = {
            let direction = direction.clone();
            thread::spawn(move || direction.news(true, &mut Vec::new()))
        };
        // What `Link::attempt` does after a short read.
        let seen = direction.look();
        if !seen.is_closed() {
            direction.clear(seen);
        }
        driver.join().unwrap();
        // Whatever came first, the hang-up is not forgotten: reading goes on until the end is read.
        assert!(direction.look().is_ready());
        assert!(direction.look().is_closed());
    });
}

/// What readers of sources share with the driver, who hears of the kernel only what they doubt.
struct Guessing<const SOURCES: usize> {
    sources: [Direction; SOURCES],
    doubts: Doubts<usize>,
    driver: Notifier,
}

impl<const SOURCES: usize> Guessing<SOURCES> {
    /// All are guessed dry, and none is.
    fn new() -> Arc<Guessing<SOURCES>> {
        let sources = [(); SOURCES].map(|()| Direction::new());
        sources.iter().for_each(|source| source.guess(source.look()));
        Arc::new(Guessing { sources, doubts: Doubts::new(), driver: Notifier::new() })
    }

    /// As `Reactor::wait`, until it sleeps; then for ever, for nobody rings.
    fn drive(&self) {
        let (mut room, mut due) = (Vec::new(), Vec::new());
        loop {
            self.doubts.take(&self.driver, &mut room);
            room.drain(..).for_each(|source| self.sources[source].news(false, &mut due));
            due.drain(..).for_each(Waker::wake);
            if self.driver.begin_sleep() == MaySleep::Yes {
                return;
            }
            self.driver.end_sleep();
        }
    }

    /// As `Link::attempt`, until it finds something.
    fn read(&self, source: usize) {
        let direction = &self.sources[source];
        let waker = waker();
        let mut place = Place::new(direction);
        loop {
            let seen = direction.look();
            if seen.is_ready() {
                return;
            }
            if seen.is_guessed() {
                if self.doubts.leave(&self.driver, source) == Left::WithYou {
                    return; // Tried, with success.
                }
                direction.clear(seen);
            }
            match direction.enlist(Some(&mut place), &waker) {
                Enlisted::TryAgain => {}
                Enlisted::Waits => thread::park(),
            }
        }
    }

    fn model(readers_of: [usize; 2]) {
        loom::model(move || {
            let guessing = Guessing::<SOURCES>::new();
            let driver = {
                let guessing = guessing.clone();
                thread::spawn(move || guessing.drive())
            };
            let other = {
                let guessing = guessing.clone();
                thread::spawn(move || guessing.read(readers_of[0]))
            };
            guessing.read(readers_of[1]);
            driver.join().unwrap();
            other.join().unwrap();
        });
    }
}

/// Two readers guess wrong that nothing is left, and no news will ever tell. Fails if `doubt` does not look
/// whether the driver sleeps, if `begin_sleep` does not look for doubts, or if `end_sleep` forgets them.
#[test]
fn a_wrong_guess_while_the_driver_falls_asleep() {
    Guessing::<1>::model([0, 0]);
}

/// The same of two sources. Fails if `settle` comes after the doubts' lock (it forgets the second).
#[test]
fn a_wrong_guess_while_the_driver_takes_another() {
    Guessing::<2>::model([0, 1]);
}

struct Sleeper {
    work: AtomicUsize,
    notifier: Notifier,
    /// The eventfd: rings not heard yet.
    bell: Mutex<usize>,
    rung: Condvar,
}

impl Sleeper {
    fn new() -> Arc<Sleeper> {
        Arc::new(Sleeper {
            work: AtomicUsize::new(0),
            notifier: Notifier::new(),
            bell: Mutex::new(0),
            rung: Condvar::new(),
        })
    }

    fn give_work(&self) {
        self.work.fetch_add(1, Ordering::Relaxed);
        if self.notifier.notify() == Bell::Ring {
            *self.bell.lock().unwrap() += 1;
            self.rung.notify_one();
        }
    }

    /// As `Reactor::wait`, until all work is seen. Gives how many rings it slept through.
    fn run(&self, want: usize) {
        while self.work.load(Ordering::Relaxed) < want {
            if self.notifier.begin_sleep() == MaySleep::Yes {
                let mut bell = self.bell.lock().unwrap();
                while *bell == 0 {
                    bell = self.rung.wait(bell).unwrap();
                }
                *bell = 0;
            }
            self.notifier.end_sleep();
        }
    }
}

/// Fails if `notify` or `end_sleep` is Relaxed (the driver looks too early and sleeps on), if `begin_sleep`
/// sleeps although told, or if `end_sleep` is a load and a store (it forgets who came in between).
#[test]
fn notify_while_the_driver_falls_asleep() {
    loom::model(|| {
        let sleeper = Sleeper::new();
        let others: Vec<_> = (0..2)
            .map(|_| {
                let sleeper = sleeper.clone();
                thread::spawn(move || sleeper.give_work())
            })
            .collect();
        sleeper.run(2);
        others.into_iter().for_each(|other| other.join().unwrap());
    });
}

/// Two that come while one sleeps make one ring. Fails if `notify` rings whenever it is called.
#[test]
fn one_ring_for_many() {
    loom::model(|| {
        let notifier = Arc::new(Notifier::new());
        assert_eq!(notifier.begin_sleep(), MaySleep::Yes);
        let other = {
            let notifier = notifier.clone();
            thread::spawn(move || notifier.notify() == Bell::Ring)
        };
        let rings = usize::from(notifier.notify() == Bell::Ring);
        assert_eq!(rings + usize::from(other.join().unwrap()), 1);
    });
}

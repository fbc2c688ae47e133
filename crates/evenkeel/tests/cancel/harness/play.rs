//! One play: which moves there are, which is taken, and what must hold when it is over.

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering};
use std::task::{Context, Wake, Waker};

use super::{End, Must, Steps, World, tokens};

thread_local! {
    /// What happened so far.
    static SAID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// The choices of one play, so that the next one takes another.
#[derive(Default)]
pub(super) struct Path {
    choices: Vec<(usize, usize)>,
    at: usize,
}

impl Path {
    fn choose(&mut self, of: usize) -> usize {
        if of == 1 {
            return 0;
        }
        if self.at == self.choices.len() {
            self.choices.push((0, of));
        }
        let (choice, expected) = self.choices[self.at];
        assert_eq!(expected, of, "a play is not the same when it is played again");
        self.at += 1;
        choice
    }

    /// The next play. False if there is none.
    pub(super) fn next(&mut self) -> bool {
        self.at = 0;
        while let Some((choice, of)) = self.choices.pop() {
            if choice + 1 < of {
                self.choices.push((choice + 1, of));
                return true;
            }
        }
        false
    }
}

/// A waker that remembers, and is counted.
struct Flag {
    woken: AtomicBool,
    alive: Arc<AtomicIsize>,
}

impl Wake for Flag {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Release: pairs with the Acquire in `due`: who sees the call sees what it was for.
        self.woken.store(true, Ordering::Release);
    }
}

impl Drop for Flag {
    fn drop(&mut self) {
        self.alive.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Player {
    future: Option<Steps>,
    latest: Option<Arc<Flag>>,
    wakers: Arc<AtomicIsize>,
    done: bool,
}

impl Player {
    fn new(future: Steps) -> Player {
        Player { future: Some(future), latest: None, wakers: Arc::default(), done: false }
    }

    fn due(&self) -> bool {
        let woken = self.latest.as_ref().is_none_or(|flag| flag.woken.load(Ordering::Acquire));
        self.future.is_some() && woken
    }

    fn poll(&mut self) {
        self.wakers.fetch_add(1, Ordering::Relaxed);
        let flag =
            Arc::new(Flag { woken: AtomicBool::new(false), alive: Arc::clone(&self.wakers) });
        let waker = Waker::from(Arc::clone(&flag));
        self.latest = Some(flag);
        let future = self.future.as_mut().expect("not over");
        if future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
            self.done = true;
            self.end();
        }
    }

    /// Drops what is left of it.
    fn end(&mut self) {
        self.future = None;
        self.latest = None;
    }

    fn assert_no_waker_is_left(&self) {
        let left = self.wakers.load(Ordering::Relaxed);
        assert_eq!(left, 0, "wakers are kept of one who is gone");
    }
}

/// Tells the order of a play that failed.
struct Tell<'a>(&'a str, usize);

impl Drop for Tell<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("case {}, victim {}:{}", self.0, self.1, SAID.take());
        }
    }
}

fn say(what: std::fmt::Arguments<'_>) {
    SAID.with_borrow_mut(|said| {
        use std::fmt::Write;
        write!(said, " {what}").expect("a string");
    });
}

#[derive(Clone, Copy)]
enum Move {
    Poll(usize),
    Happen(usize),
    Tick(usize),
    Drop,
}

/// Plays it once, by the choices of `path`.
pub(super) fn play(name: &str, mut world: World, victim: usize, path: &mut Path) {
    SAID.with_borrow_mut(String::clear);
    let _tell = Tell(name, victim);
    let futures = std::mem::take(&mut world.futures);
    let mut play = Play {
        players: futures.into_iter().map(Player::new).collect(),
        victim,
        unasked: world.unasked,
        polls_first: None,
        world,
    };
    play.line_up(path);
    while let Some(next) = play.choose(path) {
        play.make(next, path);
    }
    play.finish();
    assert_eq!(tokens(), 0, "values that are not dropped (or, below 0, twice)");
}

struct Play {
    players: Vec<Player>,
    victim: usize,
    unasked: usize,
    /// After the drop: whether polls come before events.
    polls_first: Option<bool>,
    world: World,
}

impl Play {
    /// All are polled once; the victim now, in its turn, or later.
    fn line_up(&mut self, path: &mut Path) {
        for n in 0..self.players.len() {
            if n != self.victim || path.choose(2) == 0 {
                self.make(Move::Poll(n), path);
            }
        }
    }

    fn choose(&mut self, path: &mut Path) -> Option<Move> {
        let mut moves = Vec::new();
        let due = (0..self.players.len()).filter(|n| self.players[*n].due());
        moves.extend(due.map(Move::Poll));
        let runtimes = self.world.runtimes.iter().enumerate();
        moves.extend(runtimes.filter(|(_, runtime)| (runtime.ready)()).map(|(n, _)| Move::Tick(n)));
        let polls = moves.len();
        let events = self.world.events.len();
        moves.extend(
            (0..if self.world.in_order { events.min(1) } else { events }).map(Move::Happen),
        );
        if let Some(polls_first) = self.polls_first {
            let first = if polls_first { 0 } else { polls % moves.len().max(1) };
            return moves.get(first).copied();
        }
        let victim = &self.players[self.victim];
        if victim.future.is_some() {
            if moves.is_empty() {
                // Nothing more will happen: it may wait, or it has been forgotten.
                assert!(self.world.must != Must::All, "the victim is never woken");
                return Some(Move::Drop);
            }
            if self.unasked > 0 && !victim.due() {
                moves.push(Move::Poll(self.victim));
            }
            moves.push(Move::Drop);
        }
        if moves.is_empty() {
            return None;
        }
        Some(moves[path.choose(moves.len())])
    }

    fn make(&mut self, next: Move, path: &mut Path) {
        match next {
            Move::Poll(n) => {
                say(format_args!("poll-{n}"));
                if n == self.victim && !self.players[n].due() {
                    self.unasked -= 1;
                }
                self.players[n].poll();
                if self.players[n].done {
                    say(format_args!("(done)"));
                    self.gone(n);
                }
            }
            Move::Happen(n) => {
                let (name, happen) = self.world.events.remove(n);
                say(format_args!("{name}"));
                happen();
            }
            Move::Tick(n) => {
                say(format_args!("tick-{n}"));
                (self.world.runtimes[n].tick)();
            }
            Move::Drop => {
                say(format_args!("drop"));
                self.players[self.victim].end();
                self.gone(self.victim);
                self.polls_first = Some(path.choose(2) == 0);
            }
        }
    }

    fn gone(&self, n: usize) {
        if !self.world.wakers_stay {
            self.players[n].assert_no_waker_is_left();
        }
    }

    fn finish(mut self) {
        say(format_args!("end"));
        for (n, player) in self.players.iter().enumerate() {
            let must = match self.world.must {
                Must::All | Must::Others => n != self.victim,
                Must::Nobody => false,
            };
            assert!(player.done || !must, "number {n} is never woken");
        }
        let end = End {
            done: self.players.iter().map(|player| player.done).collect(),
            victim: self.victim,
        };
        for player in &mut self.players {
            player.end();
        }
        // Those that were dropped just now may have left something to do.
        for runtime in &self.world.runtimes {
            while (runtime.ready)() {
                (runtime.tick)();
            }
        }
        let World { checks, kept, runtimes, left, .. } = self.world;
        drop(runtimes);
        drop(kept);
        for check in checks {
            check(&end);
        }
        for (what, count) in left {
            assert_eq!(count(), 0, "{what} are left");
        }
        for player in &self.players {
            player.assert_no_waker_is_left();
        }
    }
}

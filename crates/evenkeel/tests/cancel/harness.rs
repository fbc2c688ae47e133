//! Takes a world of futures and outside events, and plays it in every order, cancelling one future.
//!
//! A `World` is a few futures that contend for something, and the events that decide between them. One
//! future is the victim. `explore` plays every interleaving of:
//!
//! - the victim's polls: before anything else or later, each time its waker was called, and up to two
//!   times without a call;
//! - the others' polls: once at the start, then only when their latest waker was called;
//! - the events, and the ticks of the executor and the timers, if there are any;
//! - the victim's drop, at any moment, the first poll not excluded.
//!
//! A lost wake-up shows: a future whose waker is not called is not polled, and is still there at the
//! end. Each poll brings another waker, so only the latest counts, and each is counted: once a future
//! is ready or dropped, nobody may keep a waker of it. Whatever is made of [`Token`]s must be dropped
//! exactly once. What else must hold, the world's own check says.

mod play;

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicIsize, Ordering};

use play::{Path, play};

/// More orders than this, and the world is too large to be played in a test.
const TOO_MANY: usize = 60_000;

/// Who must have come to an end when every event has happened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Must {
    All,
    Others,
    Nobody,
}

type Steps = Pin<Box<dyn Future<Output = ()>>>;
type Happen = Box<dyn FnOnce()>;
type Check = Box<dyn FnOnce(&End)>;
type Count = Box<dyn Fn() -> usize>;

/// What contends, and what happens to it.
pub(crate) struct World {
    futures: Vec<Steps>,
    events: Vec<(&'static str, Happen)>,
    runtimes: Vec<Runtime>,
    kept: Vec<Box<dyn Any>>,
    must: Must,
    in_order: bool,
    victims: usize,
    wakers_stay: bool,
    /// How often the victim may be polled without a call.
    unasked: usize,
    checks: Vec<Check>,
    left: Vec<(&'static str, Count)>,
}

struct Runtime {
    ready: Box<dyn Fn() -> bool>,
    tick: Box<dyn Fn()>,
}

/// How a play ended.
#[derive(Debug)]
pub(crate) struct End {
    /// Which futures came to an end.
    pub(crate) done: Vec<bool>,
    /// The victim.
    pub(crate) victim: usize,
}

impl End {
    /// How many futures came to an end.
    pub(crate) fn finished(&self) -> usize {
        self.done.iter().filter(|done| **done).count()
    }

    /// Whether the victim was dropped before its end.
    pub(crate) fn cut(&self) -> bool {
        !self.done[self.victim]
    }
}

impl World {
    pub(crate) fn new() -> World {
        World {
            futures: Vec::new(),
            events: Vec::new(),
            runtimes: Vec::new(),
            kept: Vec::new(),
            must: Must::All,
            in_order: false,
            victims: usize::MAX,
            wakers_stay: false,
            checks: Vec::new(),
            left: Vec::new(),
            unasked: 2,
        }
    }

    /// One more that contends; each is the victim in turn.
    pub(crate) fn future(mut self, future: impl Future<Output = ()> + 'static) -> World {
        self.futures.push(Box::pin(future));
        self
    }

    /// `n` of a kind.
    pub(crate) fn futures<F: Future<Output = ()> + 'static>(
        mut self,
        n: usize,
        make: impl Fn() -> F,
    ) -> World {
        for _ in 0..n {
            self = self.future(make());
        }
        self
    }

    /// Something that happens, once.
    pub(crate) fn event(mut self, name: &'static str, happen: impl FnOnce() + 'static) -> World {
        self.events.push((name, Box::new(happen)));
        self
    }

    /// The events happen in the order given, and in no other.
    pub(crate) fn in_order(mut self) -> World {
        self.in_order = true;
        self
    }

    /// Only the first `n` futures are victims.
    pub(crate) fn victims(mut self, n: usize) -> World {
        self.victims = n;
        self
    }

    /// The events do not end the victim in every order; the others they do.
    pub(crate) fn victim_may_wait(mut self) -> World {
        self.must = Must::Others;
        self
    }

    /// The check says who must have come to an end.
    pub(crate) fn all_may_wait(mut self) -> World {
        self.must = Must::Nobody;
        self
    }

    /// A waker may outlive the future that gave it, to the end of the world: say why at the call.
    pub(crate) fn wakers_stay(mut self, _why: &'static str) -> World {
        self.wakers_stay = true;
        self
    }

    /// What must live as long as the futures.
    pub(crate) fn keep(mut self, guard: impl Any) -> World {
        self.kept.push(Box::new(guard));
        self
    }

    /// An executor, or timers: `tick` does something of what is ready, if anything is.
    pub(crate) fn runtime(
        mut self,
        ready: impl Fn() -> bool + 'static,
        tick: impl Fn() + 'static,
    ) -> World {
        self.unasked = 1; // Or there are too many orders.
        self.runtimes.push(Runtime { ready: Box::new(ready), tick: Box::new(tick) });
        self
    }

    /// What must hold when all futures are gone.
    pub(crate) fn check(mut self, check: impl FnOnce(&End) + 'static) -> World {
        self.checks.push(Box::new(check));
        self
    }

    /// Nobody holds it any more when all futures, events and checks are gone.
    pub(crate) fn alone<T: ?Sized + 'static>(self, shared: &Arc<T>) -> World {
        let weak = Arc::downgrade(shared);
        self.none_left("holders of what all shared", move || weak.strong_count())
    }

    /// As [`alone`](World::alone), for what is counted otherwise.
    pub(crate) fn none_left(
        mut self,
        what: &'static str,
        count: impl Fn() -> usize + 'static,
    ) -> World {
        self.left.push((what, Box::new(count)));
        self
    }
}

/// A named world, and the waiting calls that are tried in it.
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) covers: &'static [&'static str],
    make: Box<dyn Fn() -> World>,
}

/// A case; `covers` names its calls as `crate/file Type::call`.
pub(crate) fn case(
    name: impl Into<String>,
    covers: &'static [&'static str],
    make: impl Fn() -> World + 'static,
) -> Case {
    Case { name: name.into(), covers, make: Box::new(make) }
}

impl Case {
    /// Plays it in every order. How many there were.
    pub(crate) fn explore(&self) -> usize {
        let mut plays = 0;
        let probe = (self.make)();
        let victims = probe.victims.min(probe.futures.len());
        drop(probe);
        for victim in 0..victims {
            let mut path = Path::default();
            loop {
                play(&self.name, (self.make)(), victim, &mut path);
                plays += 1;
                assert!(plays < TOO_MANY, "{}: too many orders to be played", self.name);
                if !path.next() {
                    break;
                }
            }
        }
        plays
    }
}

/// Runs all, and says on one line each how many orders there were (`--nocapture`).
pub(crate) fn explore_all(cases: &[Case]) {
    let only = std::env::var("CANCEL_CASE").unwrap_or_default();
    let (mut plays, mut failed) = (0, Vec::new());
    for case in cases.iter().filter(|case| case.name.contains(&only)) {
        TOKENS.with(|count| count.store(0, Ordering::Relaxed));
        match catch_unwind(AssertUnwindSafe(|| case.explore())) {
            Ok(of_case) => {
                println!("{of_case:>6} {}", case.name);
                plays += of_case;
            }
            Err(_) => failed.push(&*case.name),
        }
    }
    println!("{plays:>6} orders in {} cases", cases.len());
    assert!(failed.is_empty(), "failed: {failed:?}");
}

/// A closure that makes a future of `$body` with its own clones of what it names.
macro_rules! each {
    ($($name:ident),* => $body:expr) => {{
        $(let $name = ::std::clone::Clone::clone(&$name);)*
        move || {
            $(#[allow(unused_mut, reason = "some are only read")]
            let mut $name = ::std::clone::Clone::clone(&$name);)*
            async move { $body; }
        }
    }};
}
pub(crate) use each;

/// Comes to its end at the second poll: a point at which to be dropped with things in hand.
pub(crate) async fn pause() {
    let mut again = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut again, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

thread_local! {
    static TOKENS: Arc<AtomicIsize> = Arc::default();
}

/// A value that is counted: made once, dropped once.
#[derive(Debug)]
pub(crate) struct Token(Arc<AtomicIsize>);

impl Token {
    pub(crate) fn new() -> Token {
        let count = TOKENS.with(Arc::clone);
        count.fetch_add(1, Ordering::Relaxed);
        Token(count)
    }
}

impl Clone for Token {
    fn clone(&self) -> Token {
        self.0.fetch_add(1, Ordering::Relaxed);
        Token(Arc::clone(&self.0))
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How many tokens there are on this thread's account.
pub(crate) fn tokens() -> isize {
    TOKENS.with(|count| count.load(Ordering::Relaxed))
}

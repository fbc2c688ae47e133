//! Models of what could strand a job, lose a thread or run something twice: every interleaving
//! that loom can reach with two forced switches.
//!
//! `RUSTFLAGS="--cfg loom" LOOM_MAX_PREEMPTIONS=2 cargo test --release --test loom`
#![cfg(loom)]
#![allow(missing_docs, reason = "tests are not modelled")]

use std::{io, rc::Rc, sync::Arc, time::Duration};

use evenkeel_blocking::{
    PoolOptions, StartThread,
    model::{Crew, Run},
};
use loom::{
    sync::{Condvar, Mutex},
    thread,
};

/// What became of the jobs, and whoever waits to hear of it.
#[derive(Default)]
struct Fate {
    ran: usize,
    refused: usize,
    dropped: usize,
}

#[derive(Clone)]
struct Ledger(Arc<(Mutex<Fate>, Condvar)>);

impl Ledger {
    fn new() -> Self {
        Ledger(Arc::new((Mutex::new(Fate::default()), Condvar::new())))
    }

    fn note(&self, f: impl FnOnce(&mut Fate)) {
        f(&mut self.0.0.lock().unwrap());
        self.0.1.notify_all();
    }

    /// Blocks until so many have run; loom reports a deadlock if they never do.
    fn wait_for(&self, ran: usize) {
        let mut fate = self.0.0.lock().unwrap();
        while fate.ran < ran {
            fate = self.0.1.wait(fate).unwrap();
        }
    }

    fn sum(&self) -> (usize, usize, usize) {
        let fate = self.0.0.lock().unwrap();
        (fate.ran, fate.refused, fate.dropped)
    }
}

/// A job that reports its end, whichever it is; it may first wait for others to have run, or do so between
/// its call and its report.
struct Toy {
    ledger: Ledger,
    waits_for: usize,
    lingers_for: usize,
    ended: bool,
}

impl Run for Toy {
    type Label = ();
    fn run(mut self, tell: Option<&Rc<dyn Fn(bool)>>) {
        self.ended = true;
        if self.waits_for > 0 {
            self.ledger.wait_for(self.waits_for);
        }
        if let Some(tell) = tell {
            tell(true);
            if self.lingers_for > 0 {
                tell(false);
            }
        }
        if self.lingers_for > 0 {
            self.ledger.wait_for(self.lingers_for);
        }
        self.ledger.note(|fate| fate.ran += 1);
    }
    fn refuse(mut self, _: io::Error) {
        self.ended = true;
        self.ledger.note(|fate| fate.refused += 1);
    }
    fn label(&self) {}
}

impl Drop for Toy {
    fn drop(&mut self) {
        if !self.ended {
            self.ledger.note(|fate| fate.dropped += 1);
        }
    }
}

fn job(ledger: &Ledger) -> Toy {
    Toy { ledger: ledger.clone(), waits_for: 0, lingers_for: 0, ended: false }
}

fn crew(options: PoolOptions) -> Arc<Crew<Toy>> {
    Arc::new(Crew::new(options, Box::new(|| ())))
}

fn options(threads: usize, keep_alive: Duration) -> PoolOptions {
    PoolOptions { threads, keep_alive, name: String::new(), start: StartThread::default() }
}

const FOR_EVER: Duration = Duration::MAX;
/// Loom's timed waits end at once, whatever the time: every park is a keep-alive that ends.
const AT_ONCE: Duration = Duration::ZERO;

/// The job comes while the only thread is on its way to rest (tokio's 1.52.0 stranded it). A third
/// one, for the call that the second left behind.
///
/// Fails if a thread that ended a job parks without a look at the queue, if `tend` does not call an
/// idle thread, or if a thread that was called does not count itself as come (`coming`).
#[test]
fn submit_against_a_thread_about_to_park() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(1, FOR_EVER)), Ledger::new());
        for n in 1..=3 {
            crew.submit(job(&ledger));
            ledger.wait_for(n);
        }
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (3, 0, 0));
    });
}

/// Two come at once: one helper is sent for, and it must see both.
///
/// Fails if a thread that ended a job parks without a look at the queue.
#[test]
fn two_submits_against_one_thread() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(1, FOR_EVER)), Ledger::new());
        let other = {
            let (crew, ledger) = (crew.clone(), ledger.clone());
            thread::spawn(move || crew.submit(job(&ledger)))
        };
        crew.submit(job(&ledger));
        ledger.wait_for(2);
        other.join().unwrap();
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (2, 0, 0));
    });
}

/// The thread's keep-alive ends while a job comes: it takes the job, or leaves and another thread is
/// started. A third job, for what the second left behind.
///
/// Fails if a thread that leaves stays in `idle`, or if it takes the end of its keep-alive for true
/// without asking whether it was called before.
#[test]
fn keep_alive_exit_against_submit() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(1, AT_ONCE)), Ledger::new());
        for n in 1..=3 {
            crew.submit(job(&ledger));
            ledger.wait_for(n);
        }
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (3, 0, 0));
    });
}

/// Every job is run, refused or dropped, once; none waits after the shutdown, none runs after the
/// join, and nobody who joins waits for ever.
///
/// Fails if `submit` does not look at the phase, if `shutdown` withdraws before it closes, or if a
/// thread that was called to close is not signalled.
#[test]
fn shutdown_against_submit() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(1, FOR_EVER)), Ledger::new());
        let other = {
            let (crew, ledger) = (crew.clone(), ledger.clone());
            thread::spawn(move || {
                crew.submit(job(&ledger));
                crew.submit(job(&ledger));
            })
        };
        crew.shutdown();
        assert!(crew.pending() <= 1, "one may run, none may wait");
        assert!(crew.join(FOR_EVER).is_ok());
        let (ran_by_then, ..) = ledger.sum();
        other.join().unwrap();
        let (ran, refused, dropped) = ledger.sum();
        assert_eq!((ran, ran + refused + dropped), (ran_by_then, 2));
        assert_eq!(crew.pending(), 0);
    });
}

/// The last thread leaves while somebody begins to wait for it.
///
/// Fails if a thread that leaves a closing crew tells nobody.
#[test]
fn join_against_a_thread_that_leaves() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(1, AT_ONCE)), Ledger::new());
        crew.submit(job(&ledger));
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (1, 0, 0));
    });
}

/// The first job ends only after the second: a thread that blocks must have sent for the next.
///
/// Fails if `take` does not tend to what it leaves behind.
#[test]
fn a_blocked_job_against_the_next() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(2, FOR_EVER)), Ledger::new());
        let mut first = job(&ledger);
        first.waits_for = 1;
        crew.submit(first);
        crew.submit(job(&ledger));
        ledger.wait_for(2);
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (2, 0, 0));
    });
}

/// The first job has said that it is as good as done, and then has more to do, which takes until the second has
/// ended: a thread that was called meanwhile must not be relied on.
///
/// Fails if a thread that takes back what it said leaves the call it was given to nobody, or stays in `idle`.
#[test]
fn a_job_that_lingers_against_the_next() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(2, FOR_EVER)), Ledger::new());
        let mut first = job(&ledger);
        first.lingers_for = 1;
        crew.submit(first);
        crew.submit(job(&ledger));
        ledger.wait_for(2);
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (2, 0, 0));
    });
}

type Bell = Arc<(Mutex<bool>, Condvar)>;

/// Rings when nothing is pending.
fn bell_of(crew: &Crew<Toy>) -> Bell {
    let bell = Bell::new((Mutex::new(false), Condvar::new()));
    let ring = bell.clone();
    crew.on_quiet(Arc::new(move || {
        *ring.0.lock().unwrap() = true;
        ring.1.notify_all();
    }));
    bell
}

fn sleep_until_quiet(crew: &Crew<Toy>, bell: &Bell) {
    while crew.pending() > 0 {
        let mut rung = bell.0.lock().unwrap();
        while !*rung {
            rung = bell.1.wait(rung).unwrap();
        }
        *rung = false;
    }
}

/// A loop that sleeps until nothing is pending, woken only by `on_quiet`, does not sleep for ever.
///
/// Fails if the callback is called while its job still counts.
#[test]
fn quiet_against_a_loop_that_waits_for_it() {
    loom::model(|| {
        let (crew, ledger) = (crew(options(1, FOR_EVER)), Ledger::new());
        let bell = bell_of(&crew);
        crew.submit(job(&ledger));
        crew.submit(job(&ledger));
        sleep_until_quiet(&crew, &bell);
        assert_eq!(ledger.sum(), (2, 0, 0));
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(crew.statistics().finished, 2);
    });
}

/// The first thread cannot be started while a second job comes behind the first, and a loop sleeps until
/// nothing is pending.
///
/// Fails if a failed start refuses only the job it was for, or keeps its seat, or if nobody is told that
/// the refused ones were the last.
#[test]
fn a_failed_start_against_submit() {
    loom::model(|| {
        let starts = std::sync::atomic::AtomicUsize::new(0);
        let start = StartThread::new(move |builder, work| {
            match starts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => Err(io::ErrorKind::WouldBlock.into()),
                _ => builder.spawn(work),
            }
        });
        let (crew, ledger) = (crew(PoolOptions { start, ..options(1, FOR_EVER) }), Ledger::new());
        let other = {
            let (crew, ledger) = (crew.clone(), ledger.clone());
            thread::spawn(move || crew.submit(job(&ledger)))
        };
        let bell = bell_of(&crew);
        crew.submit(job(&ledger));
        sleep_until_quiet(&crew, &bell);
        other.join().unwrap();
        assert!(crew.join(FOR_EVER).is_ok());
        let (ran, refused, dropped) = ledger.sum();
        assert_eq!((ran + refused, dropped), (2, 0));
        assert!(refused >= 1);
    });
}

/// A thread cannot be started while the only one there is comes to rest.
///
/// Fails if `tend` waits for a start that is under way although a thread is idle; that takes four
/// forced switches, two more than the other models need.
#[test]
fn a_failed_start_against_a_thread_coming_to_rest() {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(4);
    model.check(|| {
        let starts = std::sync::atomic::AtomicUsize::new(0);
        let start = StartThread::new(move |builder, work| {
            match starts.fetch_add(1, std::sync::atomic::Ordering::Relaxed) {
                0 => builder.spawn(work),
                _ => Err(io::ErrorKind::WouldBlock.into()),
            }
        });
        let (crew, ledger) = (crew(PoolOptions { start, ..options(2, FOR_EVER) }), Ledger::new());
        crew.submit(job(&ledger));
        ledger.wait_for(1);
        let other = {
            let (crew, ledger) = (crew.clone(), ledger.clone());
            thread::spawn(move || crew.submit(job(&ledger)))
        };
        crew.submit(job(&ledger));
        ledger.wait_for(3);
        other.join().unwrap();
        assert!(crew.join(FOR_EVER).is_ok());
        assert_eq!(ledger.sum(), (3, 0, 0));
    });
}

//! The queue: jobs that wait for a thread, threads that wait for a job, and who must be called next.
//!
//! It promises that no job is forgotten (TENDED below) and that jobs start in the order they came.
//! It is plain data: the lock and the threads belong to `crew.rs` and `worker.rs`. The clock is read
//! only where a start has failed.
//!
//! # Who is called, and when
//!
//! Whoever takes a job and leaves others behind sends for a helper *before* running its own: a
//! parked thread is called, or one is started. At first one helper at a time is on its way. A
//! helper that arrives judges by what the others did while it came:
//!
//! ```text
//!                    +-- nothing waits: rests; helpers come singly again
//!                    |
//!   sent for -> arrives -- no job has ended since: they block. Takes one; from now on helpers
//!   (tend)     (next)|     come twice as many abreast as before, up to ABREAST
//!                    |
//!                    +-- some have ended: takes one; helpers come singly again
//!                    |
//!                    +-- QUICK or more have ended: looks on, parked for LOOK
//!                              |                     |
//!                              +-- the backlog it saw has gone: looks on (look_over)
//!                              +-- it has not: takes a job, sends for another
//!                              +-- the queue ran empty: somebody else ends the watch; rests
//! ```
//!
//! So a row of jobs that block has a thread each after a few rounds of wakes or starts, and a row
//! of tiny ones is left to the threads already awake: there a wake costs more than the job.
//
// TENDED:   while a job waits, a helper is coming or watching, or no thread is idle and either one
//           is being started or none may be: then those at work come back to the queue.
// IDLE:     a seat is in `idle` exactly while its thread is parked, or as good as parked, and nobody has called
//           it. As good as parked is a thread that has only to tell of its job's end: who hears of that,
//           and brings the next job, finds it there and wakes nobody else.
// ONE LOCK: every field is read and written under the crew's lock, so no order of memory matters.

mod threads;

use std::{
    collections::VecDeque,
    io, mem,
    rc::Rc,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::{
    orders::{Errand, News, Next, Rest},
    seats::{Call, Seats},
    statistics::PoolStatistics,
};

/// What the pool needs to know of a job.
pub trait Run: Send + 'static {
    /// What a job is called when somebody asks which ones still run.
    type Label: Clone + Send + 'static;
    /// Runs the job to its end. `tell(true)`: nothing is left to do but tell of it. `tell(false)`: it was
    /// not so, something follows that may take long. `None`: nobody wants to know.
    fn run(self, tell: Option<&Rc<dyn Fn(bool)>>);
    /// Tells whoever waits for the job that it will not run.
    fn refuse(self, error: io::Error);
    /// What the job is called.
    fn label(&self) -> Self::Label;
}

/// A helper that finds that so many jobs ended since it was sent for looks on instead of joining in.
///
/// A wake takes some 20 to 50 us, so at eight the jobs last 5 us or less: as much as the wake
/// itself costs. Smaller keeps more threads asleep, larger spreads small jobs over more cores.
/// Re-measure with rows of 1000 jobs of 0, 5 and 20 us.
const QUICK: u64 = 8;

/// At most this many helpers are on their way at once. Larger has many blocking jobs running
/// sooner, smaller wakes fewer threads that find nothing left.
const ABREAST: usize = 4;

/// How long a helper that looks on waits before it looks again. A job that stands behind others
/// which were quick until now loses two looks at most: one until it is seen, one until it is taken.
///
/// Smaller costs more wakes in a long row of tiny jobs (one per look), larger delays such a job.
pub(crate) const LOOK: Duration = Duration::from_micros(200);

/// After a failed start no other is tried for this long, as long as there is a thread to do the
/// work: a refused `clone` costs tens of microseconds, and every submit would pay it.
pub(crate) const START_REST: Duration = Duration::from_millis(10);

/// Called when the last pending job has ended.
pub type OnQuiet = Arc<dyn Fn() + Send + Sync>;

/// Whether jobs are taken, and what becomes of the threads when there are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Open,
    /// No new jobs; threads leave when the queue is empty.
    Closing,
}

/// The thread that looks on, parked for [`LOOK`], and the last job it saw waiting.
#[derive(Clone, Copy, Debug)]
struct Watch {
    seat: usize,
    backlog: u64,
}

pub(crate) struct Queue<J: Run> {
    jobs: VecDeque<J>,
    pub(crate) seats: Seats<J::Label>,
    /// Parked threads, the one that parked last on top: its stack is warm, and those below can
    /// reach the end of their keep-alive.
    idle: Vec<usize>,
    limit: usize,
    busy: usize,
    /// Jobs taken back whose ends are not told yet.
    refusing: usize,
    /// Helpers called that have not arrived.
    coming: usize,
    /// Helpers being started.
    starting: usize,
    watch: Option<Watch>,
    /// How many helpers may be on their way now.
    abreast: usize,
    /// No thread is started before this; set by a failed start.
    no_start_before: Option<Instant>,
    phase: Phase,
    submitted: u64,
    taken: u64,
    withdrawn: u64,
    started: u64,
    start_failures: u64,
    refused: u64,
    most_threads: usize,
    on_quiet: Option<OnQuiet>,
}

impl<J: Run> Queue<J> {
    pub(crate) fn new(limit: usize) -> Self {
        debug_assert!(limit > 0, "checked at the door");
        Queue {
            jobs: VecDeque::new(),
            seats: Seats::new(),
            idle: Vec::new(),
            limit,
            busy: 0,
            refusing: 0,
            coming: 0,
            starting: 0,
            watch: None,
            abreast: 1,
            no_start_before: None,
            phase: Phase::Open,
            submitted: 0,
            taken: 0,
            withdrawn: 0,
            started: 0,
            start_failures: 0,
            refused: 0,
            most_threads: 0,
            on_quiet: None,
        }
    }

    /// Takes a job in, or gives it back when the pool has closed.
    pub(crate) fn submit(&mut self, job: J) -> Result<Errand, J> {
        if self.phase != Phase::Open {
            self.refused += 1;
            return Err(job);
        }
        self.submitted += 1;
        self.jobs.push_back(job);
        Ok(self.tend())
    }

    /// The thread in `seat` has only to tell of its job's end: from now on it is as good as parked, unless
    /// a job waits that it will come to.
    pub(crate) fn ends(&mut self, seat: usize) {
        if self.jobs.is_empty() && self.phase == Phase::Open {
            let _parks = self.rest(seat);
            self.seats.set_telling(seat, true);
        }
    }

    /// The thread in `seat` has more to do than tell of its job's end: somebody else must be called.
    pub(crate) fn lingers(&mut self, seat: usize) -> Errand {
        if !self.seats.set_telling(seat, false) {
            return Errand::None;
        }
        if self.seats.is_called(seat) {
            self.answer_call(seat);
        } else {
            self.get_up(seat);
        }
        self.tend()
    }

    /// The job of the thread in `seat` has ended; the callback to call if it was the last pending.
    pub(crate) fn done(&mut self, seat: usize) -> Option<OnQuiet> {
        self.busy -= 1;
        self.seats.set_label(seat, None);
        self.quiet()
    }

    /// The callback to call, if no job is pending and somebody asked to be told.
    fn quiet(&self) -> Option<OnQuiet> {
        if self.pending() == 0 { self.on_quiet.clone() } else { None }
    }

    pub(crate) fn on_quiet(&mut self) -> &mut Option<OnQuiet> {
        &mut self.on_quiet
    }

    /// What the thread of `seat` does next.
    pub(crate) fn next(&mut self, seat: usize, news: News) -> Next<J> {
        let helps = match news {
            News::Done if !self.seats.set_telling(seat, false) => false,
            News::Done if !self.seats.is_called(seat) => return Next::Park(Rest::Idle),
            // It is where it would be without the call: that says nothing of how long the others take.
            News::Done => {
                self.answer_call(seat);
                false
            }
            News::Started => {
                self.starting -= 1;
                true
            }
            News::Called => self.answer_call(seat),
            News::Over(Rest::Look) => return self.look_over(seat),
            News::Over(Rest::Idle) => return self.keep_alive_over(seat),
        };
        // Without anybody at work there is nothing to judge by.
        if helps && self.busy > 0 && !self.jobs.is_empty() {
            match self.finished() - self.seats.sent_for(seat) {
                0 => self.abreast = (self.abreast * 2).min(ABREAST),
                QUICK.. => return self.look_on(seat),
                _ => self.abreast = 1,
            }
        }
        self.take_or_rest(seat)
    }

    /// Takes note of a call; true: it was for help.
    fn answer_call(&mut self, seat: usize) -> bool {
        let call = self.seats.answer_call(seat);
        if call == Call::Help {
            self.coming -= 1;
        }
        call == Call::Help
    }

    /// Parks as the one who looks on, or, where somebody does, as one who rests.
    fn look_on(&mut self, seat: usize) -> Next<J> {
        self.idle.push(seat);
        self.abreast = 1;
        if self.watch.is_some() {
            return Next::Park(Rest::Idle);
        }
        self.watch = Some(Watch { seat, backlog: self.submitted });
        Next::Park(Rest::Look)
    }

    fn look_over(&mut self, seat: usize) -> Next<J> {
        let backlog = match self.watch {
            Some(watch) if watch.seat == seat => watch.backlog,
            // The queue ran empty meanwhile, and that ended the watch.
            _ => return Next::Park(Rest::Idle),
        };
        if self.jobs.is_empty() {
            self.watch = None;
            return Next::Park(Rest::Idle);
        }
        if self.busy > 0 && self.taken + self.withdrawn >= backlog {
            self.watch = Some(Watch { seat, backlog: self.submitted });
            return Next::Park(Rest::Look);
        }
        self.watch = None;
        self.get_up(seat);
        self.take_or_rest(seat)
    }

    fn keep_alive_over(&mut self, seat: usize) -> Next<J> {
        self.get_up(seat);
        match self.take() {
            Some((job, errands)) => self.run(seat, job, errands),
            None => Next::Leave,
        }
    }

    fn get_up(&mut self, seat: usize) {
        // From the top: a thread that looks on is there, and the others do this once in their life.
        if let Some(at) = self.idle.iter().rposition(|&parked| parked == seat) {
            self.idle.remove(at);
        }
    }

    fn take_or_rest(&mut self, seat: usize) -> Next<J> {
        if let Some((job, errands)) = self.take() {
            return self.run(seat, job, errands);
        }
        self.rest(seat)
    }

    /// Nothing waits.
    fn rest(&mut self, seat: usize) -> Next<J> {
        self.watch = None;
        self.abreast = 1;
        if self.phase != Phase::Open {
            return Next::Leave;
        }
        self.idle.push(seat);
        Next::Park(Rest::Idle)
    }

    fn take(&mut self) -> Option<(J, [Errand; 2])> {
        let job = self.jobs.pop_front()?;
        self.taken += 1;
        self.busy += 1;
        let errands = [self.tend(), self.tend()];
        Some((job, errands))
    }

    fn run(&mut self, seat: usize, job: J, errands: [Errand; 2]) -> Next<J> {
        self.seats.set_label(seat, Some(job.label()));
        Next::Run { job, errands, is_last: self.jobs.is_empty() }
    }

    /// Makes sure that somebody sees to the jobs that wait (TENDED); one helper at a call.
    pub(crate) fn tend(&mut self) -> Errand {
        let wanted = self.abreast.min(self.jobs.len());
        if self.watch.is_some() || self.coming >= wanted {
            return Errand::None;
        }
        if let Some(seat) = self.idle.pop() {
            self.coming += 1;
            return Errand::Call(self.seats.call(seat, Call::Help, self.finished()));
        }
        let full = self.threads() == self.limit || self.coming + self.starting >= wanted;
        if full || !self.may_start() {
            return Errand::None;
        }
        self.starting += 1;
        let (seat, sitting) = self.seats.reserve(self.finished());
        self.most_threads = self.most_threads.max(self.threads());
        Errand::Start { seat, sitting }
    }

    /// Takes back what has not begun, to be told of its end outside the lock; then
    /// [`have_been_told`](Self::have_been_told).
    pub(crate) fn withdraw(&mut self) -> VecDeque<J> {
        let jobs = mem::take(&mut self.jobs);
        self.withdrawn += jobs.len() as u64;
        self.refusing += jobs.len();
        jobs
    }

    /// So many jobs that were taken back have ended; the callback to call if they were the last pending.
    pub(crate) fn have_been_told(&mut self, jobs: usize) -> Option<OnQuiet> {
        self.refusing -= jobs;
        self.quiet()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    pub(crate) fn threads(&self) -> usize {
        self.seats.taken()
    }

    fn finished(&self) -> u64 {
        self.taken - self.busy as u64
    }

    pub(crate) fn statistics(&self) -> PoolStatistics {
        PoolStatistics {
            limit: self.limit,
            threads: self.threads(),
            busy: self.busy,
            idle: self.idle.iter().filter(|&&seat| !self.seats.is_telling(seat)).count(),
            queued: self.jobs.len(),
            most_threads: self.most_threads,
            started: self.started,
            start_failures: self.start_failures,
            submitted: self.submitted,
            finished: self.finished(),
            withdrawn: self.withdrawn,
            refused: self.refused,
        }
    }

    /// Jobs whose ends are not told yet.
    pub(crate) fn pending(&self) -> usize {
        self.jobs.len() + self.busy + self.refusing
    }

    pub(crate) fn queued(&self) -> usize {
        self.jobs.len()
    }
}

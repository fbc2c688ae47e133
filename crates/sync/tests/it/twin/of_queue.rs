//! The three queues and their twin.

use std::task::Poll;

use evenkeel_sync::queue::{Item, Order, OrderedQueue, TryPutError};
use evenkeel_sync::{LifoQueue, PriorityQueue, Queue, QueueShutDown, Shutdown};
use proptest::prelude::*;

use super::{Call, Job, Twin, Waiting, called, in_line, pick};

#[derive(Clone, Debug)]
enum Step {
    TryPut(u8),
    Put(u8),
    TryGet,
    Get,
    Join,
    /// One of those who wait, with another waker or the same.
    PollGetter(usize, bool),
    PollPutter(usize, bool),
    PollJoiner(usize),
    DropGetter(usize),
    DropPutter(usize),
    DropJoiner(usize),
    /// One of the items in hand.
    DropItem(usize),
    TakeOut(usize),
    TaskDone,
    Shutdown(bool),
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..64_usize;
    prop_oneof![
        4 => (0..3_u8).prop_map(Step::TryPut),
        6 => (0..3_u8).prop_map(Step::Put),
        4 => Just(Step::TryGet),
        8 => Just(Step::Get),
        1 => Just(Step::Join),
        6 => (n.clone(), any::<bool>()).prop_map(|(n, another)| Step::PollGetter(n, another)),
        4 => (n.clone(), any::<bool>()).prop_map(|(n, another)| Step::PollPutter(n, another)),
        1 => n.clone().prop_map(Step::PollJoiner),
        3 => n.clone().prop_map(Step::DropGetter),
        3 => n.clone().prop_map(Step::DropPutter),
        1 => n.clone().prop_map(Step::DropJoiner),
        6 => n.clone().prop_map(Step::DropItem),
        1 => n.prop_map(Step::TakeOut),
        1 => Just(Step::TaskDone),
        1 => (0..8_u8).prop_map(|n| Step::Shutdown(n == 0)),
    ]
}

type Got<O> = Result<Item<Job, O>, QueueShutDown>;

struct Pair<O: Order<Item = Job>> {
    queue: OrderedQueue<O>,
    twin: Twin,
    getters: Vec<Waiting<Got<O>>>,
    putters: Vec<Waiting<Result<(), QueueShutDown<Job>>>>,
    joiners: Vec<Waiting<()>>,
    hand: Vec<Item<Job, O>>,
    by_hand: usize,
    jobs: u32,
}

impl<O: Order<Item = Job> + 'static> Pair<O> {
    fn job(&mut self, rank: u8) -> Job {
        self.jobs += 1;
        Job { rank, id: self.jobs }
    }

    /// The real one got this: it has to be what the twin takes.
    fn got(&mut self, got: Got<O>) {
        let expected = self.twin.take();
        assert_eq!(got.as_ref().ok().map(|item| item.id), expected.map(|job| job.id));
        if let Ok(item) = got {
            self.hand.push(item);
            self.twin.taken += 1;
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::TryPut(rank) => {
                let job = self.job(rank);
                let put = self.queue.try_put(job);
                match self.twin.place_for_newcomer(called(&self.putters)) {
                    Some(true) => {
                        assert!(put.is_ok());
                        self.twin.put(job);
                    }
                    Some(false) => assert!(matches!(put, Err(TryPutError::ShutDown(_)))),
                    None => assert!(matches!(put, Err(TryPutError::Full(_)))),
                }
            }
            Step::Put(rank) => {
                let job = self.job(rank);
                let queue = self.queue.clone();
                let put = Waiting::begin(async move { queue.put(job).await }, job);
                match (self.twin.place_for_newcomer(called(&self.putters)), put) {
                    (Some(true), Ok(Ok(()))) => self.twin.put(job),
                    (Some(false), Ok(Err(QueueShutDown(back)))) => assert_eq!(back.id, job.id),
                    (None, Err(waiting)) => self.putters.push(waiting),
                    (expected, put) => panic!("{expected:?}, but {:?}", put.is_ok()),
                }
            }
            Step::TryGet => {
                let got = self.queue.try_get();
                match (self.twin.item_for_newcomer(&self.getters), got) {
                    (Some(_), Ok(Some(item))) => self.got(Ok(item)),
                    (Some(_), Err(error)) => self.got(Err(error)),
                    (None, Ok(None)) => {}
                    (expected, got) => panic!("{expected:?}, but {got:?}"),
                }
            }
            Step::Get => {
                let queue = self.queue.clone();
                let none = Job { rank: 0, id: 0 };
                match Waiting::begin(async move { queue.get().await }, none) {
                    Ok(got) => {
                        assert!(self.twin.item_for_newcomer(&self.getters).is_some());
                        self.got(got);
                    }
                    Err(waiting) => {
                        assert!(self.twin.item_for_newcomer(&self.getters).is_none());
                        self.getters.push(waiting);
                    }
                }
            }
            Step::Join => {
                let queue = self.queue.clone();
                let none = Job { rank: 0, id: 0 };
                match Waiting::begin(async move { queue.join().await }, none) {
                    Ok(()) => assert_eq!(self.twin.unfinished(), 0),
                    Err(waiting) => {
                        assert_ne!(self.twin.unfinished(), 0);
                        self.joiners.push(waiting);
                    }
                }
            }
            Step::PollGetter(n, another) => self.poll_getter(n, another),
            Step::PollPutter(n, another) => self.poll_putter(n, another),
            Step::PollJoiner(n) => {
                if let Some(n) = pick(&self.joiners, n) {
                    let ready = self.joiners[n].poll(false).is_ready();
                    assert_eq!(ready, self.joiners[n].call != Call::InLine);
                    if ready {
                        self.joiners.remove(n);
                    }
                }
            }
            Step::DropGetter(n) => drop(pick(&self.getters, n).map(|n| self.getters.remove(n))),
            Step::DropPutter(n) => drop(pick(&self.putters, n).map(|n| self.putters.remove(n))),
            Step::DropJoiner(n) => drop(pick(&self.joiners, n).map(|n| self.joiners.remove(n))),
            Step::DropItem(n) => {
                if let Some(n) = pick(&self.hand, n) {
                    drop(self.hand.remove(n));
                    self.twin.taken -= 1;
                }
            }
            Step::TakeOut(n) => {
                if let Some(n) = pick(&self.hand, n) {
                    self.hand.remove(n).into_inner();
                    self.by_hand += 1;
                }
            }
            Step::TaskDone => {
                assert_eq!(self.queue.task_done().is_ok(), self.by_hand > 0);
                if self.by_hand > 0 {
                    self.by_hand -= 1;
                    self.twin.taken -= 1;
                }
            }
            Step::Shutdown(immediate) => {
                self.twin.ended = true;
                if immediate {
                    self.queue.shutdown(Shutdown::Immediate);
                    self.twin.inside.clear();
                } else {
                    self.queue.shutdown(Shutdown::Graceful);
                }
            }
        }
    }

    fn poll_getter(&mut self, n: usize, another: bool) {
        let Some(n) = pick(&self.getters, n) else { return };
        let polled = self.getters[n].poll(another);
        match (self.getters[n].call, polled) {
            (Call::InLine, Poll::Pending) => {}
            (Call::ToCome, Poll::Ready(got)) => {
                drop(self.getters.remove(n));
                self.got(got);
            }
            (Call::ForNothing, Poll::Ready(Err(_))) => drop(self.getters.remove(n)),
            (call, polled) => panic!("{call:?}, but {polled:?}"),
        }
    }

    fn poll_putter(&mut self, n: usize, another: bool) {
        let Some(n) = pick(&self.putters, n) else { return };
        let polled = self.putters[n].poll(another);
        let Waiting { call, job, .. } = self.putters[n];
        match (call, polled) {
            (Call::InLine, Poll::Pending) => return,
            (Call::ToCome, Poll::Ready(Ok(()))) if !self.twin.ended => self.twin.put(job),
            (Call::ToCome, Poll::Ready(Err(_))) if self.twin.ended => {}
            (Call::ForNothing, Poll::Ready(Err(QueueShutDown(back)))) => {
                assert_eq!(back.id, job.id);
            }
            (call, polled) => panic!("{call:?}, but {polled:?}"),
        }
        drop(self.putters.remove(n));
    }

    /// Calls whom the twin has to call, and compares.
    fn settle(&mut self) {
        self.twin.call_getters(&mut self.getters);
        let mut kept = called(&self.putters);
        for putter in &mut self.putters {
            kept = self.twin.call_putter(putter, kept);
        }
        if self.twin.unfinished() == 0 {
            self.joiners.iter_mut().for_each(|joiner| joiner.call = Call::ToCome);
        }
        self.getters.iter().for_each(Waiting::check);
        self.putters.iter().for_each(Waiting::check);
        self.joiners.iter().for_each(Waiting::check);
        let seen = self.queue.statistics();
        assert_eq!(seen.len, self.twin.inside.len());
        assert_eq!(seen.unfinished, self.twin.unfinished());
        assert_eq!(seen.waiting_getters, in_line(&self.getters));
        assert_eq!(seen.waiting_putters, in_line(&self.putters));
        assert_eq!(seen.waiting_joiners, in_line(&self.joiners));
        assert_eq!((seen.puts, seen.shut_down), (self.twin.puts, self.twin.ended));
    }
}

fn compare<O: Order<Item = Job> + 'static>(
    queue: OrderedQueue<O>,
    next: fn(&[Job]) -> usize,
    steps: Vec<Step>,
) {
    let places = queue.capacity().unwrap_or(usize::MAX);
    let twin = Twin { inside: Vec::new(), next, places, ended: false, taken: 0, puts: 0 };
    let mut pair = Pair {
        queue,
        twin,
        getters: Vec::new(),
        putters: Vec::new(),
        joiners: Vec::new(),
        hand: Vec::new(),
        by_hand: 0,
        jobs: 0,
    };
    for step in steps {
        pair.step(step);
        pair.settle();
    }
    // Everybody leaves, and what is left is what the twin has left.
    pair.getters.clear();
    pair.putters.clear();
    pair.settle();
    while let Ok(Some(item)) = pair.queue.try_get() {
        pair.got(Ok(item));
    }
    assert!(pair.twin.inside.is_empty(), "an item was lost");
}

fn queue<O: Order<Item = Job>>(places: usize) -> OrderedQueue<O> {
    if places == 0 { OrderedQueue::unbounded() } else { OrderedQueue::bounded(places) }
}

fn smallest(inside: &[Job]) -> usize {
    // Of equals the first: they stand in order of arrival.
    inside.iter().enumerate().min_by_key(|(n, job)| (job.rank, *n)).expect("not empty").0
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_and_its_twin(places in 0..4_usize, steps in prop::collection::vec(step(), 1..120)) {
        let queue: Queue<Job> = queue(places);
        compare(queue, |_| 0, steps);
    }

    #[test]
    fn a_lifo_queue_and_its_twin(places in 0..4_usize, steps in prop::collection::vec(step(), 1..120)) {
        let queue: LifoQueue<Job> = queue(places);
        compare(queue, |inside| inside.len() - 1, steps);
    }

    #[test]
    fn a_priority_queue_and_its_twin(places in 0..4_usize, steps in prop::collection::vec(step(), 1..120)) {
        let queue: PriorityQueue<Job> = queue(places);
        compare(queue, smallest, steps);
    }
}

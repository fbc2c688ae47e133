//! A channel and its twin: several receivers, streams among them, and places that are kept.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use evenkeel_sync::channel::{Closed, Place, Receiver, SendError, Sender, TrySendError};
use evenkeel_sync::{channel, unbounded};
use futures_lite::Stream;
use proptest::prelude::*;

use super::{Call, Job, Twin, Waiting, called, in_line, pick};

#[derive(Clone, Debug)]
enum Step {
    TrySend,
    Send,
    TryReserve,
    TryRecv,
    Recv,
    /// One of those who wait, with another waker or the same.
    PollReceiving(usize, bool),
    PollSending(usize, bool),
    DropReceiving(usize),
    DropSending(usize),
    /// One of the places in hand.
    SendInto(usize),
    DropPlace(usize),
    /// The receiver that is a stream: polled, and asked otherwise.
    Next,
    TryRecvOfStream,
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let n = 0..64_usize;
    prop_oneof![
        4 => Just(Step::TrySend),
        8 => Just(Step::Send),
        3 => Just(Step::TryReserve),
        3 => Just(Step::TryRecv),
        8 => Just(Step::Recv),
        6 => (n.clone(), any::<bool>()).prop_map(|(n, another)| Step::PollReceiving(n, another)),
        6 => (n.clone(), any::<bool>()).prop_map(|(n, another)| Step::PollSending(n, another)),
        3 => n.clone().prop_map(Step::DropReceiving),
        3 => n.clone().prop_map(Step::DropSending),
        2 => n.clone().prop_map(Step::SendInto),
        2 => n.prop_map(Step::DropPlace),
        6 => Just(Step::Next),
        1 => Just(Step::TryRecvOfStream),
        1 => Just(Step::Close),
    ]
}

struct Pair<'a> {
    sender: &'a Sender<Job>,
    receiver: Receiver<Job>,
    twin: Twin,
    receiving: Vec<Waiting<Result<Job, Closed>>>,
    sending: Vec<Waiting<Result<(), SendError<Job>>>>,
    places: Vec<Place<'a, Job>>,
    /// Stands in `receiving` as well, while it waits.
    stream: Receiver<Job>,
    streaming: Option<u32>,
    jobs: u32,
}

impl Pair<'_> {
    fn job(&mut self) -> Job {
        self.jobs += 1;
        Job { rank: 0, id: self.jobs }
    }

    fn kept(&self) -> usize {
        called(&self.sending) + self.places.len()
    }

    fn got(&mut self, got: Option<Job>) {
        assert_eq!(got.map(|job| job.id), self.twin.take().map(|job| job.id));
    }

    fn try_recv(&mut self, received: Result<Option<Job>, Closed>) {
        match (self.twin.item_for_newcomer(&self.receiving), received) {
            (Some(_), Ok(Some(job))) => self.got(Some(job)),
            (Some(_), Err(_)) => self.got(None),
            (None, Ok(None)) => {}
            (expected, received) => panic!("{expected:?}, but {received:?}"),
        }
    }

    /// The stream's place, among those who wait.
    fn place_of_stream(&self) -> Option<usize> {
        let id = self.streaming?;
        self.receiving.iter().position(|waiting| waiting.job.id == id)
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::TrySend => {
                let job = self.job();
                let sent = self.sender.try_send(job);
                match self.twin.place_for_newcomer(self.kept()) {
                    Some(true) => {
                        assert!(sent.is_ok());
                        self.twin.put(job);
                    }
                    Some(false) => assert!(matches!(sent, Err(TrySendError::Closed(_)))),
                    None => assert!(matches!(sent, Err(TrySendError::Full(_)))),
                }
            }
            Step::Send => {
                let job = self.job();
                let sender = self.sender.clone();
                let sent = Waiting::begin(async move { sender.send(job).await }, job);
                match (self.twin.place_for_newcomer(self.kept()), sent) {
                    (Some(true), Ok(Ok(()))) => self.twin.put(job),
                    (Some(false), Ok(Err(SendError(back)))) => assert_eq!(back.id, job.id),
                    (None, Err(waiting)) => self.sending.push(waiting),
                    (expected, sent) => panic!("{expected:?}, but {:?}", sent.is_ok()),
                }
            }
            Step::TryReserve => {
                let place = self.sender.try_reserve();
                match self.twin.place_for_newcomer(self.kept()) {
                    Some(true) => self.places.push(place.expect("a place")),
                    Some(false) => assert!(matches!(place, Err(TrySendError::Closed(())))),
                    None => assert!(matches!(place, Err(TrySendError::Full(())))),
                }
            }
            Step::TryRecv => {
                let received = self.receiver.try_recv();
                self.try_recv(received);
            }
            Step::Recv => {
                let (mut receiver, job) = (self.receiver.clone(), self.job());
                match Waiting::begin(async move { receiver.recv().await }, job) {
                    Ok(received) => {
                        assert!(self.twin.item_for_newcomer(&self.receiving).is_some());
                        self.got(received.ok());
                    }
                    Err(waiting) => {
                        assert!(self.twin.item_for_newcomer(&self.receiving).is_none());
                        self.receiving.push(waiting);
                    }
                }
            }
            Step::PollReceiving(n, another) => self.poll_receiving(n, another),
            Step::PollSending(n, another) => self.poll_sending(n, another),
            Step::DropReceiving(n) => {
                let n = pick(&self.receiving, n).filter(|n| Some(*n) != self.place_of_stream());
                drop(n.map(|n| self.receiving.remove(n)));
            }
            Step::DropSending(n) => drop(pick(&self.sending, n).map(|n| self.sending.remove(n))),
            Step::SendInto(n) => {
                if let Some(n) = pick(&self.places, n) {
                    let job = self.job();
                    let sent = self.places.remove(n).send(job);
                    assert_eq!(sent.is_err(), self.twin.ended);
                    if sent.is_ok() {
                        self.twin.put(job);
                    }
                }
            }
            Step::DropPlace(n) => drop(pick(&self.places, n).map(|n| self.places.remove(n))),
            Step::Next => self.next(),
            Step::TryRecvOfStream => {
                // It leaves the line first, and what it was promised goes to the next.
                if let Some(n) = self.place_of_stream() {
                    self.receiving.remove(n);
                    self.twin.call_getters(&mut self.receiving);
                }
                self.streaming = None;
                let received = self.stream.try_recv();
                self.try_recv(received);
            }
            Step::Close => {
                self.sender.close();
                self.twin.ended = true;
            }
        }
    }

    fn poll_receiving(&mut self, n: usize, another: bool) {
        let Some(n) = pick(&self.receiving, n) else { return };
        if Some(n) == self.place_of_stream() {
            return self.next();
        }
        let polled = self.receiving[n].poll(another);
        match (self.receiving[n].call, polled) {
            (Call::InLine, Poll::Pending) => {}
            (Call::ToCome, Poll::Ready(received)) => {
                drop(self.receiving.remove(n));
                self.got(received.ok());
            }
            (Call::ForNothing, Poll::Ready(Err(_))) => drop(self.receiving.remove(n)),
            (call, polled) => panic!("{call:?}, but {polled:?}"),
        }
    }

    fn poll_sending(&mut self, n: usize, another: bool) {
        let Some(n) = pick(&self.sending, n) else { return };
        let polled = self.sending[n].poll(another);
        let Waiting { call, job, .. } = self.sending[n];
        match (call, polled) {
            (Call::InLine, Poll::Pending) => return,
            (Call::ToCome, Poll::Ready(Ok(()))) if !self.twin.ended => self.twin.put(job),
            (Call::ToCome, Poll::Ready(Err(_))) if self.twin.ended => {}
            (Call::ForNothing, Poll::Ready(Err(SendError(back)))) => assert_eq!(back.id, job.id),
            (call, polled) => panic!("{call:?}, but {polled:?}"),
        }
        drop(self.sending.remove(n));
    }

    /// Polls the stream, which waits from one poll to the next.
    fn next(&mut self) {
        let place = self.place_of_stream();
        let waker = place.map(|n| self.receiving[n].waker.clone());
        let mut cx = Context::from_waker(waker.as_ref().unwrap_or(Waker::noop()));
        let polled = Pin::new(&mut self.stream).poll_next(&mut cx);
        match (place.map(|n| self.receiving[n].call), polled) {
            (None, Poll::Ready(item)) => {
                assert!(self.twin.item_for_newcomer(&self.receiving).is_some());
                self.got(item);
            }
            (None, Poll::Pending) => {
                assert!(self.twin.item_for_newcomer(&self.receiving).is_none());
                // Its waker is known only now: from here on it is told through that.
                let job = self.job();
                self.streaming = Some(job.id);
                let never = Waiting::begin(std::future::pending(), job);
                let Err(waiting) = never else { unreachable!() };
                let mut cx = Context::from_waker(&waiting.waker);
                assert!(Pin::new(&mut self.stream).poll_next(&mut cx).is_pending());
                self.receiving.push(waiting);
            }
            (Some(Call::InLine), Poll::Pending) => {}
            (Some(Call::ToCome), Poll::Ready(item)) => {
                self.receiving.remove(place.expect("it has one"));
                self.got(item);
            }
            (Some(Call::ForNothing), Poll::Ready(None)) => {
                self.receiving.remove(place.expect("it has one"));
            }
            (call, polled) => panic!("{call:?}, but {polled:?}"),
        }
    }

    /// Calls whom the twin has to call, and compares.
    fn settle(&mut self) {
        self.twin.call_getters(&mut self.receiving);
        let mut kept = self.kept();
        for sending in &mut self.sending {
            kept = self.twin.call_putter(sending, kept);
        }
        self.receiving.iter().for_each(Waiting::check);
        self.sending.iter().for_each(Waiting::check);
        let seen = self.sender.statistics();
        assert_eq!((seen.len, seen.sent), (self.twin.inside.len(), self.twin.puts));
        assert_eq!(seen.waiting_receivers, in_line(&self.receiving));
        assert_eq!(seen.waiting_senders, in_line(&self.sending));
        assert_eq!(seen.closed, self.twin.ended);
        let full = self.twin.inside.len() + self.kept() >= self.twin.places;
        assert_eq!(self.sender.is_full(), full);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_channel_and_its_twin(places in 0..4_usize, steps in prop::collection::vec(step(), 1..120)) {
        let (sender, receiver) = if places == 0 { unbounded() } else { channel(places) };
        let places = sender.capacity().unwrap_or(usize::MAX);
        let next = |_: &[Job]| 0;
        let twin = Twin { inside: Vec::new(), next, places, ended: false, taken: 0, puts: 0 };
        let mut pair = Pair {
            sender: &sender,
            stream: receiver.clone(),
            receiver,
            twin,
            receiving: Vec::new(),
            sending: Vec::new(),
            places: Vec::new(),
            streaming: None,
            jobs: 0,
        };
        for step in steps {
            pair.step(step);
            pair.settle();
        }
        // Everybody leaves, and what is left is what the twin has left.
        pair.step(Step::TryRecvOfStream);
        pair.receiving.clear();
        pair.sending.clear();
        pair.places.clear();
        pair.settle();
        while let Ok(Some(job)) = pair.receiver.try_recv() {
            pair.got(Some(job));
        }
        assert!(pair.twin.inside.is_empty(), "an item was lost");
    }
}

//! The connections: sends a request on each, and the next one when the answer is whole.

use std::io;
use std::os::fd::OwnedFd;
use std::time::Instant;

use rustix::event::epoll;
use rustix::net::{RecvFlags, SendFlags, recv, send};

use super::histogram::Histogram;
use super::plan::{HELLO, Kind, Plan};

/// Connections made before one of them is used: fewer than any server lets wait to be accepted.
const UNSEEN: usize = 64;

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";

/// An answer is read in pieces of this size at most.
const PIECE: usize = 16 * 1024;

/// When a connection has sent its last request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    Rounds(u64),
    Deadline(Instant),
}

pub(super) struct Crew {
    kind: Kind,
    plan: Plan,
    epoll: OwnedFd,
    slots: Vec<Slot>,
    buffer: Vec<u8>,
}

/// A connection, or with [`Kind::Connect`] one after the other.
struct Slot {
    socket: Option<OwnedFd>,
    /// The number of its request: no two answers of a connection are the same.
    number: u64,
    sent: Instant,
    /// The answer as far as it is known; for an echo only its length.
    got: usize,
    head: Vec<u8>,
}

impl Until {
    fn is_over(self, rounds: u64, now: Instant) -> bool {
        match self {
            Until::Rounds(all) => rounds >= all,
            Until::Deadline(deadline) => now >= deadline,
        }
    }
}

impl Crew {
    /// So many connections; when it returns, the server has accepted them all.
    pub(super) fn connect(plan: &Plan, count: usize) -> io::Result<Crew> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let mut crew = Crew {
            kind: plan.kind,
            plan: plan.clone(),
            epoll,
            slots: Vec::with_capacity(count),
            buffer: vec![0; PIECE],
        };
        for index in 0..count {
            let (number, sent) = (0, Instant::now());
            crew.slots.push(Slot { socket: None, number, sent, got: 0, head: Vec::new() });
            if let Kind::Connect(_) = plan.kind {
                continue;
            }
            crew.open(index)?;
            // They are accepted in order.
            if index % UNSEEN == UNSEEN - 1 || index == count - 1 {
                crew.begin(index, Instant::now())?;
                while !crew.receive(index, RecvFlags::empty())? {}
            }
        }
        Ok(crew)
    }

    /// Requests on all connections, each until then; when it returns, none is under way.
    pub(super) fn go(&mut self, until: Until, times: &mut Histogram) -> io::Result<()> {
        let mut rounds = vec![0; self.slots.len()];
        let mut under_way = 0;
        let now = Instant::now();
        if !until.is_over(0, now) {
            for index in 0..self.slots.len() {
                self.begin(index, Instant::now())?;
                under_way += 1;
            }
        }
        let mut events = Vec::with_capacity(256);
        while under_way > 0 {
            events.clear();
            epoll::wait(&self.epoll, rustix::buffer::spare_capacity(&mut events), None)?;
            for event in &events {
                let index = event.data.u64() as usize;
                if !self.receive(index, RecvFlags::DONTWAIT)? {
                    continue;
                }
                let now = Instant::now();
                times.record(now - self.slots[index].sent);
                rounds[index] += 1;
                if until.is_over(rounds[index], now) {
                    under_way -= 1;
                } else {
                    self.begin(index, now)?;
                }
            }
        }
        Ok(())
    }

    fn open(&mut self, index: usize) -> io::Result<()> {
        let socket = self.plan.target.connect()?;
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&self.epoll, &socket, data, epoll::EventFlags::IN)?;
        self.slots[index].socket = Some(socket);
        Ok(())
    }

    /// Sends the next request.
    fn begin(&mut self, index: usize, now: Instant) -> io::Result<()> {
        if let Kind::Connect(_) = self.kind {
            self.open(index)?;
        }
        let slot = &mut self.slots[index];
        (slot.got, slot.sent) = (0, now);
        slot.number += 1;
        slot.head.clear();
        let request: &[u8] = match self.kind {
            Kind::Http => REQUEST,
            Kind::Echo(size) | Kind::Connect(size) => {
                self.buffer.resize(size.max(PIECE), 0);
                fill(&mut self.buffer[..size], index, slot.number);
                &self.buffer[..size]
            }
        };
        let socket = slot.socket.as_ref().expect("it is open");
        let mut sent = 0;
        while sent < request.len() {
            sent += send(socket, &request[sent..], SendFlags::empty())?;
        }
        Ok(())
    }

    /// Reads once; true if the answer is whole, and right.
    fn receive(&mut self, index: usize, flags: RecvFlags) -> io::Result<bool> {
        let slot = &mut self.slots[index];
        let socket = slot.socket.as_ref().expect("it is open");
        let count = match recv(socket, &mut self.buffer[..PIECE], flags) {
            Ok((count, _)) => count,
            Err(rustix::io::Errno::AGAIN | rustix::io::Errno::INTR) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let piece = &self.buffer[..count];
        match self.kind {
            Kind::Connect(size) if count == 0 && slot.got == size => {
                slot.socket = None;
                Ok(true)
            }
            _ if count == 0 => Err(io::Error::other("the server closed a connection early")),
            Kind::Http => {
                slot.head.extend_from_slice(piece);
                is_hello(&slot.head)
            }
            Kind::Echo(size) | Kind::Connect(size) => {
                if !is_echo(piece, slot.got, size, index, slot.number) {
                    return Err(io::Error::other("an answer that does not fit its request"));
                }
                slot.got += count;
                Ok(self.kind == Kind::Echo(size) && slot.got == size)
            }
        }
    }
}

/// Eight bytes of the request's number, then the connection's.
fn fill(request: &mut [u8], index: usize, number: u64) {
    request.fill(index as u8);
    let head = request.len().min(8);
    request[..head].copy_from_slice(&number.to_le_bytes()[..head]);
}

/// Whether `piece` is what stands at `from` in that request.
fn is_echo(piece: &[u8], from: usize, size: usize, index: usize, number: u64) -> bool {
    let head = number.to_le_bytes();
    let split = 8_usize.saturating_sub(from).min(piece.len());
    from + piece.len() <= size
        && piece[..split] == head[from.min(8)..from.min(8) + split]
        && piece[split..].iter().all(|byte| *byte == index as u8)
}

/// Whether the answer is whole; an error if it is not the right one.
fn is_hello(answer: &[u8]) -> io::Result<bool> {
    let wrong = || io::Error::other(format!("a wrong answer: {}", answer.escape_ascii()));
    let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok(false);
    };
    let head = std::str::from_utf8(&answer[..end]).map_err(|_| wrong())?;
    let mut lines = head.split("\r\n");
    let length = format!("content-length: {}", HELLO.len());
    if lines.next() != Some("HTTP/1.1 200 OK")
        || !lines.any(|line| line.eq_ignore_ascii_case(&length))
    {
        return Err(wrong());
    }
    let body = &answer[end + 4..];
    match HELLO.as_bytes().strip_prefix(body) {
        Some([]) => Ok(true),
        Some(_) => Ok(false),
        None => Err(wrong()),
    }
}

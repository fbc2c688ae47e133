//! The same servers by epoll alone: one thread, no tasks, no timers, no call made in vain.

use std::io;
use std::net::TcpListener;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixListener;

use rustix::event::epoll;
use rustix::net::{RecvFlags, SendFlags, accept, recv, send};

use super::Served;
use super::echo::{CONNECTIONS, LARGE, SMALL};
use crate::cases::Work;
use crate::load::{Kind, Plan, Target};
use crate::measure::Cost;

pub(super) fn tcp_64(work: Work) -> Cost {
    tcp(work, Kind::Echo(SMALL), work.size, 0)
}

pub(super) fn tcp_fit(work: Work) -> Cost {
    tcp(work, Kind::Echo(SMALL), CONNECTIONS, 0)
}

pub(super) fn tcp_idle(work: Work) -> Cost {
    tcp(work, Kind::Echo(SMALL), CONNECTIONS, work.size)
}

pub(super) fn tcp_16k(work: Work) -> Cost {
    tcp(work, Kind::Echo(LARGE), CONNECTIONS, 0)
}

pub(super) fn connect(work: Work) -> Cost {
    tcp(work, Kind::Connect(SMALL), CONNECTIONS, 0)
}

pub(super) fn unix_64(work: Work) -> Cost {
    let path = Target::own_path();
    let listener = UnixListener::bind(&path).expect("the path is free");
    let (kind, target) = (Kind::Echo(SMALL), Target::Unix(path));
    let plan = Plan { kind, connections: CONNECTIONS, idle: 0, target };
    serve(work, plan, listener).expect("the kernel serves")
}

fn tcp(work: Work, kind: Kind, connections: usize, idle: usize) -> Cost {
    let served = TcpListener::bind("127.0.0.1:0").and_then(|listener| {
        let target = Target::Tcp(listener.local_addr()?);
        serve(work, Plan { kind, connections, idle, target }, listener)
    });
    served.expect("the kernel serves")
}

/// Sources that are no connections.
const LISTENER: u64 = u64::MAX;
const OVER: u64 = u64::MAX - 1;

/// Level-triggered: whatever is told of can be read, once.
fn serve(work: Work, plan: Plan, listener: impl AsFd) -> io::Result<Cost> {
    let (size, close) = match plan.kind {
        Kind::Echo(size) => (size, false),
        Kind::Connect(size) => (size, true),
        Kind::Http => return Err(io::Error::other("nobody wrote hyper by hand")),
    };
    let (over, at_end) = io::pipe()?;
    let served = Served::by(plan, work.length, || drop(at_end));
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    add(&epoll, &listener, LISTENER)?;
    add(&epoll, &over, OVER)?;
    let (mut streams, mut free) = (Vec::<Option<OwnedFd>>::new(), Vec::new());
    let (mut events, mut buffer) = (Vec::with_capacity(1024), vec![0; size]);
    loop {
        events.clear();
        epoll::wait(&epoll, rustix::buffer::spare_capacity(&mut events), None)?;
        for event in &events {
            match event.data.u64() {
                OVER => return served.cost(),
                LISTENER => {
                    let place = free.pop().unwrap_or_else(|| {
                        streams.push(None);
                        streams.len() - 1
                    });
                    let stream = accept(&listener)?;
                    add(&epoll, &stream, place as u64)?;
                    streams[place] = Some(stream);
                }
                place => {
                    let place = place as usize;
                    let stream = streams[place].as_ref().expect("what is registered is open");
                    if !echo(stream, &mut buffer)? || close {
                        streams[place] = None;
                        free.push(place);
                    }
                }
            }
        }
    }
}

fn add(epoll: &OwnedFd, source: impl AsFd, number: u64) -> io::Result<()> {
    let data = epoll::EventData::new_u64(number);
    Ok(epoll::add(epoll, source, data, epoll::EventFlags::IN)?)
}

/// False at the end.
fn echo(stream: &OwnedFd, buffer: &mut [u8]) -> io::Result<bool> {
    let (count, _) = recv(stream, &mut *buffer, RecvFlags::empty())?;
    let mut sent = 0;
    while sent < count {
        sent += send(stream, &buffer[sent..count], SendFlags::empty())?;
    }
    Ok(count > 0)
}

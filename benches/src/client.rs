//! The load on an echo server: plain blocking sockets on two threads, in a process of its own.
//!
//! Each thread has half of the connections; it writes one request to each, then reads each answer.
//! No runtime under test takes part.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use crate::measure::Length;

/// Connections at once; the server counts on it.
pub(crate) const CONNECTIONS: usize = 50;

/// Bytes of a request and of its answer.
pub(crate) const SIZE: usize = 64;

/// What the client says when all connections have been used a few times.
pub(crate) const READY: &str = "ready";

const THREADS: usize = 2;

/// Rounds over all connections before anything is measured.
const WARM_UP: u64 = 20;

/// Says `ready`, waits for a line, works, says how many requests were answered, waits for the end
/// of its input, and only then closes its connections: their end is not part of what is measured.
pub(crate) fn run(address: SocketAddr, length: Length) -> io::Result<()> {
    let mut crews = Vec::with_capacity(THREADS);
    for _ in 0..THREADS {
        let connect = |_| {
            let stream = TcpStream::connect(address)?;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let streams = (0..CONNECTIONS / THREADS).map(connect).collect::<io::Result<Vec<_>>>()?;
        crews.push(Crew { streams, round: 0 });
    }
    let warm_up = match length {
        Length::Once | Length::Pieces(_) => 1,
        Length::Time(_) => WARM_UP,
    };
    for crew in &mut crews {
        for _ in 0..warm_up {
            crew.go_round()?;
        }
    }
    println!("{READY}");
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let requests = std::thread::scope(|scope| {
        let crews: Vec<_> =
            crews.iter_mut().map(|crew| scope.spawn(move || crew.work(length))).collect();
        crews.into_iter().try_fold(0, |sum, crew| {
            let requests = crew.join().map_err(|_| io::Error::other("a thread panicked"))?;
            io::Result::Ok(sum + requests?)
        })
    })?;
    println!("{requests}");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}

/// One thread's connections.
struct Crew {
    streams: Vec<TcpStream>,
    round: u64,
}

impl Crew {
    fn work(&mut self, length: Length) -> io::Result<u64> {
        let mut requests = 0;
        let start = Instant::now();
        loop {
            requests += self.go_round()?;
            match length {
                Length::Time(time) if start.elapsed() < time => {}
                _ => return Ok(requests),
            }
        }
    }

    /// One request on each connection. Each answer must be that connection's and that round's.
    fn go_round(&mut self) -> io::Result<u64> {
        self.round += 1;
        for (index, stream) in self.streams.iter_mut().enumerate() {
            stream.write_all(&request(self.round, index))?;
        }
        for (index, stream) in self.streams.iter_mut().enumerate() {
            let mut answer = [0; SIZE];
            stream.read_exact(&mut answer)?;
            if answer != request(self.round, index) {
                return Err(io::Error::other("an answer that does not fit its request"));
            }
        }
        Ok(self.streams.len() as u64)
    }
}

fn request(round: u64, index: usize) -> [u8; SIZE] {
    let mut request = [index as u8; SIZE];
    request[..8].copy_from_slice(&round.to_le_bytes());
    request
}

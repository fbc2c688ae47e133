//! Thousands of clients that ask and never read: a server in one process, the clients in another.
//!
//! Ten thousand if optimised: `cargo test --release -p evenkeel-hyper --test it deaf -- --nocapture`.

use std::convert::Infallible;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use evenkeel::net::TcpListener;
use evenkeel::{create_task, oneshot, run, to_thread};
use evenkeel_hyper::{ServeOptions, serve};
use futures_lite::StreamExt;
use http_body_util::StreamBody;
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, SockRef, Socket, Type};

use crate::support::PATIENCE;

/// If the system allows a process so many descriptors.
const CLIENTS: u64 = if cfg!(debug_assertions) { 2_000 } else { 10_000 };

/// What else a process has open.
const OTHERS: u64 = 100;

/// What a runner opens when it first needs it: its timer, for one.
const LATE: u64 = 4;

const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// A connection's share of the server's memory at most: hyper's buffers, and what a task has.
const KIB_EACH: u64 = 40;

const ROLE: &str = "EVENKEEL_DEAF";
const THIS: &str = "deaf::clients_that_never_read_are_cut_off_and_disturb_nobody";

#[test]
fn clients_that_never_read_are_cut_off_and_disturb_nobody() {
    match std::env::var(ROLE).as_deref() {
        Ok("server") => server(),
        Ok(address) => clients(address.parse().unwrap()),
        Err(_) => watch(),
    }
}

/// As many descriptors as the system lets this process have; how many clients that is.
fn raise_limit() -> u64 {
    let hard = getrlimit(Resource::Nofile).maximum;
    let wanted = hard.unwrap_or(u64::MAX).min(CLIENTS + OTHERS);
    let limit = Rlimit { current: Some(wanted), maximum: hard };
    setrlimit(Resource::Nofile, limit).unwrap();
    wanted - OTHERS
}

fn server() {
    raise_limit();
    let endless = service_fn(async |request: Request<Incoming>| {
        let pieces = if request.uri().path() == "/endless" { usize::MAX } else { 1 };
        let piece = |_| Ok::<_, Infallible>(Frame::data(Bytes::from_static(&[b'x'; 16_384])));
        Ok::<_, Infallible>(Response::new(StreamBody::new(
            futures_lite::stream::iter(0..pieces).map(piece),
        )))
    });
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        // Connections have it from their listener. The less the kernel takes, the sooner they stand still.
        SockRef::from(&listener).set_send_buffer_size(16_384).unwrap();
        println!("at {}", listener.local_addr().unwrap());
        let options =
            ServeOptions { write_timeout: Some(WRITE_TIMEOUT), ..ServeOptions::default() };
        let (stop, stopped) = oneshot::<()>();
        let server = serve(listener, endless).with_options(options);
        let server = create_task(server.with_graceful_shutdown(stopped).into_future());
        to_thread(|| std::io::read_to_string(std::io::stdin())).await.unwrap();
        drop(stop);
        let served = server.await.unwrap();
        println!("served {} {} {}", served.accepted, served.failed, served.cancelled);
    });
}

fn clients(server: SocketAddr) {
    let count = raise_limit();
    let mut sockets: Vec<TcpStream> = Vec::new();
    for _ in 0..count {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        // Little, so that the kernel has little to keep.
        socket.set_recv_buffer_size(4096).unwrap();
        socket.connect(&server.into()).unwrap();
        sockets.push(socket.into());
    }
    for mut socket in &sockets {
        socket.write_all(b"GET /endless HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    }
    println!("asked {count}");
    std::io::stdin().read_line(&mut String::new()).unwrap();
    let began = Instant::now();
    let mut left = sockets.len();
    while left > 0 && began.elapsed() < PATIENCE {
        sockets.retain(|socket| socket.take_error().unwrap().is_none());
        left = sockets.len();
        std::thread::sleep(Duration::from_millis(10));
    }
    println!("reset {}", count - left as u64);
}

/// One of the two, and what it says.
struct Other {
    child: Child,
    /// It ends when this does.
    told: Option<ChildStdin>,
    says: BufReader<ChildStdout>,
}

impl Other {
    fn start(role: &str) -> Other {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", THIS, "--nocapture"]).env(ROLE, role);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (told, says) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Other { child, told: Some(told), says: BufReader::new(says) }
    }

    /// The words of a line that begins with this one; the harness has lines of its own.
    fn hear(&mut self, word: &str) -> Vec<String> {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.says.read_line(&mut line).unwrap() > 0, "it ends without `{word}`");
            if let Some((_, rest)) = line.split_once(&format!("{word} ")) {
                return rest.split_whitespace().map(str::to_owned).collect();
            }
        }
    }

    fn numbers(&mut self, word: &str) -> Vec<u64> {
        self.hear(word).iter().map(|word| word.parse().unwrap()).collect()
    }

    fn descriptors(&self) -> u64 {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count() as u64
    }

    fn kib(&self, what: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    fn end(mut self) {
        drop(self.told.take());
        assert!(self.child.wait().unwrap().success());
    }
}

/// A good client's request; how long it took.
fn ask(server: SocketAddr) -> Duration {
    let began = Instant::now();
    let mut stream = TcpStream::connect(server).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    assert!(heard.starts_with(b"HTTP/1.1 200 ") && heard.len() > 16_384);
    began.elapsed()
}

fn watch() {
    let mut server = Other::start("server");
    let address: SocketAddr = server.hear("at")[0].parse().unwrap();
    ask(address);
    let (before, empty) = (server.descriptors(), server.kib("VmRSS"));
    let began = Instant::now();
    let mut clients = Other::start(&address.to_string());
    let many = clients.numbers("asked")[0];
    let asked = began.elapsed();
    let began = Instant::now();

    let (mut slowest, mut asks) = (Duration::ZERO, 1);
    let mut most = server.descriptors().saturating_sub(before);
    loop {
        slowest = slowest.max(ask(address));
        asks += 1;
        // The good one's own is closed meanwhile.
        std::thread::sleep(Duration::from_millis(10));
        let open = server.descriptors();
        most = most.max(open.saturating_sub(before));
        if open <= before + LATE && began.elapsed() > WRITE_TIMEOUT {
            break;
        }
        assert!(began.elapsed() < PATIENCE, "{open} are open, {before} were before");
    }
    let gone = began.elapsed();
    drop(clients.told.take());
    let reset = clients.numbers("reset")[0];
    clients.end();
    let (peak, after) = (server.kib("VmHWM"), server.kib("VmRSS"));
    println!(
        "{many} clients asked within {asked:?}; {most} open at once; all cut off {gone:?} later; a good \
         one waited {slowest:?} at most, of {asks}; the server had {empty} KiB, {peak} at most ({} each), \
         {after} in the end; descriptors {before}",
        (peak - empty) / many
    );
    assert_eq!(reset, many);
    assert!((peak - empty) / many < KIB_EACH);
    drop(server.told.take());
    let served = server.numbers("served");
    assert_eq!(served, [many + asks, many, 0]);
    server.end();
}

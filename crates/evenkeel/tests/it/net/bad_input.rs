//! What clients do wrong, or on purpose: each a clear error for its own connection, and nobody else notices.

use std::io::{self, ErrorKind, Write};
use std::net::{Shutdown, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::io::prelude::*;
use evenkeel::io::{Framed, Lines, StreamReader, Timeouts};
use evenkeel::net::{ConnectOptions, Connection, ServeOptions, Server, TcpListener, TcpStream};
use evenkeel::{Options, Runner, create_task, run, sleep, timeout};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::child;

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(20);
const LIMIT: usize = 1000;
const PATIENCE: Duration = Duration::from_millis(100);

/// Answers each line with the same; says how each connection ended.
async fn echo_lines(connection: Connection<TcpStream, SocketAddr>, ends: Arc<Mutex<Vec<String>>>) {
    let stream = Timeouts::new(connection.stream).reading(PATIENCE).writing(PATIENCE);
    let mut lines = Framed::new(stream, Lines::up_to(LIMIT));
    let end = loop {
        match lines.next().await {
            Some(Ok(line)) => {
                if let Err(error) = lines.send(&line).await {
                    break error.to_string();
                }
            }
            Some(Err(error)) => break error.to_string(),
            None => break "the end".to_owned(),
        }
    };
    ends.lock().unwrap().push(end);
}

/// A server of lines, a client that misbehaves, and a good one, served before, beside and afterwards. How the
/// bad one's connection ended.
fn beside_a_good_client(bad: impl AsyncFn(SocketAddr)) -> String {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let ends = Arc::default();
        let server = Server::new(listener, ServeOptions::default());
        let handle = server.handle();
        let noted = Arc::clone(&ends);
        let server =
            create_task(server.run(move |connection| echo_lines(connection, Arc::clone(&noted))));
        good(address).await;
        assert_eq!(*ends.lock().unwrap(), ["the end"]);
        let beside = create_task(async move {
            for _ in 0..10 {
                good(address).await;
            }
        });
        bad(address).await;
        beside.await;
        good(address).await;
        handle.stop();
        let done = timeout(LONG, server).await.expect("it ends").unwrap();
        assert_eq!((done.failed, done.cancelled, done.open), (0, 0, 0));
        let mut ends = std::mem::take(&mut *ends.lock().unwrap());
        assert_eq!(ends.len(), 13);
        ends.retain(|end| end != "the end");
        ends.join(", ")
    })
}

async fn good(address: SocketAddr) {
    let mut lines = Framed::new(TcpStream::connect(address).await.unwrap(), Lines::default());
    lines.send("ahoy").await.unwrap();
    assert_eq!(timeout(LONG, lines.next()).await.unwrap().unwrap().unwrap(), "ahoy");
    lines.close().await.unwrap();
    assert!(lines.next().await.is_none());
}

#[test]
fn half_closed() {
    let end = beside_a_good_client(async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"no end of the line").await.unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "no end of the line\n", "who has closed one half still hears the other");
    });
    assert_eq!(end, "");
}

#[test]
fn reset_while_it_is_written_to() {
    let end = beside_a_good_client(async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"one\ntwo\n").await.unwrap();
        let _ = stream.peek(&mut [0; 1]).await.unwrap();
        // Unread bytes and no patience: the other side is told by a reset.
        stream.set_linger(Some(Duration::ZERO)).unwrap();
        drop(stream);
        sleep(20 * MS).await;
    });
    assert!(end.contains("reset") || end.contains("Broken pipe"), "{end:?}");
}

#[test]
fn slow_loris() {
    let end = beside_a_good_client(async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /").await.unwrap();
        // It says no more, and is shown out.
        let n = timeout(LONG, stream.read(&mut [0; 1])).await.expect("it is closed").unwrap();
        assert_eq!(n, 0);
    });
    assert_eq!(end, "nothing came to be read for 100ms");
}

#[test]
fn a_loris_that_drips() {
    // Each byte is in time; the whole is not. A limit around the whole line is what helps, and the reader
    // has kept what came.
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let dripping = create_task(async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            while stream.write_all(b"x").await.is_ok() {
                sleep(MS).await;
            }
        });
        let (stream, _) = listener.accept().await.unwrap();
        let mut reader = StreamReader::new(Timeouts::new(stream).reading(LONG));
        assert!(timeout(PATIENCE, reader.readline()).await.is_err());
        assert!(!reader.buffered().is_empty());
        drop(reader);
        timeout(LONG, dripping).await.expect("its writing fails");
    });
}

#[test]
fn an_oversized_line() {
    let end = beside_a_good_client(async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(&vec![b'x'; 100 * LIMIT]).await;
        // Closed, by an end or by a reset, since it had not read all.
        let closed = timeout(LONG, stream.read_to_end(&mut Vec::new())).await.expect("closed");
        assert!(closed.is_ok() || closed.is_err_and(|e| e.kind() == ErrorKind::ConnectionReset));
    });
    assert_eq!(end, "a line is longer than 1000 bytes");
}

#[test]
fn no_text() {
    let end = beside_a_good_client(async |address| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"\xff\xfe\n").await.unwrap();
        let n = timeout(LONG, stream.read(&mut [0; 1])).await.expect("closed").unwrap();
        assert_eq!(n, 0);
    });
    assert!(end.starts_with("a line is no text: "), "{end:?}");
}

#[test]
fn a_client_that_never_reads() {
    let end = beside_a_good_client(async |address| {
        let stream = TcpStream::connect(address).await.unwrap();
        let line = [&[b'x'; LIMIT][..], b"\n"].concat();
        // It writes until the server does not take more, which waits for it to read.
        while let Ok(written) = timeout(2 * PATIENCE, (&stream).write_all(&line)).await {
            if written.is_err() {
                break;
            }
        }
    });
    assert_eq!(end, "nothing could be written for 100ms");
}

#[test]
fn many_clients_that_never_read() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(listener, ServeOptions { grace: MS, ..ServeOptions::default() });
        let handle = server.handle();
        // It sends without an end.
        let server = create_task(server.run(async |connection| {
            let mut stream = connection.stream;
            let mut first = [0; 1];
            if stream.read(&mut first).await? == 1 && &first == b"?" {
                return stream.write_all(b"!").await;
            }
            loop {
                stream.write_all(&[0; 64 * 1024]).await?;
            }
        }));
        let mut deaf = Vec::new();
        for _ in 0..100 {
            // A small window: what lies in the kernel is no matter here.
            let receive_buffer = Some(4096);
            let options = ConnectOptions { receive_buffer, ..ConnectOptions::default() };
            let mut stream = TcpStream::connect_with(address, options).await.unwrap();
            stream.write_all(b"x").await.unwrap();
            deaf.push(stream);
        }
        // Somebody who reads is served all the same.
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"?").await.unwrap();
        let mut heard = String::new();
        timeout(LONG, stream.read_to_string(&mut heard)).await.unwrap().unwrap();
        assert_eq!(heard, "!");
        handle.stop();
        let done = timeout(LONG, server).await.expect("it does not wait for them").unwrap();
        assert_eq!((done.accepted, done.cancelled), (101, 100));
    });
}

#[test]
fn a_slow_reader_gets_everything() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let sends = create_task(async move {
            let (stream, _) = listener.accept().await?;
            let mut stream = Timeouts::new(stream).writing(LONG);
            for n in 0..32_u8 {
                stream.write_all(&[n; 64 * 1024]).await?;
            }
            stream.close().await
        });
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut heard = vec![0; 32 * 1024];
        for n in 0..64_u8 {
            stream.read_exact(&mut heard).await.unwrap();
            assert!(heard.iter().all(|byte| *byte == n / 2));
            sleep(MS).await;
        }
        assert_eq!(stream.read(&mut heard).await.unwrap(), 0);
        sends.await.unwrap();
    });
}

#[test]
fn a_port_in_use() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let error = TcpListener::bind(address).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        // The first is as it was.
        let client = create_task(TcpStream::connect(address));
        listener.accept().await.unwrap();
        client.await.unwrap();
    });
}

#[test]
fn a_server_outlives_a_shortage_of_descriptors() {
    const NAME: &str = "net::bad_input::a_server_outlives_a_shortage_of_descriptors";
    if !child::is_this() {
        // The limit is the process's, so this has a process of its own.
        let output = child::run(NAME, &[]);
        let told = child::errors(&output);
        assert_eq!(told.matches("TOLD").count(), 1, "{told}");
        assert!(told.contains("cannot accept connections for now"), "{told}");
        return;
    }
    // As std's, since this is a test's line for its parent.
    static TOLD: AtomicBool = AtomicBool::new(false);
    let hook = |report: &evenkeel::FailureReport| {
        writeln!(io::stderr(), "TOLD {report}").unwrap();
        TOLD.store(true, Ordering::Relaxed);
    };
    let options = Options { on_failure: Some(Arc::new(hook)), ..Options::default() };
    let mut runner = Runner::new(options).unwrap();
    runner.run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(listener, ServeOptions::default());
        let handle = server.handle();
        let server = create_task(server.run(async |connection| {
            futures_lite::io::copy(&connection.stream, &connection.stream).await
        }));
        // Before the limit falls; they take one each, and the server's side is what fails.
        let mut clients = Vec::new();
        for _ in 0..30 {
            let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None);
            clients.push(socket.unwrap());
        }
        let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
        let hard = getrlimit(Resource::Nofile).maximum;
        let limit = |current| {
            setrlimit(Resource::Nofile, Rlimit { current: Some(current), maximum: hard }).unwrap();
        };
        limit(open + 4);
        for client in &clients {
            client.connect(&address.into()).unwrap();
        }
        // Some are served, the others wait.
        while !TOLD.load(Ordering::Relaxed) {
            sleep(MS).await;
        }
        let served = handle.statistics().accepted;
        assert!((1..30).contains(&served), "{served}");
        // When there is room again, all are, and none was lost.
        limit(open + 100);
        for client in clients {
            client.set_nonblocking(true).unwrap();
            let mut client = TcpStream::try_from(std::net::TcpStream::from(client)).unwrap();
            client.write_all(b"ahoy").await.unwrap();
            client.close().await.unwrap();
            let mut heard = String::new();
            timeout(LONG, client.read_to_string(&mut heard)).await.expect("served").unwrap();
            assert_eq!(heard, "ahoy");
        }
        handle.stop();
        assert_eq!(server.await.unwrap().accepted, 30);
    });
}

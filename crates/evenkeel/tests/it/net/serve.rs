//! Servers: every connection is owned, one that fails disturbs nobody, and the end has an order.

use std::io;
use std::panic::panic_any;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::net::{
    Connection, Handled, Listener, ServeOptions, Server, ServerHandle, TcpListener, TcpStream,
};
use evenkeel::{
    Event, ManualClock, Options, Queue, Runner, create_task, now, sleep, timeout, yield_now,
};
use futures_lite::future::poll_once;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

use super::on_each;

const SECOND: Duration = Duration::from_secs(1);

/// Connections that a test makes up: a number each. `None`: the listener is broken.
#[derive(Clone)]
struct Made(Arc<Queue<Option<u64>>>);

impl Made {
    fn of(connections: impl IntoIterator<Item = u64>) -> Made {
        let queue = Queue::unbounded();
        connections.into_iter().for_each(|n| queue.try_put(Some(n)).unwrap());
        Made(Arc::new(queue))
    }
}

impl Listener for Made {
    type Stream = u64;
    type Address = &'static str;

    async fn accept(&self) -> io::Result<(u64, &'static str)> {
        let item = self.0.get().await.map_err(io::Error::other)?;
        match item.into_inner() {
            Some(n) => Ok((n, "made up")),
            None => Err(io::Error::from_raw_os_error(22)),
        }
    }
}

type Told = Arc<Mutex<Vec<String>>>;

/// On one worker and a clock that jumps. What the failure hook was told, without the task.
fn timed<T>(main: impl AsyncFnOnce() -> T) -> (T, Vec<String>) {
    let told = Told::default();
    let hook = Arc::clone(&told);
    let options = Options {
        workers: 1,
        clock: Arc::new(ManualClock::auto_jump()),
        on_failure: Some(Arc::new(move |report| hook.lock().unwrap().push(report.message.clone()))),
        ..Options::default()
    };
    let value = Runner::new(options).unwrap().run(main());
    let told = told.lock().unwrap().clone();
    (value, told)
}

/// Each connection sleeps for as many seconds as its number.
async fn sleeps(connection: Connection<u64, &'static str>) {
    assert_eq!(connection.peer, "made up");
    sleep(SECOND * u32::try_from(connection.stream).unwrap()).await;
}

#[test]
fn an_echo_server_ends_in_order() {
    on_each(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Server::new(listener, ServeOptions::default());
        let handle = server.handle();
        let server = create_task(
            server.run(async |conn| futures_lite::io::copy(&conn.stream, &conn.stream).await),
        );
        for _ in 0..10 {
            let mut stream = TcpStream::connect(address).await.unwrap();
            stream.write_all(b"ahoy").await.unwrap();
            stream.close().await.unwrap();
            let mut heard = Vec::new();
            stream.read_to_end(&mut heard).await.unwrap();
            assert_eq!(heard, b"ahoy");
        }
        assert!(handle.stop() && !handle.stop() && handle.is_stopping());
        let done = server.await.unwrap();
        assert_eq!((done.accepted, done.open, done.failed, done.cancelled), (10, 0, 0, 0));
        // The listener is closed: nobody hangs in its backlog.
        let error = TcpStream::connect(address).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    });
}

#[test]
fn no_more_than_the_limit_at_a_time() {
    static MOST: AtomicUsize = AtomicUsize::new(0);
    static NOW: AtomicUsize = AtomicUsize::new(0);
    let (lasted, _) = timed(async || {
        let options = ServeOptions { connections: 2, grace: Duration::MAX };
        let listener = Made::of([3; 6]);
        let server = Server::new(listener.clone(), options);
        let handle = server.handle();
        let begun = now();
        let server = create_task(server.run(async |connection| {
            MOST.fetch_max(NOW.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            sleeps(connection).await;
            NOW.fetch_sub(1, Ordering::Relaxed);
        }));
        sleep(SECOND).await;
        assert_eq!((handle.statistics().open, listener.0.len()), (2, 4), "they wait outside");
        sleep(7 * SECOND).await;
        assert_eq!(handle.statistics().accepted, 6);
        handle.stop();
        assert_eq!(server.await.unwrap().cancelled, 0);
        now() - begun
    });
    assert_eq!((lasted, MOST.load(Ordering::Relaxed)), (9 * SECOND, 2));
}

#[test]
fn after_the_grace_the_rest_is_cancelled() {
    let (lasted, told) = timed(async || {
        let options = ServeOptions { grace: 10 * SECOND, ..ServeOptions::default() };
        let server = Server::new(Made::of([1, 5, 1000, 1000]), options);
        let handle = server.handle();
        let begun = now();
        let server = create_task(server.run(sleeps));
        sleep(2 * SECOND).await;
        handle.stop();
        let done = server.await.unwrap();
        assert_eq!((done.accepted, done.open, done.failed, done.cancelled), (4, 0, 0, 2));
        now() - begun
    });
    assert_eq!((lasted, told.len()), (12 * SECOND, 0));
}

#[test]
fn the_last_one_out_ends_the_grace() {
    let (lasted, _) = timed(async || {
        let server = Server::new(
            Made::of([1, 4]),
            ServeOptions { grace: 60 * SECOND, ..Default::default() },
        );
        let handle = server.handle();
        let begun = now();
        let server = create_task(server.run(sleeps));
        sleep(2 * SECOND).await;
        handle.stop();
        server.await.unwrap();
        now() - begun
    });
    assert_eq!(lasted, 4 * SECOND);
}

#[test]
fn aborting_waits_for_nobody_but_their_clean_up() {
    let (lasted, _) = timed(async || {
        let server = Server::new(Made::of([1000; 3]), ServeOptions::default());
        let handle = server.handle();
        let begun = now();
        let server = create_task(server.run(async |connection| {
            evenkeel::defer(async { sleep(2 * SECOND).await });
            sleeps(connection).await;
        }));
        sleep(SECOND).await;
        handle.stop();
        sleep(SECOND).await;
        handle.abort();
        assert_eq!(server.await.unwrap().cancelled, 3);
        now() - begun
    });
    assert_eq!(lasted, 4 * SECOND);
}

#[test]
fn connections_hear_of_the_stop() {
    let (lasted, _) = timed(async || {
        let server = Server::new(Made::of([7]), ServeOptions::default());
        let handle = server.handle();
        let begun = now();
        let server = create_task(server.run(async |connection| {
            // One request after another, until the server is stopped.
            loop {
                evenkeel::race! {
                    () = connection.stopping() => return,
                    () = sleep(30 * SECOND) => (),
                }
            }
        }));
        sleep(100 * SECOND).await;
        assert_eq!(handle.statistics().open, 1);
        handle.stop();
        server.await.unwrap();
        now() - begun
    });
    assert_eq!(lasted, 100 * SECOND);
}

/// Who waits for its stop would wait for ever.
#[test]
fn a_server_that_is_gone_has_stopped() {
    let (_, told) = timed(async || {
        for polls in [None, Some(0), Some(1)] {
            let server = Server::new(Made::of([1000]), ServeOptions::default());
            let handle = server.handle();
            let waits = create_task({
                let handle = handle.clone();
                async move { handle.stopping().await }
            });
            sleep(SECOND).await;
            match polls {
                None => drop(server),
                Some(polls) => {
                    let mut run = Box::pin(server.run(sleeps));
                    for _ in 0..polls {
                        assert!(poll_once(run.as_mut()).await.is_none());
                    }
                }
            }
            timeout(SECOND, waits).await.unwrap_or_else(|_| panic!("{polls:?}: it waits"));
            assert!(handle.is_stopping() && !handle.stop(), "{polls:?}");
            assert_eq!(handle.statistics().open, 0, "{polls:?}");
        }
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn who_fails_fails_alone() {
    let (done, mut told) = timed(async || {
        let server = Server::new(Made::of(0..6), ServeOptions::default());
        let handle = server.handle();
        let server = create_task(server.run(|connection| {
            let n = connection.stream;
            assert!(n != 5, "before it is a future");
            async move {
                sleep(SECOND).await;
                match n {
                    1 => Err(io::Error::other("no such thing")),
                    2 => Err(io::ErrorKind::ConnectionReset.into()),
                    3 => panic!("a mistake"),
                    _ => {
                        sleep(SECOND).await;
                        Ok(())
                    }
                }
            }
        }));
        sleep(3 * SECOND).await;
        handle.stop();
        server.await.unwrap()
    });
    told.sort();
    let of = |text: &str| format!("a connection's handler: {text}");
    assert_eq!(told, [of("a mistake"), of("before it is a future"), of("no such thing")]);
    assert_eq!((done.accepted, done.open, done.failed, done.cancelled), (6, 0, 3, 0));
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bomb");
    }
}

#[test]
fn an_answer_that_panics_fails_alone() {
    struct Bad;
    impl std::fmt::Display for Bad {
        fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            panic!("no words for it")
        }
    }
    let (done, mut told) = timed(async || {
        let server = Server::new(Made::of(0..3), ServeOptions::default());
        let handle = server.handle();
        let server = create_task(server.run(async |connection| match connection.stream {
            0 => Err(Bad),
            1 => Ok(Some(Bomb)),
            _ => {
                sleep(SECOND).await;
                Ok(None)
            }
        }));
        sleep(2 * SECOND).await;
        handle.stop();
        server.await.unwrap()
    });
    told.sort();
    let of = |text: &str| format!("a connection's handler: {text}");
    assert_eq!(told, [of("a bomb"), of("no words for it")]);
    assert_eq!((done.accepted, done.failed, done.cancelled), (3, 2, 0), "one went on");
}

#[test]
fn a_payload_that_panics_fails_alone() {
    let (done, told) = timed(async || {
        let server = Server::new(Made::of(0..3), ServeOptions::default());
        let handle = server.handle();
        let server = create_task(server.run(|connection: Connection<u64, _>| {
            let n = connection.stream;
            if n == 0 {
                panic_any(Bomb); // Before it is a future.
            }
            async move {
                if n == 1 {
                    panic_any(Bomb);
                }
                sleep(SECOND).await;
            }
        }));
        sleep(2 * SECOND).await;
        handle.stop();
        server.await.unwrap()
    });
    assert_eq!(told, ["a connection's handler: a payload that is no text"; 2]);
    assert_eq!((done.accepted, done.failed, done.cancelled), (3, 2, 0), "one went on");
}

#[test]
fn a_listener_that_breaks_ends_the_server_in_order() {
    let (lasted, _) = timed(async || {
        let listener = Made::of([3]);
        listener.0.try_put(None).unwrap();
        let begun = now();
        let error = Server::new(listener, ServeOptions::default()).run(sleeps).await.unwrap_err();
        assert_eq!(error.raw_os_error(), Some(22));
        now() - begun
    });
    assert_eq!(lasted, 3 * SECOND, "the connection went on to its end");
}

#[test]
fn who_drops_a_server_waits_for_its_connections() {
    struct Guard(Arc<AtomicUsize>);
    impl Drop for Guard {
        fn drop(&mut self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
    on_each(|| async {
        let gone = Arc::new(AtomicUsize::new(0));
        let all = Arc::new(Event::new());
        let (counts, tells) = (Arc::clone(&gone), Arc::clone(&all));
        let server = Server::new(Made::of(0..10), ServeOptions::default());
        let server = create_task(server.run(move |connection| {
            let (guard, all) = (Guard(Arc::clone(&counts)), Arc::clone(&tells));
            async move {
                let _guard = guard;
                if connection.stream == 9 {
                    all.set();
                }
                std::future::pending::<()>().await;
            }
        }));
        all.wait().await;
        server.cancelled().await;
        assert_eq!(gone.load(Ordering::Relaxed), 10);
    });
}

#[test]
fn stopped_before_it_runs() {
    let ((), _) = timed(async || {
        let server = Server::new(Made::of([1; 3]), ServeOptions::default());
        server.handle().stop();
        assert_eq!(server.run(sleeps).await.unwrap().accepted, 0);
    });
}

#[test]
fn a_server_says_where_it_listens() {
    on_each(|| async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::new(listener, ServeOptions::default());
        let (address, handle) = (server.listener().local_addr().unwrap(), server.handle());
        let server = create_task(server.run(async |connection| drop(connection.stream)));
        let mut client = TcpStream::connect(address).await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        handle.stop();
        assert_eq!(server.await.unwrap().accepted, 1);
    });
}

#[test]
fn a_handle_says_how_it_fares() {
    fn is_anywhere<T: Send + Sync + Clone + 'static>(_: &T) {}
    let ((), _) = timed(async || {
        let server = Server::new(Made::of([5]), ServeOptions::default());
        let handle: ServerHandle = server.handle();
        is_anywhere(&handle);
        assert_eq!(format!("{handle:?}"), "ServerHandle { stopping: false, .. }");
        let server = create_task(server.run(sleeps));
        let waits = create_task({
            let handle = handle.clone();
            async move { handle.stopping().await }
        });
        yield_now().await;
        handle.stop();
        waits.await;
        server.await.unwrap();
    });
}

#[test]
fn what_a_handler_may_answer() {
    assert_eq!(().failure(), None);
    assert_eq!(Ok::<u32, String>(7).failure(), None);
    assert_eq!(Err::<u32, &str>("no").failure().as_deref(), Some("no"));
    assert_eq!(Err::<(), _>(io::Error::from(io::ErrorKind::BrokenPipe)).failure(), None);
    assert!(Err::<(), _>(io::Error::from(io::ErrorKind::TimedOut)).failure().is_some());
}

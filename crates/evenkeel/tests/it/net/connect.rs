//! Connecting: families in turn, silent addresses, options, and who looks up names.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use evenkeel::net::{
    ConnectOptions, Keepalive, Lookup, Resolver, TcpListener, TcpStream, interleave, lookup_host,
    set_resolver,
};
use evenkeel::{create_task, run};
use socket2::{Domain, Socket, Type};

const MS: Duration = Duration::from_millis(1);

/// An address that answers nobody: its backlog is full, and the kernel drops whoever else comes.
struct Silent {
    address: SocketAddr,
    _listener: Socket,
    _clients: Vec<Socket>,
}

fn silent() -> Silent {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap();
    let connect = |_| {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&address);
        client
    };
    let clients = (0..4).map(connect).collect();
    Silent { address: address.as_socket().unwrap(), _listener: listener, _clients: clients }
}

/// Answers with a list, and notes who was looked up.
#[derive(Clone, Default)]
struct Table(Vec<SocketAddr>, Arc<Mutex<Vec<String>>>);

impl Resolver for Table {
    fn lookup<'a>(&'a self, host: &'a str, port: u16) -> Lookup<'a> {
        self.1.lock().unwrap().push(format!("{host}:{port}"));
        Box::pin(async { Ok(self.0.clone()) })
    }
}

#[test]
fn families_take_turns() {
    let six = |n| SocketAddr::from((Ipv6Addr::LOCALHOST, n));
    let four = |n| SocketAddr::from((Ipv4Addr::LOCALHOST, n));
    assert_eq!(interleave([]), []);
    assert_eq!(interleave([six(1), six(2)]), [six(1), six(2)]);
    assert_eq!(
        interleave([six(1), six(2), six(3), four(1), four(2)]),
        [six(1), four(1), six(2), four(2), six(3)]
    );
    assert_eq!(interleave([four(1), six(1), six(2)]), [four(1), six(1), six(2)]);
}

#[test]
fn a_silent_address_costs_a_moment() {
    let silent = silent();
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let begun = Instant::now();
        let options = ConnectOptions { next_attempt: 20 * MS, ..ConnectOptions::default() };
        let stream = TcpStream::connect_with([silent.address, open], options).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
        assert!(begun.elapsed() >= 20 * MS, "the first was asked first");
        assert!(begun.elapsed() < Duration::from_secs(20), "and not waited for");
    });
}

#[test]
fn an_attempt_has_its_own_limit() {
    let silent = silent();
    run(async {
        let begun = Instant::now();
        let attempt_timeout = Some(20 * MS);
        let options = ConnectOptions { attempt_timeout, ..ConnectOptions::default() };
        let error = TcpStream::connect_with(silent.address, options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TimedOut);
        let text = format!("{} did not answer within 20ms", silent.address);
        assert_eq!(error.to_string(), text);
        assert!(begun.elapsed() >= 20 * MS);
    });
}

#[test]
fn the_socket_is_as_was_said() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let keepalive = Keepalive { retries: Some(3), ..Keepalive::after(Duration::from_secs(7)) };
        let options = ConnectOptions {
            nodelay: true,
            keepalive: Some(keepalive),
            from: Some(([127, 0, 0, 2], 0).into()),
            receive_buffer: Some(16 * 1024),
            send_buffer: Some(8 * 1024),
            ..ConnectOptions::default()
        };
        let at = listener.local_addr().unwrap();
        let stream = TcpStream::connect_with(at, options).await.unwrap();
        assert_eq!(stream.local_addr().unwrap().ip(), Ipv4Addr::new(127, 0, 0, 2));
        assert!(stream.nodelay().unwrap() && stream.keepalive().unwrap());
        let (receive, send) = stream.buffer_sizes().unwrap();
        assert!((16 * 1024..64 * 1024).contains(&receive), "{receive}");
        assert!((8 * 1024..64 * 1024).contains(&send), "{send}");
        stream.set_keepalive(None).unwrap();
        assert!(!stream.keepalive().unwrap());
        stream.set_keepalive(Some(keepalive)).unwrap();
        assert!(stream.keepalive().unwrap());
        assert_eq!(stream.linger().unwrap(), None);
        stream.set_linger(Some(Duration::ZERO)).unwrap();
        assert_eq!(stream.linger().unwrap(), Some(Duration::ZERO));
    });
}

#[test]
fn names_are_looked_up_by_whom_one_says() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let of_task = Table(vec![open], Arc::default());
        let asked = of_task.1.clone();

        // Set in a task, it is for that one and those it starts.
        let child = create_task(async move {
            set_resolver(of_task);
            create_task(TcpStream::connect("harbour:80")).await.unwrap();
            lookup_host("127.0.0.1:80").await.unwrap().next()
        });
        assert_eq!(child.await, Some(([127, 0, 0, 1], 80).into()));
        assert_eq!(*asked.lock().unwrap(), ["harbour:80"]);

        // Given with the options, it is for that connection.
        let given = Table(vec![open], Arc::default());
        let resolver: Option<Arc<dyn Resolver>> = Some(Arc::new(given.clone()));
        let options = ConnectOptions { resolver, ..ConnectOptions::default() };
        TcpStream::connect_with(("pier", 7), options).await.unwrap();
        assert_eq!(*given.1.lock().unwrap(), ["pier:7"]);
        assert_eq!(asked.lock().unwrap().len(), 1);
    });
}

#[test]
fn a_name_that_nobody_knows() {
    run(async {
        // The name is told, whatever the system says of it; and the loop goes on meanwhile.
        let error = TcpStream::connect("nobody.invalid:80").await.unwrap_err();
        assert!(error.to_string().starts_with("cannot look up \"nobody.invalid\": "), "{error}");
        let nothing = Table::default();
        let resolver: Option<Arc<dyn Resolver>> = Some(Arc::new(nothing));
        let options = ConnectOptions { resolver, ..ConnectOptions::default() };
        let error = TcpStream::connect_with("pier:7", options).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "there is no address to try");
    });
}

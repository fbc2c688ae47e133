//! Embedding: a loop that is not ours, a made-up GUI's, runs tasks beside its own events.
//!
//! Three things make the bridge: a waker that sends the GUI an event, `LocalExecutor::poll` when that event
//! comes, and nothing else. Sleeps and sockets are driven by fall-back threads meanwhile, which call that
//! waker; so the GUI's thread sleeps when there is nothing to do, and never asks in a circle.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use evenkeel_reactor::Source;
use evenkeel_task::LocalExecutor;
use evenkeel_timer::sleep;
use futures_lite::io::{AsyncReadExt, AsyncWriteExt};

/// What a toolkit has: events, a queue, and a way to send to it from any thread (glib's `MainContext`,
/// winit's `EventLoopProxy`, Qt's `postEvent`).
enum Event {
    Click(&'static str),
    /// The one we added.
    Tasks,
    Quit,
}

struct Gui {
    events: Receiver<Event>,
    /// Widgets; not Send, as widgets are.
    labels: Rc<RefCell<BTreeMap<&'static str, String>>>,
}

/// Sends the event; from whatever thread a timer or socket is noticed on.
struct Proxy(Sender<Event>);

impl Wake for Proxy {
    fn wake(self: Arc<Self>) {
        // After the end nobody is there to be woken.
        let _ = self.0.send(Event::Tasks);
    }
}

/// What a button starts: it waits, and touches widgets, on the GUI's own thread.
async fn download(
    labels: Rc<RefCell<BTreeMap<&'static str, String>>>,
    server: std::net::SocketAddr,
) {
    let show = |text: &str| {
        println!("label: {text}");
        labels.borrow_mut().insert("status", text.to_owned());
    };
    show("connecting");
    let mut stream = Source::<std::net::TcpStream>::connect(server).await.expect("it listens");
    show("waiting");
    sleep(Duration::from_millis(20)).await;
    stream.write_all(b"ahoy").await.expect("it reads");
    stream.close().await.expect("it is open");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("it answers");
    show(&answer);
}

fn main() {
    // A server, so that there is something to wait for.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let word = std::io::read_to_string(&mut stream).unwrap();
        std::io::Write::write_all(&mut stream, format!("{word} yourself").as_bytes()).unwrap();
    });

    let (proxy, events) = channel();
    let gui = Gui { events, labels: Rc::default() };
    let tasks = LocalExecutor::new();
    let waker = Waker::from(Arc::new(Proxy(proxy.clone())));
    let mut cx = Context::from_waker(&waker);

    // The user clicks.
    proxy.send(Event::Click("download")).unwrap();
    proxy.send(Event::Click("about")).unwrap();

    let mut polls = 0;
    // The toolkit's loop: it sleeps in `recv`.
    while let Ok(event) = gui.events.recv() {
        match event {
            Event::Click("download") => {
                tasks.spawn(download(Rc::clone(&gui.labels), address)).detach();
                // From here on the waker does it.
                let _ = proxy.send(Event::Tasks);
            }
            Event::Click(button) => println!("the GUI itself goes on: {button}"),
            Event::Tasks => {
                polls += 1;
                if tasks.poll(&mut cx) == Poll::Ready(()) {
                    let _ = proxy.send(Event::Quit);
                }
            }
            Event::Quit => break,
        }
    }
    server.join().unwrap();
    println!("{polls} polls in all");
    assert_eq!(gui.labels.borrow()["status"], "ahoy yourself");
    assert!(polls < 20, "it went in a circle");
}

//! A crawler: pages lead to pages, each is fetched once, so many at a time, politely, and it ends by itself.
//!
//! The shape is that of asyncio's best-known program: workers around a queue, and `join` to know when all is done.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::net::TcpListener;
use evenkeel::timer::{Interval, interval};
use evenkeel::{Lock, Queue, Shutdown, TaskGroup, create_task, oneshot, timeout};
use evenkeel_ecosystem::{Done, text};
use evenkeel_hyper::{Client, serve};
use http_body_util::{Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};

/// Pages fetched at a time.
const WORKERS: usize = 8;

/// A site of a hundred pages: page `n` leads to `2n` and `2n + 1`, back to the first one, and to one that is
/// not there.
async fn site(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let page = request.uri().path().strip_prefix('/').and_then(|n| n.parse::<u32>().ok());
    let Some(n) = page.filter(|n| (1..=100).contains(n)) else {
        let mut missing = Response::new(Full::from("no such page"));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        return Ok(missing);
    };
    let links = [2 * n, 2 * n + 1, 1].map(|to| format!("<a href=\"/{to}\">{to}</a>")).concat();
    Ok(Response::new(Full::from(format!("<html>page {n}: {links}</html>"))))
}

/// What stands between `href="` and the next quotation mark.
fn links(page: &str) -> impl Iterator<Item = &str> {
    page.split("href=\"").skip(1).filter_map(|rest| Some(rest.split_once('"')?.0))
}

struct Crawler {
    origin: String,
    client: Client<Empty<Bytes>>,
    /// Pages that were found and not fetched yet.
    found: Queue<String>,
    /// Every page that was ever found, and what came of it.
    seen: Mutex<BTreeMap<String, Option<StatusCode>>>,
    /// At most one page in this time, whoever fetches it.
    pace: Lock<Interval>,
}

impl Crawler {
    /// Puts a page into the queue, if it is new.
    fn add(&self, path: &str) {
        let mut seen = self.seen.lock().unwrap();
        if seen.contains_key(path) {
            return;
        }
        seen.insert(path.to_owned(), None);
        drop(seen);
        self.found.try_put(path.to_owned()).expect("unbounded, and shut down when all is fetched");
    }

    /// Fetches one page and adds what it leads to.
    async fn fetch(&self, path: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        self.pace.lock().await.tick().await;
        let uri: Uri = format!("{}{path}", self.origin).parse()?;
        let response = self.client.get(uri).await?;
        let status = response.status();
        if status.is_success() {
            links(&text(response).await?).for_each(|link| self.add(link));
        }
        self.seen.lock().unwrap().insert(path.to_owned(), Some(status));
        Ok(())
    }

    /// Takes pages until the queue is shut down. A page counts as done when its item is dropped: after what it
    /// leads to was added, so that the queue is never empty too early, and on an error all the same.
    async fn work(&self) {
        while let Ok(path) = self.found.get().await {
            match timeout(Duration::from_secs(5), self.fetch(&path)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => eprintln!("{}: {error}", *path),
                Err(late) => eprintln!("{}: {late}", *path),
            }
        }
    }
}

fn main() -> Done {
    evenkeel::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let origin = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::<()>();
        let server = serve(listener, service_fn(site)).with_graceful_shutdown(stopped);
        let server = create_task(server.into_future());

        let crawler = Arc::new(Crawler {
            origin,
            client: Client::new(),
            found: Queue::unbounded(),
            seen: Mutex::default(),
            pace: Lock::new(interval(Duration::from_micros(500))),
        });
        crawler.add("/1");
        let crawled = TaskGroup::<()>::scope(async |group| {
            for _ in 0..WORKERS {
                let crawler = crawler.clone();
                group.create_task(async move { crawler.work().await });
            }
            crawler.found.join().await; // every page that was found has been fetched
            crawler.found.shutdown(Shutdown::Graceful); // which the workers hear, and end
        });
        crawled.await.expect("a worker does not fail");

        let seen = std::mem::take(&mut *crawler.seen.lock().unwrap());
        let there = seen.values().filter(|status| **status == Some(StatusCode::OK)).count();
        let missing =
            seen.values().filter(|status| **status == Some(StatusCode::NOT_FOUND)).count();
        println!("{there} pages, {missing} links that lead nowhere");
        assert_eq!((there, missing, seen.len()), (100, 101, 201));
        println!("over {} connections", crawler.client.connections());
        assert!(crawler.client.connections() <= WORKERS);

        drop(stop);
        let served = server.await?;
        println!("server: {served:?}");
        assert_eq!((served.failed, served.cancelled), (0, 0));
        Ok(())
    })
}

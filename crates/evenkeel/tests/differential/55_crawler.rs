//! A crawler: a queue of pages, a set of those seen, three workers, a limit of time for each page.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use evenkeel::{Queue, create_task, sleep, wait, wait_for};

use crate::stage::{ms, run, secs, sorted};

type Page = &'static str;

const LINKS: [(Page, &[Page]); 6] = [
    ("index", &["about", "news", "slow"]),
    ("about", &["index", "team"]),
    ("news", &["index", "archive", "about"]),
    ("team", &["about"]),
    ("archive", &["news", "missing"]),
    ("slow", &[]),
];

async fn fetch(page: Page) -> Result<&'static [Page], Page> {
    sleep(if page == "slow" { secs(60) } else { ms(20) }).await;
    match LINKS.iter().find(|(name, _)| *name == page) {
        Some((_, links)) => Ok(links),
        None => Err(page),
    }
}

async fn worker(queue: Queue<Page>, seen: Arc<Mutex<HashSet<Page>>>) {
    loop {
        let page = queue.get().await.unwrap();
        match wait_for(fetch(*page), ms(50)).await {
            Ok(Ok(links)) => {
                println!("{} has {} links", *page, links.len());
                for link in links {
                    let is_new = seen.lock().unwrap().insert(link);
                    if is_new {
                        queue.put(link).await.unwrap();
                    }
                }
            }
            Ok(Err(page)) => println!("there is no {page}"),
            Err(_) => println!("{} is too slow", *page),
        }
    }
}

pub(crate) fn main() {
    run(async {
        let (queue, seen) = (Queue::unbounded(), Arc::new(Mutex::new(HashSet::from(["index"]))));
        queue.put("index").await.unwrap();
        let workers = [0; 3].map(|_| create_task(worker(queue.clone(), seen.clone())));
        queue.join().await;
        for task in &workers {
            task.cancel();
        }
        drop(wait(workers).await);
        println!("seen: {}", sorted(seen.lock().unwrap().iter().map(|page| page.to_string())));
    });
}

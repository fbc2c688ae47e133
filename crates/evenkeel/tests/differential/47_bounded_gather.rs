//! Many things, but so many at a time: in asyncio a semaphore, here gather's limit.

use evenkeel::{gather, sleep};

use crate::stage::{ms, run};

async fn fetch(page: usize, delay: u64) -> usize {
    println!("fetch {page}");
    sleep(ms(delay)).await;
    println!("got {page}");
    page * 100
}

pub(crate) fn main() {
    run(async {
        let delays = [50, 20, 60, 20, 40];
        let fetches: Vec<_> =
            delays.into_iter().enumerate().map(|(page, delay)| fetch(page, delay)).collect();
        println!("{:?}", gather(fetches).limit(2).await);
    });
}

//! `asyncio.TaskGroup`: children end before their scope does, and no error is lost.
//!
//! ```python
//! async with asyncio.TaskGroup() as group:
//!     pages = [group.create_task(page(n)) for n in range(1, 6)]
//! print(sum(page.result() for page in pages))
//! ```

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{GroupError, Nested, Started, TaskGroup, sleep, task::Builder};
use futures_lite::io::{AsyncReadExt, AsyncWriteExt};

async fn page(number: u32) -> Result<u32, String> {
    sleep(Duration::from_millis(5)).await;
    Ok(number)
}

async fn refused(host: &str) -> Result<(), String> {
    Err(format!("{host} refused"))
}

/// Five pages, of which two at a time are fetched.
async fn all_pages() -> Result<u32, GroupError<String>> {
    TaskGroup::scope(async |group| {
        group.limit(2);
        let pages: Vec<_> = (1..=5).map(|number| group.create_task(page(number))).collect();
        let mut sum = 0;
        for page in pages {
            sum += page.await; // an error would end the group, and this body with it
        }
        Ok(sum)
    })
    .await
}

/// Two children fail, one of them in a group of its own; a third, which never ends, is cancelled.
async fn failures() -> Result<(), GroupError<String>> {
    TaskGroup::scope(async |group| {
        group.create_task(std::future::pending::<Result<(), String>>());
        group.create_task_as(Builder::new().name("mirrors"), async {
            let inner = TaskGroup::scope(async |group| {
                group.create_task_as(Builder::new().name("far"), refused("far.example"));
                Ok(())
            });
            Nested(inner.await) // its errors become a branch of ours
        });
        Ok(())
    })
    .await
}

/// A child that says when it is ready, and then goes on for ever.
async fn serve(ready: Started<SocketAddr>) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    ready.set(listener.local_addr()?);
    loop {
        let (mut stream, _) = listener.accept().await?;
        stream.write_all(b"ahoy").await?;
    }
}

/// `start` waits until the child says that it is ready: the server listens before its client connects.
async fn served() -> Result<String, GroupError<io::Error>> {
    TaskGroup::scope(async |group| {
        let address = group.start(serve);
        let Ok(address) = address.await else { return Ok(String::new()) }; // the group has its error
        let mut heard = String::new();
        TcpStream::connect(address).await?.read_to_string(&mut heard).await?;
        group.cancel(); // the server would go on for ever
        Ok(heard)
    })
    .await
}

fn main() {
    evenkeel::run(async {
        assert_eq!(all_pages().await, Ok(15));

        let error = failures().await.expect_err("two of them fail");
        println!("{error}");
        assert_eq!(error.iter().collect::<Vec<_>>(), ["far.example refused"]);
        // `except* ConnectionRefusedError`: those that match, and the rest of the tree.
        let (matching, rest) = error.split(|error| error.ends_with("refused"));
        assert!(matching.is_some_and(|errors| errors.len() == 1) && rest.is_none());

        let heard = served().await.expect("nothing failed");
        println!("the server said {heard:?}");
        assert_eq!(heard, "ahoy");
    });
}

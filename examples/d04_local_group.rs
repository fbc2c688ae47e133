//! A group whose children borrow: they are polled in place, in the caller's task.
//!
//! Tasks own what they use (`async move`, `Arc`), since they may run on any thread. Children of a
//! `LocalGroup` need not: they end before the scope does, and run one at a time.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use evenkeel::{LocalGroup, run, sleep};

#[derive(Debug, PartialEq)]
struct NotANumber(String);

async fn number(word: &str) -> Result<i64, NotANumber> {
    sleep(Duration::from_millis(1)).await;
    word.parse().map_err(|_| NotANumber(word.to_owned()))
}

fn main() {
    let words = ["20", "1", "21"].map(str::to_owned);
    let (sum, seen) = (Cell::new(0), RefCell::new(Vec::new())); // no lock, no Arc
    run(async {
        let added = LocalGroup::scope(async |group| {
            let (sum, seen) = (&sum, &seen);
            for word in &words {
                group.create_task(async move {
                    let number = number(word).await?; // others go on meanwhile
                    sum.set(sum.get() + number);
                    seen.borrow_mut().push(word);
                    Ok(())
                });
            }
            Ok::<_, NotANumber>(())
        });
        assert_eq!(added.await, Ok(()));

        // The first error ends the others, as in a `TaskGroup`.
        let failed = LocalGroup::scope(async |group| {
            let forever = group.create_task(std::future::pending::<Result<(), NotANumber>>());
            group.create_task(number("many"));
            forever.await;
            Ok(())
        });
        let error = failed.await.expect_err("`many` is no number");
        assert_eq!(error.into_errors(), [NotANumber("many".to_owned())]);
    });
    // Both were only lent.
    println!("{} from {:?}", sum.get(), seen.borrow());
    assert_eq!(sum.into_inner(), 42);
}

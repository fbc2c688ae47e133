//! futures' `Spawn`: libraries that take a spawner as an argument take a `Handle`; and figures of a loop.

use evenkeel::Handle;
use evenkeel_ecosystem::Done;
use futures_util::task::{Spawn, SpawnExt};

/// Knows no runtime: a pipeline of two tasks, wherever they run.
async fn library(
    spawner: &(impl Spawn + ?Sized),
) -> Result<u64, Box<dyn std::error::Error + Send + Sync>> {
    let squares =
        spawner.spawn_with_handle(async { (1..=10).map(|n: u64| n * n).collect::<Vec<_>>() })?;
    let sum = spawner.spawn_with_handle(async move { squares.await.into_iter().sum() })?;
    Ok(sum.await)
}

fn main() -> Done {
    let (handle, sum) = evenkeel::run(async {
        let handle = Handle::current();
        let sum = library(&handle).await?;
        let metrics = handle.metrics().ok_or("the loop runs")?;
        println!("{metrics:#?}");
        assert!(metrics.num_workers >= 1 && metrics.num_alive_tasks >= 1);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>((handle, sum))
    })?;
    println!("1 + 4 + .. + 100 = {sum}");
    assert_eq!(sum, 385);
    // The loop is closed: an error, and nothing that waits for ever.
    assert!(SpawnExt::spawn(&handle, async {}).unwrap_err().is_shutdown());
    assert!(handle.metrics().is_none());
    Ok(())
}

//! `asyncio.gather`: several things at once, their results in the order of the arguments.
//!
//! ```python
//! async def ten():
//!     await asyncio.sleep(1)
//!     return 10
//!
//! async def main():
//!     a, b, c = await asyncio.gather(ten(), ten(), ten())
//!     print(a, b, c)
//! ```

use evenkeel_examples::Stage;

async fn ten(stage: Stage) -> i32 {
    evenkeel::sleep(stage.second()).await;
    10
}

async fn after(stage: Stage, seconds: f64) -> f64 {
    evenkeel::sleep(stage.seconds(seconds)).await;
    stage.say(format_args!("the sleeper of {seconds} is done"));
    seconds
}

async fn fails(stage: Stage) -> Result<i32, &'static str> {
    evenkeel::sleep(stage.seconds(0.1)).await;
    Err("no such file")
}

/// Two seconds and a tenth.
pub(crate) fn scene(mut stage: Stage) {
    evenkeel::run(async {
        // A tuple of futures: each result keeps its own type.
        stage.lap();
        let (a, b, c) = evenkeel::gather((ten(stage), ten(stage), ten(stage))).await;
        stage.say(format_args!("{a}, {b}, {c}"));
        assert_eq!((a, b, c), (10, 10, 10));
        stage.took(1.0);

        // A list of futures (an array or a `Vec`): results as a `Vec`, in the order of the
        // arguments, whichever was done first.
        stage.lap();
        let list = [1.0, 0.5, 0.25].map(|seconds| after(stage, seconds));
        let results = evenkeel::gather(list).await;
        stage.say(format_args!("in the order of the arguments: {results:?}"));
        assert_eq!(results, [1.0, 0.5, 0.25]);
        stage.took(1.0);

        // In Rust an error is a value, so `gather` hands it over like any other (this is
        // Python's `return_exceptions=True`). `try_gather` stops at the first one, and
        // unlike asyncio it leaves no sibling running behind your back.
        stage.lap();
        let works = async { Ok(ten(stage).await) };
        let tried: Result<(i32, i32), _> = evenkeel::try_gather((works, fails(stage))).await;
        stage.say(format_args!("try_gather stopped early: {tried:?}"));
        assert_eq!(tried, Err("no such file"));
        stage.took(0.1);
    });
}

fn main() {
    scene(Stage::full());
}

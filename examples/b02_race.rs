//! The first of several: `race!` in a loop, attempts beside each other, callbacks at a deadline.
//!
//! ```python
//! done, pending = await asyncio.wait([...], return_when=FIRST_COMPLETED)
//! loop.call_later(0.05, callback)
//! ```

use std::time::Duration;

use evenkeel::{Raced, create_task, oneshot, race, race_staggered, sleep};

const MS: Duration = Duration::from_millis(1);

/// A mirror that answers after so long, or not at all.
async fn mirror(name: &str, answers_after: u64) -> Result<&str, String> {
    sleep(MS * u32::try_from(answers_after).unwrap_or(u32::MAX)).await;
    if answers_after < 1000 { Ok(name) } else { Err(format!("{name} is down")) }
}

fn main() {
    evenkeel::run(async {
        // A job, and a beat while it runs. The job is raced by reference, so it goes on from one round to
        // the next; the sleep is a new one each time.
        let mut job = create_task(async {
            sleep(MS * 55).await;
            "the job's value"
        });
        let mut beats = 0;
        let value = loop {
            race! {
                value = &mut job => break value,
                () = sleep(MS * 20) => {
                    beats += 1;
                    println!("still at it");
                }
            }
        };
        println!("{value}, after {beats} beats");
        assert!(beats >= 1);

        // A callback that is called once, at its deadline, and one that was taken back.
        let (sender, receiver) = oneshot();
        evenkeel::call_later(MS * 5, move || sender.send("called").expect("main waits"));
        let never = evenkeel::call_later(MS, || unreachable!("taken back"));
        assert!(never.cancel());
        let heard = race! {
            Ok(word) = receiver => word,
            () = sleep(MS * 60_000) => "nothing for a minute",
        };
        println!("{heard}");
        assert_eq!(heard, "called");

        // Happy eyeballs: the next mirror is asked when the last has been silent for 20 ms. The first to
        // answer wins, and the others have ended by then.
        let mirrors = [mirror("far", 900), mirror("near", 10), mirror("spare", 1)];
        let won = race_staggered(mirrors, MS * 20).await;
        println!("{won:?}");
        assert_eq!(won, Ok(Raced { index: 1, value: "near" }));
    });
}

//! `try_gather`: the first error comes out, when the others are gone.

use std::time::Duration;

use evenkeel::{sleep, try_gather};

use crate::stage::{finally, ms, run};

async fn child(name: &'static str, delay: Duration) -> Result<&'static str, String> {
    let _finally = finally(move || println!("{name} is gone"));
    sleep(delay).await;
    if name == "b" {
        return Err("b is broken".to_owned());
    }
    println!("{name} ends");
    Ok(name)
}

pub(crate) fn main() {
    run(async {
        match try_gather((child("a", ms(10)), child("b", ms(20)), child("c", ms(30)))).await {
            Ok((a, b, c)) => println!("{a} {b} {c}"),
            Err(error) => println!("error: {error}"),
        }
        sleep(ms(50)).await;
        println!("main is done");
    });
}

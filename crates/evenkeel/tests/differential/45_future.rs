//! `oneshot`: one value, handed over once; whoever waits for it goes on at the loop's next turn.

use std::future::Future;

use evenkeel::{create_task, oneshot, sleep};

use crate::stage::{ms, run};

type Value = Result<i32, &'static str>;

async fn waits<E>(name: &'static str, future: impl Future<Output = Result<Value, E>>) {
    println!("{name} waits");
    match future.await {
        Ok(Ok(value)) => println!("{name} got {value}"),
        Ok(Err(error)) => println!("{name} failed: {error}"),
        Err(_) => println!("{name} will never get it"),
    }
}

pub(crate) fn main() {
    run(async {
        let [(first, a), (second, b), (third, c)] = [(); 3].map(|()| oneshot());
        let one = create_task(waits("one", a));
        let two = create_task(waits("two", b));
        let three = create_task(waits("three", c));
        sleep(ms(10)).await;
        second.send(Ok(2)).unwrap();
        first.send(Ok(1)).unwrap();
        println!("main has set two of them");
        sleep(ms(10)).await;
        if !third.is_closed() {
            third.send(Err("there will be none")).unwrap();
        }
        three.await;
        one.await;
        two.await;

        let (nobody, receiver) = oneshot();
        let gone = create_task(waits("gone", receiver));
        sleep(ms(10)).await;
        gone.cancel();
        sleep(ms(10)).await;
        println!("{}", if nobody.is_closed() { "nobody waits any more" } else { "somebody waits" });
    });
}

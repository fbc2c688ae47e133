//! `gather`: all begin in argument order, end when they end, and the results are in argument order.

use std::time::Duration;

use evenkeel::{gather, sleep, yield_now};

use crate::stage::{ms, run};

async fn child(name: &str, delay: Duration) -> String {
    println!("{name} begins");
    sleep(delay).await;
    println!("{name} ends");
    name.to_uppercase()
}

async fn squares(numbers: Vec<i32>) -> Vec<i32> {
    async fn square(number: i32) -> i32 {
        yield_now().await;
        number * number
    }

    gather(numbers.into_iter().map(square)).await
}

pub(crate) fn main() {
    run(async {
        let all = (child("a", ms(60)), child("b", ms(20)), child("c", ms(40)));
        let (a, b, c) = gather(all).await;
        println!("{a} {b} {c}");
        println!("{:?}", gather([squares(vec![1, 2]), squares(vec![3, 4, 5])]).await);
        println!("{:?}", gather(Vec::<Duration>::new().into_iter().map(sleep)).await);
    });
}

//! Five philosophers: each takes the lower fork first, eats twice, and nobody starves.

use evenkeel::{Lock, gather, yield_now};

use crate::stage::run;

async fn philosopher(number: usize, forks: &[Lock<()>; 5]) {
    let other = (number + 1) % 5;
    let (low, high) = (number.min(other), number.max(other));
    for meal in 0..2 {
        {
            let _low = forks[low].lock().await;
            let _high = forks[high].lock().await;
            println!("philosopher {number} eats meal {meal}");
            yield_now().await;
            yield_now().await;
        }
        println!("philosopher {number} thinks");
        yield_now().await;
    }
}

pub(crate) fn main() {
    run(async {
        let forks = [(); 5].map(Lock::new);
        gather((0..5).map(|number| philosopher(number, &forks))).await;
        println!("all have eaten");
    });
}

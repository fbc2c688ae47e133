//! `timeout`: blocks in blocks. The one that is over tells; what goes on around it does not notice.

use evenkeel::{sleep, timeout, yield_now};

use crate::stage::{finally, ms, run, secs};

async fn steps(name: &str) {
    let _finally = finally(|| println!("{name} is gone"));
    for step in 1..100 {
        sleep(ms(20)).await;
        println!("{name} {step}");
    }
}

pub(crate) fn main() {
    run(async {
        let outer = timeout(ms(140), async {
            let inner = timeout(ms(50), async {
                steps("inner").await;
            });
            if inner.await.is_err() {
                println!("the inner block is over");
            }
            steps("outer").await;
        });
        if outer.await.is_err() {
            println!("the outer block is over");
        }

        let outer = timeout(ms(30), async {
            let inner = timeout(secs(60), async {
                steps("again").await;
            });
            if inner.await.is_err() {
                println!("never: the inner block has time");
            }
        });
        if outer.await.is_err() {
            println!("the outer block was first");
        }

        let quick = timeout(ms(10), async {
            yield_now().await;
        });
        if quick.await.is_ok() {
            println!("in time");
        }
    });
}

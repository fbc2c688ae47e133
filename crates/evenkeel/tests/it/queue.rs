//! asyncio's cases of the queues that are about tasks and their timeouts, on the loop; and a channel
//! between loops. The others are told on an executor of their own in `sync`.

use evenkeel::sync::Shutdown;
use evenkeel::{Queue, channel, create_task, gather, sleep, timeout, to_thread};

use crate::loops::{ms, on_one, on_one_and_two, settle};
use crate::transcript::Transcript;

#[test]
fn que_02_producers_and_consumers_take_turns() {
    on_one(|| async {
        let (queue, log) = (Queue::bounded(1), Transcript::new());
        let producers = ["a", "b"].map(|name| {
            let (queue, log) = (queue.clone(), log.clone());
            create_task(async move {
                for n in 0..3 {
                    queue.put(format!("{name}{n}")).await.unwrap();
                }
                log.say(format!("{name}."));
            })
        });
        let consumers = ["x", "y"].map(|name| {
            let (queue, log) = (queue.clone(), log.clone());
            create_task(async move {
                for _ in 0..3 {
                    let item = queue.get().await.unwrap();
                    log.say(format!("{name}:{}", *item));
                }
            })
        });
        gather(producers.into_iter().chain(consumers)).await;
        // Word for word what CPython prints.
        assert_eq!(log.said(), "x:a0 x:a1 y:b0 a. x:a2 y:b1 b. y:b2");
    });
}

#[test]
fn que_04_who_timed_out_is_no_longer_in_line() {
    on_one_and_two(|| async {
        let queue = Queue::bounded(1);
        for _ in 0..3 {
            assert!(timeout(ms(1), queue.get()).await.is_err());
        }
        queue.put(1).await.unwrap();
        for _ in 0..3 {
            assert!(timeout(ms(1), queue.put(2)).await.is_err());
        }
        let seen = queue.statistics();
        assert_eq!((seen.waiting_getters, seen.waiting_putters), (0, 0));
        assert_eq!(*queue.get().await.unwrap(), 1);
        assert!(queue.is_empty());
    });
}

#[test]
fn que_04_a_cancelled_getter_passes_the_item_on() {
    on_one_and_two(|| async {
        let queue = Queue::bounded(5);
        let getters = [1, 2].map(|_| {
            let queue = queue.clone();
            create_task(async move { *queue.get().await.unwrap() })
        });
        settle().await;
        queue.put(7).await.unwrap();
        let [first, second] = getters;
        first.cancel();
        match first.join().await {
            // On two workers it may have been faster.
            Ok(item) => {
                queue.put(item).await.unwrap();
                assert_eq!(second.await, 7);
            }
            Err(error) => {
                assert!(error.is_cancelled());
                assert_eq!(second.await, 7);
            }
        }
        queue.join().await;
    });
}

#[test]
fn que_08_the_timeout_in_the_pass_of_the_put() {
    for early in [true, false] {
        on_one_and_two(|| async {
            let queue = Queue::bounded(5);
            let putter = {
                let queue = queue.clone();
                create_task(async move {
                    sleep(ms(10)).await;
                    queue.put(1).await.unwrap();
                })
            };
            if early {
                // The putter's timer is armed first, and fires first.
                settle().await;
            }
            let got = timeout(ms(10), queue.get()).await;
            putter.await;
            match got {
                Ok(item) => {
                    assert_eq!(*item.unwrap(), 1);
                    assert!(queue.is_empty());
                }
                Err(_) => assert_eq!(*queue.try_get().unwrap().expect("it stays"), 1),
            }
        });
    }
}

#[test]
fn que_10_workers_end_when_the_queue_is_shut_down() {
    on_one_and_two(|| async {
        let queue = Queue::bounded(3);
        let workers: Vec<_> = (0..3)
            .map(|_| {
                let queue = queue.clone();
                create_task(async move {
                    let mut done = 0;
                    while let Ok(item) = queue.get().await {
                        sleep(ms(*item)).await;
                        done += 1;
                    }
                    done
                })
            })
            .collect();
        for n in 0..20 {
            queue.put(n).await.unwrap();
        }
        queue.join().await;
        assert_eq!(queue.unfinished(), 0);
        queue.shutdown(Shutdown::Graceful);
        assert_eq!(gather(workers).await.into_iter().sum::<u64>(), 20);
    });
}

#[test]
fn a_channel_between_a_loop_and_threads() {
    on_one_and_two(|| async {
        let (sender, mut receiver) = channel(2);
        let call = to_thread(move || {
            for n in 0..100 {
                sender.send_blocking(n).unwrap();
            }
        });
        // Another executor at the same end.
        let mut other = receiver.clone();
        let theirs = std::thread::spawn(move || {
            futures_lite::future::block_on(async {
                let mut sum = 0;
                while let Ok(n) = other.recv().await {
                    sum += n;
                }
                sum
            })
        });
        let mut sum = 0;
        while let Ok(n) = receiver.recv().await {
            sum += n;
        }
        call.await;
        assert_eq!(sum + to_thread(|| theirs.join().unwrap()).await, 4950);
    });
}

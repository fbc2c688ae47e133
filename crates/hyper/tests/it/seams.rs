//! What hyper asks of a runtime, piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::time::{Duration, Instant};

use evenkeel::{TaskGroup, oneshot, run, testing};
use evenkeel_hyper::{
    Client, HyperExecutor, HyperIo, HyperSleep, HyperStream, HyperTimer, ServeOptions,
};
use hyper::rt::{Executor, Sleep, Timer};

#[test]
fn a_sleep_is_moved_in_place() {
    testing::run(async {
        let began = evenkeel::now();
        let mut sleep = HyperTimer.sleep(Duration::from_secs(3600));
        let place = std::ptr::from_ref(&*sleep).cast::<()>();
        HyperTimer.reset(&mut sleep, began + Duration::from_secs(1));
        assert_eq!(std::ptr::from_ref(&*sleep).cast::<()>(), place, "not a new one");
        sleep.as_mut().await;
        assert_eq!(evenkeel::now() - began, Duration::from_secs(1));
        // One that has ended, too.
        HyperTimer.reset(&mut sleep, began + Duration::from_secs(3));
        sleep.await;
        assert_eq!(HyperTimer.now() - began, Duration::from_secs(3));
    });
}

#[test]
fn a_foreign_sleep_is_replaced() {
    struct Foreign;
    impl Future for Foreign {
        type Output = ();
        fn poll(self: Pin<&mut Self>, _: &mut std::task::Context<'_>) -> std::task::Poll<()> {
            std::task::Poll::Pending
        }
    }
    impl Sleep for Foreign {}
    run(async {
        let mut sleep: Pin<Box<dyn Sleep>> = Box::pin(Foreign);
        HyperTimer.reset(&mut sleep, Instant::now());
        assert!(sleep.is::<HyperSleep>());
        sleep.await;
    });
}

#[test]
fn tasks_belong_to_the_loop_or_to_a_group() {
    run(async {
        let (sender, receiver) = oneshot();
        HyperExecutor::new().execute(async move { sender.send(7) });
        assert_eq!(receiver.await.unwrap(), 7);

        let (sender, mut receiver) = oneshot::<()>();
        let group = TaskGroup::<Infallible>::scope(async |group| {
            HyperExecutor::in_group(group).execute(async move {
                std::future::pending::<()>().await;
                drop(sender);
            });
            group.cancel();
        });
        let _ = group.await;
        assert!(receiver.try_recv().is_err(), "its future is gone before the scope ends");
    });
}

#[test]
#[should_panic(expected = "no running event loop")]
fn outside_a_loop_it_says_so() {
    HyperExecutor::new().execute(async {});
}

const _: () = {
    const fn sent<T: Send + Sync + Unpin>() {}
    sent::<HyperExecutor>();
    sent::<HyperTimer>();
    sent::<HyperSleep>();
    sent::<HyperStream<evenkeel::net::TcpStream>>();
    sent::<HyperIo<evenkeel::net::TcpStream>>();
    sent::<Client<http_body_util::Full<hyper::body::Bytes>>>();
    sent::<ServeOptions>();
};

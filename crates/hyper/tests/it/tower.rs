//! Services of tower.

use std::convert::Infallible;
use std::future::Ready;
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel::{TimeoutError, run, testing};
use evenkeel_hyper::{Protocol, TowerService, timeout_layer};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::support::{client_of, post, quick, text, with_server};

/// Not ready at first; calls are counted by clones of it.
#[derive(Clone, Default)]
struct Shy {
    asked: bool,
}

impl Service<Request<Incoming>> for Shy {
    type Response = Response<Full<Bytes>>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Full<Bytes>>, Infallible>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if std::mem::replace(&mut self.asked, true) {
            return Poll::Ready(Ok(()));
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }

    fn call(&mut self, request: Request<Incoming>) -> Self::Future {
        assert!(self.asked);
        std::future::ready(Ok(Response::new(request.uri().path().to_owned().into())))
    }
}

#[test]
fn a_service_of_tower_is_served_and_the_client_is_one() {
    run(with_server(quick(), TowerService::new(Shy::default()), async |address| {
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let mut client = client_of(protocol);
            let answer = Service::call(&mut client, post(address, "/tower", "")).await.unwrap();
            assert_eq!(text(answer).await, "/tower");
        }
    }));
}

#[derive(Clone)]
struct Sleepy;

impl Service<Duration> for Sleepy {
    type Response = &'static str;
    type Error = Infallible;
    type Future = futures_lite::future::Boxed<Result<&'static str, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, long: Duration) -> Self::Future {
        Box::pin(async move {
            evenkeel::sleep(long).await;
            Ok("rested")
        })
    }
}

#[test]
fn a_layer_limits_time() {
    testing::run(async {
        let mut service = timeout_layer(Duration::from_secs(10)).layer(Sleepy);
        assert_eq!(service.call(Duration::from_secs(9)).await.unwrap(), "rested");
        let late = service.call(Duration::from_secs(11)).await.unwrap_err();
        assert!(late.is::<TimeoutError>());
    });
}

//! A library that wants tokio: hyper-util's client with tokio's sockets, under async-compat.
//!
//! reqwest, the AWS SDK, async-nats, rumqttc are of this kind. See docs/BRIDGING.md.

use async_compat::Compat;
use evenkeel::create_task;
use evenkeel::net::TcpListener;
use evenkeel_ecosystem::{Done, text, threads};
use evenkeel_hyper::serve;
use http_body_util::{Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

async fn answer(_: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    Ok(Response::new(Full::from("ahoy, library")))
}

/// Uses tokio's sockets and `tokio::spawn`, and does not ask whether they are there.
async fn library(uri: Uri) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    text(client.get(uri).await?).await
}

fn main() -> Done {
    evenkeel::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let uri: Uri = format!("http://{}/", listener.local_addr()?).parse()?;
        let server = create_task(serve(listener, service_fn(answer)).into_future());

        std::panic::set_hook(Box::new(|panic| println!("{panic}")));
        println!("As it is:");
        let task = create_task(library(uri.clone()));
        let error = task.join().await.unwrap_err();
        let _ = std::panic::take_hook();
        assert!(error.is_panic() && error.to_string().contains("no reactor running"), "{error}");

        // The context of a tokio that async-compat starts, once, with one thread. The future itself is
        // polled here, by evenkeel.
        let said = Compat::new(library(uri)).await?;
        println!("under Compat: {said}; threads: {:?}", threads());
        assert_eq!(said, "ahoy, library");
        assert!(threads().iter().any(|name| name.contains("async-compat")));

        server.cancelled().await;
        Ok(())
    })
}

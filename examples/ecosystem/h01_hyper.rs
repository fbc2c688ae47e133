//! hyper: a server and a client, HTTP/1 and HTTP/2 on one port, and an end in order.

use evenkeel::net::TcpListener;
use evenkeel::{create_task, gather, oneshot};
use evenkeel_ecosystem::{Done, text, threads};
use evenkeel_hyper::{Client, ClientOptions, Protocol, ServeOptions, serve};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};

/// Says how it was asked, and what.
async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let asked = format!("{:?} {} {}: ", request.version(), request.method(), request.uri().path());
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::from([asked.as_bytes(), &body].concat())))
}

fn main() -> Done {
    evenkeel::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::<()>(); // a program would wait for Ctrl-C
        let server = serve(listener, service_fn(answer))
            .with_options(ServeOptions { connections: 100, ..ServeOptions::default() })
            .with_graceful_shutdown(stopped);
        let server = create_task(server.into_future());

        for protocol in [Protocol::Http1, Protocol::Http2] {
            let options = ClientOptions { protocol, ..ClientOptions::default() };
            let client: Client<Full<Bytes>> = Client::with_options(options);
            // The first one connects; then ten at once.
            for n in [1, 10] {
                let asks = (0..n).map(|n| {
                    let uri = format!("http://{address}/{n}");
                    let request = Request::post(uri).body(Full::from("ahoy"));
                    let client = client.clone();
                    async move { text(client.request(request?).await?).await }
                });
                for answer in gather(asks).await {
                    let answer = answer?;
                    assert!(answer.ends_with(": ahoy"));
                    println!("client: {answer}");
                }
            }
            println!("client: {protocol:?} kept {} connections", client.connections());
        }

        drop(stop);
        let served = server.await?;
        println!("server: {served:?}");
        // A client that is dropped while the server still talks to it has departed: nobody's failure.
        assert_eq!((served.failed, served.cancelled), (0, 0));
        println!("threads: {:?}", threads());
        assert!(!threads().iter().any(|name| name.contains("tokio")));
        Ok(())
    })
}

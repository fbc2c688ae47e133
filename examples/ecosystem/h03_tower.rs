//! tower: a service under layers, with a time limit that asks evenkeel for the time.

use std::convert::Infallible;
use std::time::Duration;

use evenkeel::net::TcpListener;
use evenkeel::{create_task, sleep};
use evenkeel_ecosystem::{Done, text};
use evenkeel_hyper::{BoxError, Client, TowerService, serve, timeout_layer};
use http_body_util::{Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode};
use tower::ServiceBuilder;

type Answer = Response<Full<Bytes>>;

async fn handle(request: Request<Incoming>) -> Result<Answer, Infallible> {
    if request.uri().path() == "/slow" {
        sleep(Duration::from_secs(60)).await;
    }
    Ok(Response::new(Full::from("in time")))
}

/// A timeout is an answer, too.
fn late_is_504(ended: Result<Answer, BoxError>) -> Result<Answer, BoxError> {
    Ok(ended.unwrap_or_else(|error| {
        let mut response = Response::new(Full::from(error.to_string()));
        *response.status_mut() = StatusCode::GATEWAY_TIMEOUT;
        response
    }))
}

fn main() -> Done {
    evenkeel::run(async {
        let service = ServiceBuilder::new()
            .map_result(late_is_504)
            .layer(timeout_layer(Duration::from_millis(100)))
            .service_fn(handle);
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = create_task(serve(listener, TowerService::new(service)).into_future());

        let client: Client<Empty<Bytes>> = Client::new();
        for (path, status) in [("/quick", 200), ("/slow", 504), ("/quick", 200)] {
            let answer = client.get(format!("http://{address}{path}").parse()?).await?;
            assert_eq!(answer.status(), status);
            println!("{path}: {status} {}", text(answer).await?);
        }
        server.cancelled().await;
        Ok(())
    })
}

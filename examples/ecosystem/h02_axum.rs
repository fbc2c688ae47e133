//! axum: its router, served by `evenkeel_hyper::serve` instead of `axum::serve`, which wants tokio.
//!
//! ```toml
//! axum = { version = "0.8", default-features = false } # add "json", "query", "form" as you like
//! evenkeel-hyper = { version = "0.1", features = ["tower"] }
//! ```

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::get;
use evenkeel::net::TcpListener;
use evenkeel::{Lock, create_task, oneshot, sleep};
use evenkeel_ecosystem::{Done, text, threads};
use evenkeel_hyper::{Client, TowerService, serve};
use http_body_util::Empty;
use hyper::body::Bytes;

type Guests = Arc<Lock<Vec<String>>>;

async fn greet(State(guests): State<Guests>, Path(name): Path<String>) -> String {
    // Anything of evenkeel's works in a handler: locks, timers, tasks.
    sleep(Duration::from_millis(5)).await;
    let mut guests = guests.lock().await;
    guests.push(name);
    format!("ahoy {}, you are number {}", guests[guests.len() - 1], guests.len())
}

fn main() -> Done {
    evenkeel::run(async {
        let router = Router::new()
            .route("/greet/{name}", get(greet))
            .route("/health", get(async || StatusCode::NO_CONTENT))
            .with_state(Guests::default());

        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::<()>();
        let server = serve(listener, TowerService::new(router)).with_graceful_shutdown(stopped);
        let server = create_task(server.into_future());

        let client: Client<Empty<Bytes>> = Client::new();
        let ask = async |path: &str| -> Result<_, Box<dyn Error + Send + Sync>> {
            Ok(client.get(format!("http://{address}{path}").parse()?).await?)
        };
        assert_eq!(ask("/health").await?.status(), 204);
        assert_eq!(ask("/nowhere").await?.status(), 404);
        for (n, name) in ["even", "keel"].into_iter().enumerate() {
            let said = text(ask(&format!("/greet/{name}")).await?).await?;
            println!("{said}");
            assert_eq!(said, format!("ahoy {name}, you are number {}", n + 1));
        }

        drop(stop);
        println!("{:?}; threads: {:?}", server.await?, threads());
        assert!(!threads().iter().any(|name| name.contains("tokio")));
        Ok(())
    })
}

//! A server for real clients to talk to, `cargo xtask clients`: it ends when its standard input does.
//!
//! It prints a line with the port for plain HTTP and the one for TLS. `/` greets, `/size/N` answers N bytes,
//! other requests have their body back.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{Event, create_task, to_thread};
use evenkeel_ecosystem::Done;
use evenkeel_hyper::{ServeOptions, serve};
use futures_rustls::TlsAcceptor;
use futures_rustls::rustls::ServerConfig;
use futures_rustls::rustls::pki_types::PrivatePkcs8KeyDer;
use http_body_util::{BodyExt, Either, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};

async fn answer(
    request: Request<Incoming>,
) -> hyper::Result<Response<Either<Full<Bytes>, Incoming>>> {
    let path = request.uri().path();
    let said = match path.strip_prefix("/size/").and_then(|size| size.parse().ok()) {
        Some(size) => vec![b'x'; size],
        None if *request.method() != Method::GET => {
            // Streamed: it is not held as a whole.
            return Ok(Response::new(Either::Right(request.into_body())));
        }
        None => b"ahoy\n".to_vec(),
    };
    // A body that nobody wants is read all the same, so that the connection can be kept.
    request.into_body().collect().await?;
    Ok(Response::new(Either::Left(Full::from(said))))
}

fn tls() -> Result<TlsAcceptor, Box<dyn std::error::Error + Send + Sync>> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn main() -> Done {
    evenkeel::run(async {
        let (plain, secret) =
            (TcpListener::bind("127.0.0.1:0").await?, TcpListener::bind("127.0.0.1:0").await?);
        println!("{} {}", plain.local_addr()?.port(), secret.local_addr()?.port());
        std::io::stdout().flush()?;

        let options = ServeOptions { grace: Duration::from_secs(1), ..ServeOptions::default() };
        let stop = Arc::new(Event::new());
        let acceptor = tls()?;
        let both = [
            create_task(
                serve(plain, service_fn(answer))
                    .with_options(options.clone())
                    .with_graceful_shutdown(Arc::clone(&stop).wait_owned())
                    .into_future(),
            ),
            create_task(
                serve(secret, service_fn(answer))
                    .with_handshake(move |stream: TcpStream| acceptor.accept(stream))
                    .with_options(options)
                    .with_graceful_shutdown(Arc::clone(&stop).wait_owned())
                    .into_future(),
            ),
        ];
        to_thread(|| std::io::read_to_string(std::io::stdin())).await?;
        stop.set();
        for server in both {
            println!("{:?}", server.await?);
        }
        Ok(())
    })
}

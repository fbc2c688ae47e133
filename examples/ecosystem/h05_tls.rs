//! TLS: futures-rustls on both sides, HTTP/2 and HTTP/1 inside, and clients that break off.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{create_task, oneshot, sleep};
use evenkeel_ecosystem::{Done, text};
use evenkeel_hyper::{
    Client, ClientOptions, ConnectWith, ConnectionError, OnError, Protocol, ServeOptions, serve,
};
use futures_lite::io::{AsyncReadExt, AsyncWriteExt};
use futures_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use futures_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use futures_rustls::{TlsAcceptor, TlsConnector};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};

async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    Ok(Response::new(Full::from(format!("{:?} in confidence", request.version()))))
}

/// A server's configuration, and a client's that trusts it; the certificate is made for this run.
fn configurations() -> Result<(ServerConfig, ClientConfig), Box<dyn std::error::Error + Send + Sync>>
{
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut trusted = RootCertStore::empty();
    trusted.add(certificate.clone())?;
    let mut server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let client = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    Ok((server, client))
}

fn main() -> Done {
    evenkeel::run(async {
        let (server, client) = configurations()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let failed = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&failed);
        let options = ServeOptions {
            header_timeout: Some(Duration::from_millis(500)),
            on_error: Some(OnError::new(move |error| {
                println!("server: {error}");
                if let ConnectionError::Http(error) = error {
                    panic!("what began well goes on well: {error}");
                }
                told.lock().unwrap().push(error.to_string());
            })),
            ..ServeOptions::default()
        };
        let (stop, stopped) = oneshot::<()>();
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let server = serve(listener, service_fn(answer))
            .with_options(options)
            .with_handshake(move |stream: TcpStream| acceptor.accept(stream))
            .with_graceful_shutdown(stopped);
        let server = create_task(server.into_future());

        // No TLS at all, a handshake that breaks off, and one that says nothing.
        let mut plain = TcpStream::connect(address).await?;
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").await?;
        let mut alert = Vec::new();
        plain.read_to_end(&mut alert).await?;
        assert_eq!(alert.first(), Some(&21), "an alert, as TLS has it");
        let mut truncated = TcpStream::connect(address).await?;
        truncated.write_all(&[0x16, 0x03, 0x01, 0x02, 0x00, 0x01]).await?;
        drop(truncated);
        let silent = TcpStream::connect(address).await?;

        for (protocol, said) in [(Protocol::Http2, "HTTP/2.0"), (Protocol::Http1, "HTTP/1.1")] {
            let mut client = client.clone();
            client.alpn_protocols = match protocol {
                Protocol::Http2 => vec![b"h2".to_vec()],
                _ => vec![b"http/1.1".to_vec()],
            };
            let connector = TlsConnector::from(Arc::new(client));
            let connect = ConnectWith(move |_: Uri| {
                let connector = connector.clone();
                async move {
                    let stream = TcpStream::connect(address).await?;
                    let name = ServerName::try_from("localhost").expect("it is a name");
                    connector.connect(name, stream).await
                }
            });
            let options = ClientOptions { protocol, ..ClientOptions::default() };
            let client = Client::<Full<Bytes>, _>::with_connector(options, connect);
            let answer = text(client.get("https://localhost/".parse()?).await?).await?;
            println!("client: {answer}");
            assert_eq!(answer, format!("{said} in confidence"));
        }

        while failed.lock().unwrap().len() < 3 {
            sleep(Duration::from_millis(10)).await;
        }
        drop((silent, stop));
        let served = server.await?;
        println!("server: {served:?}");
        // The one without TLS and the silent one; and who breaks off has departed.
        assert_eq!((served.accepted, served.failed), (5, 2));
        assert!(served.departed >= 1);
        Ok(())
    })
}

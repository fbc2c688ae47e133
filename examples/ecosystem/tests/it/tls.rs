//! TLS cut off: in the middle of a record, between two, by a reset, each time without a good-bye. A clear
//! error for that connection, and nobody else notices.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use evenkeel::net::{TcpListener, TcpStream};
use evenkeel::{create_task, oneshot, run, timeout};
use evenkeel_hyper::{
    Client, ClientOptions, ConnectWith, ConnectionError, OnError, ServeOptions, serve,
};
use futures_lite::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use futures_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use futures_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use futures_rustls::{TlsAcceptor, TlsConnector};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};

const PATIENCE: Duration = Duration::from_secs(20);

fn configurations() -> (ServerConfig, ClientConfig) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let mut trusted = RootCertStore::empty();
    trusted.add(certificate.clone()).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key.into())
        .unwrap();
    let client = ClientConfig::builder().with_root_certificates(trusted).with_no_client_auth();
    (server, client)
}

/// A stream whose writes can be kept back, as records.
struct Tap {
    stream: TcpStream,
    kept: Option<Vec<u8>>,
}

impl AsyncRead for Tap {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut [u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tap {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        if let Some(kept) = &mut self.kept {
            kept.extend(buf);
            return Poll::Ready(Ok(buf.len()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_close(cx)
    }
}

/// Where a client's connection ends.
#[derive(Clone, Copy, Debug)]
enum Ends {
    InARecord,
    BetweenTwo,
    ByAReset,
}

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000\r\n\r\n";

/// Says `whole` in records of their own, then what `ends` leaves of one more.
async fn break_off(connector: &TlsConnector, address: SocketAddr, whole: &[&[u8]], ends: Ends) {
    let name = ServerName::try_from("localhost").unwrap();
    let tap = Tap { stream: TcpStream::connect(address).await.unwrap(), kept: None };
    let mut tls = connector.connect(name, tap).await.unwrap();
    for words in whole {
        tls.write_all(words).await.unwrap();
        tls.flush().await.unwrap();
    }
    tls.get_mut().0.kept = Some(Vec::new());
    tls.write_all(HEAD).await.unwrap();
    tls.flush().await.unwrap();
    let tap = tls.get_mut().0;
    let record = tap.kept.take().unwrap();
    assert_eq!(record[0], 23, "application data, as TLS calls it");
    let mut stream = tap.stream.clone();
    if let Ends::InARecord | Ends::ByAReset = ends {
        stream.write_all(&record[..record.len() / 2]).await.unwrap();
    }
    if let Ends::ByAReset = ends {
        stream.set_linger(Some(Duration::ZERO)).unwrap();
    } else {
        stream.close().await.unwrap();
        // The server hangs up.
        while stream.read(&mut [0; 1000]).await.is_ok_and(|n| n > 0) {}
    }
}

/// Says how long the body was.
async fn answer(request: Request<Incoming>) -> hyper::Result<Response<Full<Bytes>>> {
    let body = request.into_body().collect().await?.to_bytes();
    Ok(Response::new(Full::from(body.len().to_string())))
}

#[test]
fn a_connection_cut_off_is_its_own_affair() {
    let (server, client) = configurations();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let connector = TlsConnector::from(Arc::new(client));
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let on_error = OnError::new(move |error| {
        let departed = matches!(error, ConnectionError::Departed(_));
        hook.lock().unwrap().push((departed, error.to_string()));
    });
    let options = ServeOptions { on_error: Some(on_error), ..ServeOptions::default() };
    let (served, kept) = run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::<()>();
        let server = serve(listener, service_fn(answer))
            .with_options(options)
            .with_handshake(move |stream: TcpStream| acceptor.accept(stream))
            .with_graceful_shutdown(stopped);
        let server = create_task(server.into_future());

        // A good one, whose connection is open beside all of them.
        let dialled = connector.clone();
        let connect = ConnectWith(move |_: Uri| {
            let connector = dialled.clone();
            async move {
                let name = ServerName::try_from("localhost").unwrap();
                connector.connect(name, TcpStream::connect(address).await?).await
            }
        });
        let good = Client::<Full<Bytes>, _>::with_connector(ClientOptions::default(), connect);
        let ask = async || {
            let request = Request::post("https://localhost/").body(Full::from("ahoy")).unwrap();
            let body = good.request(request).await.unwrap().into_body();
            assert_eq!(body.collect().await.unwrap().to_bytes(), "4");
        };

        ask().await;
        // Before the first word, within a head, within a body.
        let beginnings: [&[&[u8]]; 3] = [&[], &[&HEAD[..20]], &[HEAD, &[7; 100]]];
        let mut count = 0;
        for whole in beginnings {
            for ends in [Ends::InARecord, Ends::BetweenTwo, Ends::ByAReset] {
                let cut = break_off(&connector, address, whole, ends);
                timeout(PATIENCE, cut).await.expect("it is not hung up on");
                ask().await;
                count += 1;
                while told.lock().unwrap().len() < count {
                    evenkeel::sleep(Duration::from_millis(1)).await;
                }
            }
        }
        // One, or two if it asked again before the first one was free.
        let kept = good.connections();
        drop((good, stop));
        (timeout(PATIENCE, server).await.unwrap().unwrap(), kept)
    });
    let told = told.lock().unwrap();
    assert_eq!(told.len(), 9, "{told:?}");
    for (departed, words) in &*told {
        assert!(*departed && words.starts_with("the client has left: "), "{told:?}");
    }
    assert!(told.iter().any(|(_, words)| words.contains("close_notify")), "{told:?}");
    // Those of the good client were all open at the end: it never had to begin anew.
    assert_eq!((served.accepted, served.failed, served.cancelled), (9 + kept as u64, 0, 0));
    assert_eq!(served.departed, 9);
}

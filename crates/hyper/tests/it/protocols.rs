//! Both versions of HTTP, over TCP and Unix sockets, small and large, upgraded and not.

use std::future::IntoFuture;

use evenkeel::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use evenkeel::{create_task, gather, run};
use evenkeel_hyper::{
    Client, ClientOptions, ConnectWith, HyperIo, Protocol, ServeOptions, serve, serve_each,
};
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONNECTION, UPGRADE};
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode, Uri};

use crate::support::{Answer, client_of, echo, post, quick, response, rest, text, with_server};

#[test]
fn http1_is_kept_alive() {
    run(async {
        let (_, served) = with_server(quick(), service_fn(echo), async |address| {
            let stream = TcpStream::connect(address).await.unwrap();
            for path in ["/one", "/two", "/three"] {
                let ask = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
                (&stream).write_all(ask.as_bytes()).await.unwrap();
                let answer = response(&stream).await;
                assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
                assert!(answer.ends_with(path), "{answer}");
            }
            (&stream).write_all(b"GET /four HTTP/1.0\r\n\r\n").await.unwrap();
            assert!(rest(&stream).await.ends_with("/four"), "1.0 closes");
        })
        .await;
        assert_eq!((served.accepted, served.failed, served.cancelled), (1, 0, 0));
    });
}

/// Requests that come in one packet are answered in their order.
#[test]
fn http1_is_pipelined() {
    run(with_server(quick(), service_fn(echo), async |address| {
        let stream = TcpStream::connect(address).await.unwrap();
        let asks: String =
            (0..20).map(|n| format!("GET /{n} HTTP/1.1\r\nhost: x\r\n\r\n")).collect();
        (&stream).write_all(asks.as_bytes()).await.unwrap();
        for n in 0..20 {
            assert!(response(&stream).await.ends_with(&format!("/{n}")));
        }
    }));
}

#[test]
fn http2_carries_many_at_a_time() {
    run(async {
        let (_, served) = with_server(quick(), service_fn(echo), async |address| {
            let client = client_of(Protocol::Http2);
            // The first one connects, the others wait for it.
            let asks = (0..100).map(|n| {
                let client = client.clone();
                async move {
                    let answer = client.request(post(address, "/", format!("{n}"))).await.unwrap();
                    assert_eq!(answer.version(), hyper::Version::HTTP_2);
                    assert_eq!(text(answer).await, n.to_string());
                }
            });
            gather(asks).await;
            assert_eq!(client.connections(), 1);
        })
        .await;
        assert_eq!((served.accepted, served.failed), (1, 0));
    });
}

/// More than any buffer holds, in both directions.
#[test]
fn large_bodies_come_back() {
    let bytes = Bytes::from((0..4_000_000_u32).map(|n| (n * 7) as u8).collect::<Vec<_>>());
    for protocol in [Protocol::Http1, Protocol::Http2] {
        run(with_server(quick(), service_fn(echo), async |address| {
            use http_body_util::BodyExt;
            let client = client_of(protocol);
            let answer = client.request(post(address, "/", bytes.clone())).await.unwrap();
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert!(body == bytes, "{protocol:?}");
        }));
    }
}

#[test]
fn a_server_may_speak_one_version_only() {
    let only = |protocol| ServeOptions { protocol, ..quick() };
    for protocol in [Protocol::Http1, Protocol::Http2] {
        let other = if protocol == Protocol::Http1 { Protocol::Http2 } else { Protocol::Http1 };
        run(with_server(only(protocol), service_fn(echo), async |address| {
            let answer = client_of(protocol).request(post(address, "/", "x")).await.unwrap();
            assert_eq!(text(answer).await, "x");
            client_of(other).request(post(address, "/", "x")).await.unwrap_err();
        }));
    }
}

#[test]
fn unix_sockets_serve_as_well() {
    let path = std::env::temp_dir().join(format!("evenkeel-hyper-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    run(async {
        let listener = UnixListener::bind(&path).unwrap();
        let server = create_task(serve(listener, service_fn(echo)).into_future());
        let to = path.clone();
        let connect = ConnectWith(move |_: Uri| UnixStream::connect(to.clone()));
        let client = Client::<Full<Bytes>, _>::with_connector(ClientOptions::default(), connect);
        let answer = client.get("http://any/path".parse().unwrap()).await.unwrap();
        assert_eq!(text(answer).await, "/path");
        server.cancelled().await;
    });
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn each_connection_may_have_a_service_of_its_own() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = serve_each(listener, |peer| {
            let port = peer.port();
            service_fn(move |_| async move { Answer::Ok(Response::new(port.to_string().into())) })
        });
        let server = create_task(server.into_future());
        let stream = TcpStream::connect(address).await.unwrap();
        (&stream).write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let port = stream.local_addr().unwrap().port().to_string();
        assert!(response(&stream).await.ends_with(&port));
        server.cancelled().await;
    });
}

/// Any futures-io stream does, if a handshake makes one.
#[test]
fn a_handshake_makes_the_stream() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server =
            serve(listener, service_fn(echo)).with_handshake(|mut stream: TcpStream| async move {
                let mut word = [0; 4];
                stream.read_exact(&mut word).await?;
                assert_eq!(&word, b"ahoy");
                Ok(stream)
            });
        let server = create_task(server.into_future());
        let connect = ConnectWith(move |_: Uri| async move {
            let mut stream = TcpStream::connect(address).await?;
            stream.write_all(b"ahoy").await?;
            Ok(stream)
        });
        for protocol in [Protocol::Http1, Protocol::Http2] {
            let options = ClientOptions { protocol, ..ClientOptions::default() };
            let client = Client::<Full<Bytes>, _>::with_connector(options, connect);
            let large = "large".repeat(100_000);
            let answer = client.request(post(address, "/", large.clone())).await.unwrap();
            assert_eq!(text(answer).await, large);
        }
        server.cancelled().await;
    });
}

async fn upgrading(mut request: Request<Incoming>) -> Answer {
    create_task(async move {
        let mut stream = HyperIo::new(hyper::upgrade::on(&mut request).await.unwrap());
        let mut word = [0; 4];
        stream.read_exact(&mut word).await.unwrap();
        word.reverse();
        stream.write_all(&word).await.unwrap();
        stream.close().await.unwrap();
    })
    .detach();
    let response = Response::builder().status(StatusCode::SWITCHING_PROTOCOLS);
    let response = response.header(CONNECTION, "upgrade").header(UPGRADE, "backwards");
    Ok(response.body(Full::default()).unwrap())
}

#[test]
fn a_connection_may_be_upgraded() {
    run(with_server(quick(), service_fn(upgrading), async |address| {
        let mut ask = post(address, "/", "");
        ask.headers_mut().insert(CONNECTION, "upgrade".parse().unwrap());
        ask.headers_mut().insert(UPGRADE, "backwards".parse().unwrap());
        let answer = client_of(Protocol::Http1).request(ask).await.unwrap();
        assert_eq!(answer.status(), StatusCode::SWITCHING_PROTOCOLS);
        let mut stream = HyperIo::new(hyper::upgrade::on(answer).await.unwrap());
        stream.write_all(b"ahoy").await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "yoha");
    }));
}

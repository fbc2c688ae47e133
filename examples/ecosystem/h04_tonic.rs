//! tonic: a gRPC service and its client, without `tonic::transport`, which wants tokio.
//!
//! The service is written by hand, so that no `protoc` is needed. One that `tonic-build` made goes into
//! `Routes::new` and over a `Client` in the same way.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Buf, BufMut};
use evenkeel::net::TcpListener;
use evenkeel::{create_task, oneshot};
use evenkeel_ecosystem::{Done, threads};
use evenkeel_hyper::{Client, ClientOptions, Protocol, TowerService, serve};
use tonic::body::Body;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::{Code, Request, Response, Status};
use tower::{Service, service_fn};

/// Messages that are plain text; prost's are what one has otherwise.
#[derive(Clone, Copy, Default)]
struct Text;

impl Codec for Text {
    type Encode = String;
    type Decode = String;
    type Encoder = Text;
    type Decoder = Text;

    fn encoder(&mut self) -> Text {
        Text
    }

    fn decoder(&mut self) -> Text {
        Text
    }
}

impl Encoder for Text {
    type Item = String;
    type Error = Status;

    fn encode(&mut self, item: String, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put_slice(item.as_bytes());
        Ok(())
    }
}

impl Decoder for Text {
    type Item = String;
    type Error = Status;

    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<String>, Status> {
        let bytes = from.copy_to_bytes(from.remaining());
        let text = String::from_utf8(bytes.to_vec());
        text.map(Some).map_err(|_| Status::invalid_argument("no text"))
    }
}

/// What `tonic-build` would generate.
#[derive(Clone)]
struct Greeter;

impl NamedService for Greeter {
    const NAME: &'static str = "ahoy.Greeter";
}

async fn hail(request: Request<String>) -> Result<Response<String>, Status> {
    match request.into_inner() {
        name if name.is_empty() => Err(Status::invalid_argument("nobody is called that")),
        name => Ok(Response::new(format!("ahoy {name}"))),
    }
}

impl Service<http::Request<Body>> for Greeter {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<http::Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(async move {
            let mut grpc = tonic::server::Grpc::new(Text);
            Ok(match request.uri().path() {
                "/ahoy.Greeter/Hail" => grpc.unary(service_fn(hail), request).await,
                _ => Status::unimplemented("there is only Hail").into_http(),
            })
        })
    }
}

fn main() -> Done {
    evenkeel::run(async {
        let routes = Routes::new(Greeter).prepare().into_axum_router();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::<()>();
        let server = serve(listener, TowerService::new(routes)).with_graceful_shutdown(stopped);
        let server = create_task(server.into_future());

        let options = ClientOptions { protocol: Protocol::Http2, ..ClientOptions::default() };
        let channel: Client<Body> = Client::with_options(options);
        let origin = format!("http://{address}").parse()?;
        let mut client = tonic::client::Grpc::with_origin(channel, origin);
        let mut call = async |method: &'static str, message: &str| {
            client.ready().await.map_err(|error| Status::unavailable(error.to_string()))?;
            let path = http::uri::PathAndQuery::from_static(method);
            client.unary(Request::new(message.to_owned()), path, Text).await
        };
        let said = call("/ahoy.Greeter/Hail", "keel").await?.into_inner();
        println!("{said}");
        assert_eq!(said, "ahoy keel");
        for (method, message, code) in [
            ("/ahoy.Greeter/Hail", "", Code::InvalidArgument),
            ("/ahoy.Greeter/Sink", "x", Code::Unimplemented),
            ("/ahoy.Nobody/Hail", "x", Code::Unimplemented),
        ] {
            let status = call(method, message).await.unwrap_err();
            println!("{method}: {status}");
            assert_eq!(status.code(), code);
        }

        drop(stop);
        println!("{:?}; threads: {:?}", server.await?, threads());
        assert!(!threads().iter().any(|name| name.contains("tokio")));
        Ok(())
    })
}

//! hyper on evenkeel: what it asks of a runtime, a server loop, and a small client.
//!
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What hyper asks of a runtime.
mod executor; // start here
mod contained;
mod timer;
mod stream;
mod io;
#[expect(unsafe_code, reason = "hyper lends memory that is not initialised")]
mod cursor;

// A server.
#[cfg(feature = "server")]
mod server;

// A client.
#[cfg(feature = "client")]
mod client;

// Services of tower.
#[cfg(feature = "tower")]
mod tower;

#[cfg(any(feature = "server", feature = "client"))]
mod loom;

#[cfg(feature = "client")]
pub use client::{Client, ClientError, ClientOptions, Connect, ConnectTcp, ConnectWith};
#[cfg(feature = "server")]
pub use evenkeel::net::Listener;
pub use executor::HyperExecutor;
pub use io::HyperIo;
#[cfg(feature = "server")]
pub use server::{
    AcceptWith, ConnectionError, Handshake, HttpService, MakeEach, MakeService, OnError, Plain,
    Serve, ServeOptions, ServeStatistics, serve, serve_each,
};
pub use stream::{HyperStream, Socket};
pub use timer::{HyperSleep, HyperTimer};
#[cfg(feature = "tower")]
pub use tower::{
    TimeoutFuture, TimeoutLayer, TimeoutService, TowerFuture, TowerService, timeout_layer,
};

/// Which version of HTTP a connection speaks.
#[cfg(any(feature = "server", feature = "client"))]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Protocol {
    /// A server: what the first bytes say. A client: HTTP/1.1.
    #[default]
    Auto,
    /// HTTP/1.1, or 1.0.
    Http1,
    /// HTTP/2; a client begins with it unasked ("prior knowledge").
    Http2,
}

/// An error of somebody's service, body or connector.
#[cfg(any(feature = "server", feature = "client", feature = "tower"))]
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

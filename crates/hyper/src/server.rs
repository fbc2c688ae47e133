//! A server loop: connections are accepted, served as children, and ended in order.

mod serve; /* start here */
mod service;
mod options;
mod handshake;
mod connection;
mod preface;
mod watched;
mod streams;

pub use handshake::{AcceptWith, Handshake, Plain};
pub use options::{ConnectionError, OnError, ServeOptions, ServeStatistics};
pub use serve::{Serve, serve, serve_each};
pub use service::{HttpService, MakeEach, MakeService};

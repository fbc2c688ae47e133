//! Why there is no response.

use std::fmt;
use std::io;

/// Why a request had no response.
#[derive(Debug)]
#[non_exhaustive]
pub enum ClientError {
    /// The URI cannot be asked.
    Uri(&'static str),
    /// There was no connection to be had.
    Connect(io::Error),
    /// It took longer than [`ClientOptions`](crate::ClientOptions) lets it.
    TooSlow,
    /// The connection failed, or what came was no HTTP.
    Http(hyper::Error),
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ClientError::Uri(what) => f.write_str(what),
            ClientError::Connect(error) => write!(f, "cannot connect: {error}"),
            ClientError::TooSlow => f.write_str("no response in time"),
            ClientError::Http(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ClientError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            ClientError::Connect(error) => Some(error),
            ClientError::Http(error) => error.source(),
            _ => None,
        }
    }
}

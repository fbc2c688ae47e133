//! What is asked of whom: the plan of a load, and its form on a command line.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::str::FromStr;

/// The body of the answer that [`Kind::Http`] wants.
pub(crate) const HELLO: &str = "Hello, world!";

/// One load.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) kind: Kind,
    /// Each with one request under way at any time.
    pub(crate) connections: usize,
    /// Open beside those, and silent.
    pub(crate) idle: usize,
    pub(crate) target: Target,
}

/// A request, and what its answer must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    /// So many bytes, answered with the same bytes.
    Echo(usize),
    /// A connection for each request, which is an echo of so many bytes; then the server closes.
    Connect(usize),
    /// `GET /`, answered with [`HELLO`].
    Http,
}

/// Where the server listens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

impl Target {
    /// Where a Unix socket of this process may be.
    pub(crate) fn own_path() -> PathBuf {
        std::env::temp_dir().join(format!("evenkeel-bench-{}.sock", std::process::id()))
    }

    pub(crate) fn connect(&self) -> io::Result<OwnedFd> {
        Ok(match self {
            Target::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_nodelay(true)?;
                stream.into()
            }
            Target::Unix(path) => UnixStream::connect(path)?.into(),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Tcp(address) => write!(f, "{address}"),
            Target::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

impl FromStr for Target {
    type Err = io::Error;

    /// What is no address is a path.
    fn from_str(text: &str) -> io::Result<Target> {
        Ok(text.parse().map_or_else(|_| Target::Unix(text.into()), Target::Tcp))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Kind::Echo(size) => write!(f, "echo:{size}"),
            Kind::Connect(size) => write!(f, "connect:{size}"),
            Kind::Http => write!(f, "http:0"),
        }
    }
}

impl FromStr for Kind {
    type Err = io::Error;

    fn from_str(text: &str) -> io::Result<Kind> {
        let (name, size) = text.split_once(':').unwrap_or((text, "0"));
        let size = size.parse().map_err(io::Error::other)?;
        match name {
            "echo" => Ok(Kind::Echo(size)),
            "connect" => Ok(Kind::Connect(size)),
            "http" => Ok(Kind::Http),
            _ => Err(io::Error::other(format!("there is no load `{text}`"))),
        }
    }
}

impl Plan {
    /// `KIND CONNECTIONS IDLE TARGET`.
    pub(crate) fn parse(words: [&str; 4]) -> io::Result<Plan> {
        Ok(Plan {
            kind: words[0].parse()?,
            connections: words[1].parse().map_err(io::Error::other)?,
            idle: words[2].parse().map_err(io::Error::other)?,
            target: words[3].parse()?,
        })
    }

    /// The same words again.
    pub(crate) fn words(&self) -> [String; 4] {
        [
            self.kind.to_string(),
            self.connections.to_string(),
            self.idle.to_string(),
            self.target.to_string(),
        ]
    }
}

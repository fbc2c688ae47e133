//! How sockets are made: what must be said before they are bound or connected.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

use super::resolver::Resolver;

/// How to listen; see [`TcpListener::bind_with`](super::TcpListener::bind_with).
#[derive(Clone, Debug)]
pub struct BindOptions {
    /// Connections the kernel holds until they are accepted, at most; it cuts this to a limit of its own.
    pub backlog: i32,
    /// Bind although connections of an earlier listener at this address linger (`SO_REUSEADDR`).
    pub reuse_address: bool,
    /// Share the address with other listeners that do so too (`SO_REUSEPORT`).
    pub reuse_port: bool,
    /// An IPv6 listener takes IPv6 only, or (`false`) also IPv4. `None`: as the system is set.
    pub only_v6: Option<bool>,
}

impl Default for BindOptions {
    /// What a server wants: room for bursts, and to be restarted at once.
    fn default() -> BindOptions {
        BindOptions { backlog: 4096, reuse_address: true, reuse_port: false, only_v6: None }
    }
}

/// How to make a UDP socket; see [`UdpSocket::bind_with`](super::UdpSocket::bind_with).
#[derive(Clone, Debug, Default)]
pub struct UdpOptions {
    /// Bind although another socket that says so too has the address (`SO_REUSEADDR`): with multicast each
    /// hears everything.
    pub reuse_address: bool,
    /// Share the address with others that do so too (`SO_REUSEPORT`): each datagram goes to one of them.
    pub reuse_port: bool,
    /// An IPv6 socket takes IPv6 only, or (`false`) also IPv4. `None`: as the system is set.
    pub only_v6: Option<bool>,
    /// Bytes the kernel keeps until they are received; it may take another number. `None`: as it likes.
    pub receive_buffer: Option<usize>,
    /// Bytes the kernel takes before sending waits. `None`: as it likes.
    pub send_buffer: Option<usize>,
}

/// How to connect; see [`TcpStream::connect_with`](super::TcpStream::connect_with).
#[derive(Clone)]
pub struct ConnectOptions {
    /// How long one address may be silent before the next is tried beside it. Shorter opens connections that
    /// are thrown away, longer keeps the user waiting. Default: 250 ms, as RFC 8305 recommends.
    pub next_attempt: Duration,
    /// How long an attempt may take at all. `None`: as long as the system is patient, some two minutes.
    pub attempt_timeout: Option<Duration>,
    /// Who looks up names. `None`: who was [set](super::set_resolver) for this task, else the system.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// The address to connect from. `None`: one the system chooses.
    pub from: Option<SocketAddr>,
    /// Small writes are sent at once (`TCP_NODELAY`). Default: false, as the system has it.
    pub nodelay: bool,
    /// Ask an other side that is silent whether it is still there.
    pub keepalive: Option<Keepalive>,
    /// Bytes the kernel keeps until they are read, at most; also the window it offers. `None`: as it likes.
    pub receive_buffer: Option<usize>,
    /// Bytes the kernel takes before writing waits. `None`: as it likes.
    pub send_buffer: Option<usize>,
}

impl Default for ConnectOptions {
    fn default() -> ConnectOptions {
        ConnectOptions {
            next_attempt: Duration::from_millis(250),
            attempt_timeout: None,
            resolver: None,
            from: None,
            nodelay: false,
            keepalive: None,
            receive_buffer: None,
            send_buffer: None,
        }
    }
}

/// When a silent connection is given up: after `idle`, and `retries` questions without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keepalive {
    /// Silence before the first question.
    pub idle: Duration,
    /// Between two questions. `None`: as the system is set (75 s on Linux).
    pub interval: Option<Duration>,
    /// How many questions. `None`: as the system is set (9 on Linux).
    pub retries: Option<u32>,
}

impl Keepalive {
    /// Asked after so long a silence; the rest as the system is set.
    pub fn after(idle: Duration) -> Keepalive {
        Keepalive { idle, interval: None, retries: None }
    }

    pub(super) fn to_system(self) -> TcpKeepalive {
        let mut keepalive = TcpKeepalive::new().with_time(self.idle);
        if let Some(interval) = self.interval {
            keepalive = keepalive.with_interval(interval);
        }
        if let Some(retries) = self.retries {
            keepalive = keepalive.with_retries(retries);
        }
        keepalive
    }
}

impl BindOptions {
    pub(super) fn apply(&self, socket: &Socket, address: SocketAddr) -> io::Result<()> {
        socket.set_reuse_address(self.reuse_address)?;
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        only_v6(socket, address, self.only_v6)
    }
}

impl UdpOptions {
    pub(super) fn apply(&self, socket: &Socket, address: SocketAddr) -> io::Result<()> {
        socket.set_reuse_address(self.reuse_address)?;
        if self.reuse_port {
            socket.set_reuse_port(true)?;
        }
        buffers(socket, self.receive_buffer, self.send_buffer)?;
        only_v6(socket, address, self.only_v6)
    }
}

impl ConnectOptions {
    /// Whether the socket is as the system makes it.
    pub(super) fn is_plain(&self) -> bool {
        self.from.is_none()
            && !self.nodelay
            && self.keepalive.is_none()
            && self.receive_buffer.is_none()
            && self.send_buffer.is_none()
    }

    pub(super) fn apply(&self, socket: &Socket) -> io::Result<()> {
        if self.nodelay {
            socket.set_tcp_nodelay(true)?;
        }
        if let Some(keepalive) = self.keepalive {
            socket.set_tcp_keepalive(&keepalive.to_system())?;
        }
        buffers(socket, self.receive_buffer, self.send_buffer)?;
        match self.from {
            Some(from) => socket.bind(&from.into()),
            None => Ok(()),
        }
    }
}

fn buffers(socket: &Socket, receive: Option<usize>, send: Option<usize>) -> io::Result<()> {
    if let Some(size) = receive {
        socket.set_recv_buffer_size(size)?;
    }
    if let Some(size) = send {
        socket.set_send_buffer_size(size)?;
    }
    Ok(())
}

fn only_v6(socket: &Socket, address: SocketAddr, only: Option<bool>) -> io::Result<()> {
    match only {
        Some(only) if address.is_ipv6() => socket.set_only_v6(only),
        _ => Ok(()),
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectOptions")
            .field("next_attempt", &self.next_attempt)
            .field("attempt_timeout", &self.attempt_timeout)
            .field("resolver", &self.resolver.as_ref().map(|_| "given"))
            .field("from", &self.from)
            .field("nodelay", &self.nodelay)
            .field("keepalive", &self.keepalive)
            .field("receive_buffer", &self.receive_buffer)
            .field("send_buffer", &self.send_buffer)
            .finish()
    }
}

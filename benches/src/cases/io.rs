//! A server on loopback under load. What counts is the processor time of the server's process, per
//! request: client and server share the cores, so the wall tells little.

use super::{Case, on, on_each};

mod served; // the server's side of a load
mod echo; // bytes sent back, and connections
mod http; // hyper
mod memory; // streams without a kernel
mod names; // looked up
mod system; // children and files
mod limit; // the same by epoll alone

pub(super) use echo::send_back;
pub(crate) use http::hello;
pub(super) use served::Served;

const CONNECTIONS: &str = "connections";

pub(super) const CASES: &[Case] = &[
    Case {
        name: "echo_64",
        sizes: &[10, 50, 1_000, 10_000],
        axis: Some(CONNECTIONS),
        meaning: "a 64-byte request on TCP, answered with the same bytes: the server's share",
        on: on!(Tcp, echo::tcp_64),
        limit: Some(limit::tcp_64),
        quick: true,
        ..IO
    },
    Case {
        name: "echo_64_idle",
        sizes: &[1_000, 10_000],
        axis: Some("idle connections"),
        meaning: "the same on 50 connections, beside others that are silent",
        on: on!(Tcp, echo::tcp_idle),
        limit: Some(limit::tcp_idle),
        ..IO
    },
    Case {
        name: "echo_64_fit",
        meaning: "a 64-byte request read into a buffer of 64 bytes, 50 connections",
        on: on!(Tcp, echo::tcp_fit),
        limit: Some(limit::tcp_fit),
        ..IO
    },
    Case {
        name: "echo_16k",
        meaning: "a request of 16 KiB on TCP, 50 connections",
        on: on!(Tcp, echo::tcp_16k),
        limit: Some(limit::tcp_16k),
        ..IO
    },
    Case {
        name: "uds_64",
        asyncio: "start_unix_server",
        meaning: "a 64-byte request on a Unix socket, 50 connections",
        on: on!(Unix, echo::unix_64),
        limit: Some(limit::unix_64),
        ..IO
    },
    Case {
        name: "connect",
        meaning: "a connection accepted, its 64 bytes sent back, and closed; 50 at a time",
        on: on!(Tcp, echo::connect),
        limit: Some(limit::connect),
        ..IO
    },
    Case {
        name: "http",
        asyncio: "",
        meaning: "hello world by hyper, 50 kept connections",
        quick: true,
        on: on!(Http, http::serve),
        ..IO
    },
    Case {
        name: "duplex",
        asyncio: "",
        meaning: "64 bytes written by one task and read by another, through a stream in memory of 4 KiB",
        on: on!(Pipes, memory::duplex),
        ..IO
    },
    Case {
        name: "dns",
        asyncio: "getaddrinfo",
        meaning: "`localhost` looked up by the system, on a thread",
        on: on!(Names, names::lookup),
        ..IO
    },
    Case {
        name: "process",
        asyncio: "create_subprocess_exec",
        meaning: "a child that ends at once, started and waited for; 10 at a time",
        on: on!(Processes, system::process),
        ..IO
    },
    Case {
        name: "file_copy",
        asyncio: "",
        meaning: "64 KiB read from a file and written to another, by the streams",
        on: on!(Files, system::copy),
        ..IO
    },
    Case {
        name: "file_read",
        asyncio: "",
        meaning: "4 KiB read from a file that the kernel has in memory",
        on: on!(Files, system::read),
        ..IO
    },
];

const IO: Case = Case { group: "io", asyncio: "start_server", ..Case::DEFAULT };

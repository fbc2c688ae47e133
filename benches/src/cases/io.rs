//! Sockets: a server on loopback, its client in a process of its own.

use super::{Case, on, on_each};

mod echo;

const IO: Case = Case { group: "io", asyncio: "start_server", ..Case::DEFAULT };

pub(super) const CASES: &[Case] = &[Case {
    name: "tcp_echo",
    meaning: "a 64-byte request, 50 connections, the server's share",
    quick: true,
    on: on!(Net, echo::serve),
    ..IO
}];

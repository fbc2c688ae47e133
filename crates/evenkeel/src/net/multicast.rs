//! Multicast: what a UDP socket hears of groups, and how what it sends to them travels.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use socket2::SockRef;

use super::udp::UdpSocket;

impl UdpSocket {
    /// Hears what is sent to a group, by the interface with that address (unspecified: one the system
    /// chooses).
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn join_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.source.get_ref().join_multicast_v4(&group, &interface)
    }

    /// Hears a group no more.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn leave_multicast_v4(&self, group: Ipv4Addr, interface: Ipv4Addr) -> io::Result<()> {
        self.source.get_ref().leave_multicast_v4(&group, &interface)
    }

    /// Hears what is sent to a group, by the interface with that index (0: one the system chooses).
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn join_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.source.get_ref().join_multicast_v6(&group, interface)
    }

    /// Hears a group no more.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn leave_multicast_v6(&self, group: Ipv6Addr, interface: u32) -> io::Result<()> {
        self.source.get_ref().leave_multicast_v6(&group, interface)
    }

    /// Whether what it sends to a group is heard on this machine, too.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn multicast_loop_v4(&self) -> io::Result<bool> {
        self.source.get_ref().multicast_loop_v4()
    }

    /// Sets whether what it sends to a group is heard on this machine, too.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.source.get_ref().set_multicast_loop_v4(on)
    }

    /// Whether what it sends to a group is heard on this machine, too.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn multicast_loop_v6(&self) -> io::Result<bool> {
        self.source.get_ref().multicast_loop_v6()
    }

    /// Sets whether what it sends to a group is heard on this machine, too.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.source.get_ref().set_multicast_loop_v6(on)
    }

    /// How many hops lives what it sends to a group; 1 is this network.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn multicast_ttl_v4(&self) -> io::Result<u32> {
        self.source.get_ref().multicast_ttl_v4()
    }

    /// Sets how many hops lives what it sends to a group.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_multicast_ttl_v4(&self, ttl: u32) -> io::Result<()> {
        self.source.get_ref().set_multicast_ttl_v4(ttl)
    }

    /// How many hops lives what it sends to a group; 1 is this network.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn multicast_hops_v6(&self) -> io::Result<u32> {
        self.as_socket().multicast_hops_v6()
    }

    /// Sets how many hops lives what it sends to a group.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_multicast_hops_v6(&self, hops: u32) -> io::Result<()> {
        self.as_socket().set_multicast_hops_v6(hops)
    }

    /// By which interface, told by its address, it sends to groups; unspecified: one the system chooses.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn multicast_interface_v4(&self) -> io::Result<Ipv4Addr> {
        self.as_socket().multicast_if_v4()
    }

    /// Sets by which interface it sends to groups.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_multicast_interface_v4(&self, interface: Ipv4Addr) -> io::Result<()> {
        self.as_socket().set_multicast_if_v4(&interface)
    }

    /// By which interface, told by its index, it sends to groups; 0: one the system chooses.
    ///
    /// # Errors
    ///
    /// Those of asking the kernel.
    pub fn multicast_interface_v6(&self) -> io::Result<u32> {
        self.as_socket().multicast_if_v6()
    }

    /// Sets by which interface it sends to groups.
    ///
    /// # Errors
    ///
    /// Those of telling the kernel.
    pub fn set_multicast_interface_v6(&self, interface: u32) -> io::Result<()> {
        self.as_socket().set_multicast_if_v6(interface)
    }

    fn as_socket(&self) -> SockRef<'_> {
        SockRef::from(self.source.get_ref())
    }
}

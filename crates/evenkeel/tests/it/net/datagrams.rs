//! Many datagrams at once, and groups.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use evenkeel::net::{BindOptions, Datagrams, TcpListener, TcpStream, UdpOptions, UdpSocket};
use evenkeel::{create_task, run, timeout};
use socket2::SockRef;

use super::on_each;

const LONG: Duration = Duration::from_secs(20);

#[test]
fn many_go_and_come_at_once() {
    on_each(|| async {
        let one = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let options = UdpOptions { receive_buffer: Some(1 << 20), ..UdpOptions::default() };
        let two = UdpSocket::bind_with("127.0.0.1:0", options).await.unwrap();
        let to = two.local_addr().unwrap();
        let all: Vec<_> = (0..150_u8).map(|n| (vec![n; 1 + usize::from(n)], to)).collect();
        assert_eq!(one.send_many(&all[..0]).await.unwrap(), 0);
        let mut sent = 0;
        while sent < all.len() {
            sent += one.send_many(&all[sent..]).await.unwrap();
        }
        let mut room = Datagrams::new(64, 100);
        let mut heard = Vec::new();
        while heard.len() < all.len() {
            let n = two.recv_many(&mut room).await.unwrap();
            assert_eq!((n, room.is_empty()), (room.len(), false));
            assert!(room.iter().all(|(_, from)| from == one.local_addr().unwrap()));
            heard.extend(room.iter().map(|(bytes, _)| bytes.to_vec()));
        }
        // In order; what is too long is cut off.
        let cut: Vec<_> =
            all.iter().map(|(bytes, _)| bytes[..bytes.len().min(100)].to_vec()).collect();
        assert_eq!(heard, cut);
    });
}

#[test]
fn receiving_many_waits_for_the_first() {
    on_each(|| async {
        let (one, two) =
            (UdpSocket::bind("127.0.0.1:0").await, UdpSocket::bind("127.0.0.1:0").await);
        let (one, two) = (one.unwrap(), two.unwrap());
        let to = two.local_addr().unwrap();
        let error = two.try_recv_from(&mut [0; 8]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
        let waits = create_task(async move {
            let mut room = Datagrams::new(8, 8);
            two.recv_many(&mut room).await.map(|n| (n, format!("{room:?}")))
        });
        evenkeel::yield_now().await;
        assert_eq!(one.try_send_to(b"ahoy", to).unwrap(), 4);
        let (n, shown) = timeout(LONG, waits).await.unwrap().unwrap();
        assert_eq!((n, shown), (1, format!("[(4, {})]", one.local_addr().unwrap())));
    });
}

#[test]
fn groups() {
    run(async {
        let options = UdpOptions { reuse_address: true, ..UdpOptions::default() };
        let socket = UdpSocket::bind_with("0.0.0.0:0", options).await.unwrap();
        socket.set_multicast_ttl_v4(3).unwrap();
        assert_eq!(socket.multicast_ttl_v4().unwrap(), 3);
        socket.set_multicast_loop_v4(false).unwrap();
        assert!(!socket.multicast_loop_v4().unwrap());
        socket.set_multicast_loop_v4(true).unwrap();
        socket.set_multicast_interface_v4(Ipv4Addr::LOCALHOST).unwrap();
        assert_eq!(socket.multicast_interface_v4().unwrap(), Ipv4Addr::LOCALHOST);

        // What it says to a group on this machine, it hears, as long as it is one of it.
        let group = Ipv4Addr::new(239, 255, 77, 1);
        let port = socket.local_addr().unwrap().port();
        socket.join_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap();
        socket.send_to(b"all", (group, port)).await.unwrap();
        let mut heard = [0; 8];
        let (n, _) = timeout(LONG, socket.recv_from(&mut heard)).await.unwrap().unwrap();
        assert_eq!(&heard[..n], b"all");
        socket.leave_multicast_v4(group, Ipv4Addr::LOCALHOST).unwrap();
    });
}

/// A socket on all addresses of IPv6; `None`, and said so, where this machine has none.
async fn six(only: bool) -> Option<UdpSocket> {
    let options = UdpOptions { only_v6: Some(only), ..UdpOptions::default() };
    match UdpSocket::bind_with("[::]:0", options).await {
        Ok(socket) => Some(socket),
        Err(error) => {
            println!("skipped, there is no IPv6 here: {error}");
            None
        }
    }
}

#[test]
fn groups_of_six() {
    run(async {
        let Some(socket) = six(true).await else { return };
        socket.set_multicast_hops_v6(3).unwrap();
        assert_eq!(socket.multicast_hops_v6().unwrap(), 3);
        socket.set_multicast_loop_v6(false).unwrap();
        assert!(!socket.multicast_loop_v6().unwrap());
        socket.set_multicast_loop_v6(true).unwrap();
        assert!(socket.multicast_loop_v6().unwrap());
        // No interface has the greatest number; 0 lets the system choose.
        assert!(socket.set_multicast_interface_v6(i32::MAX as u32).is_err());
        socket.set_multicast_interface_v6(0).unwrap();
        assert_eq!(socket.multicast_interface_v6().unwrap(), 0);

        // No hop: it does not leave this machine.
        socket.set_multicast_hops_v6(0).unwrap();
        let group: Ipv6Addr = "ff12::7701".parse().unwrap();
        let port = socket.local_addr().unwrap().port();
        if let Err(error) = socket.join_multicast_v6(group, 0) {
            return println!("skipped the rest, no interface takes groups: {error}");
        }
        match socket.send_to(b"all", (group, port)).await {
            Ok(_) => {
                let mut heard = [0; 8];
                let (n, _) = timeout(LONG, socket.recv_from(&mut heard)).await.unwrap().unwrap();
                assert_eq!(&heard[..n], b"all");
            }
            Err(error) => println!("skipped sending, no way leads to groups: {error}"),
        }
        socket.leave_multicast_v6(group, 0).unwrap();
        assert!(socket.leave_multicast_v6(group, 0).is_err(), "left already");
    });
}

#[test]
fn six_alone_or_four_as_well() {
    run(async {
        let one = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        for only in [false, true] {
            let Some(two) = six(only).await else { return };
            assert_eq!(SockRef::from(&two).only_v6().unwrap(), only);
            let options = BindOptions { only_v6: Some(only), ..BindOptions::default() };
            let listener = TcpListener::bind_with("[::]:0", options).await.unwrap();
            assert_eq!(SockRef::from(&listener).only_v6().unwrap(), only);
            if only {
                continue; // Nobody hears of four then: there is nothing to wait for.
            }
            let port = two.local_addr().unwrap().port();
            one.send_to(b"ahoy", (Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let (_, from) = timeout(LONG, two.recv_from(&mut [0; 8])).await.unwrap().unwrap();
            assert_eq!(from.ip().to_canonical(), Ipv4Addr::LOCALHOST);
            let port = listener.local_addr().unwrap().port();
            let _client = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let (_, from) = timeout(LONG, listener.accept()).await.unwrap().unwrap();
            assert_eq!(from.ip().to_canonical(), Ipv4Addr::LOCALHOST);
        }
    });
}

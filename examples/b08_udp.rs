//! UDP: one datagram and its answer, many in one go, and a question asked again until it is answered.
//!
//! ```python
//! transport, protocol = await loop.create_datagram_endpoint(Protocol, local_addr=("127.0.0.1", 0))
//! transport.sendto(b"ahoy", address)
//! ```

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use evenkeel::net::{Datagrams, UdpSocket};
use evenkeel::{create_task, timeout};

/// How long an answer may take. Shorter asks twice where once would do, longer waits for what is lost.
const PATIENCE: Duration = Duration::from_millis(50);

/// Answers each datagram with the same, as many at a time as there are; loses the first of all.
async fn echo(socket: UdpSocket) -> io::Result<()> {
    let mut room = Datagrams::new(64, 1500);
    let mut lost = false;
    loop {
        socket.recv_many(&mut room).await?;
        let mut answers: Vec<(&[u8], SocketAddr)> = room.iter().collect();
        if !lost {
            answers.remove(0);
            lost = true;
        }
        let mut sent = 0;
        while sent < answers.len() {
            sent += socket.send_many(&answers[sent..]).await?;
        }
    }
}

fn main() -> io::Result<()> {
    evenkeel::run(async {
        let server = UdpSocket::bind("127.0.0.1:0").await?;
        let address = server.local_addr()?;
        let server = create_task(echo(server));

        // Datagrams get lost, so whoever asks asks again.
        let client = UdpSocket::bind("127.0.0.1:0").await?;
        client.connect(address).await?;
        let mut answer = [0; 64];
        let mut asked = 0;
        let n = loop {
            client.send(b"ahoy").await?;
            asked += 1;
            // Connected, it hears nobody else.
            if let Ok(answered) = timeout(PATIENCE, client.recv(&mut answer)).await {
                break answered?;
            }
        };
        println!("heard {:?}, asked {asked} times", String::from_utf8_lossy(&answer[..n]));
        assert!(&answer[..n] == b"ahoy" && asked >= 2);

        // A hundred in a few system calls, each way.
        let many = UdpSocket::bind("127.0.0.1:0").await?;
        let all: Vec<_> = (0..100_u32).map(|n| (n.to_be_bytes(), address)).collect();
        let (mut sent, mut heard) = (0, Vec::new());
        let mut room = Datagrams::new(32, 4);
        while heard.len() < all.len() {
            if sent < all.len() {
                sent += many.send_many(&all[sent..all.len().min(sent + 20)]).await?;
            }
            timeout(Duration::from_secs(10), many.recv_many(&mut room))
                .await
                .map_err(io::Error::other)??;
            heard.extend(room.iter().map(|(bytes, _)| bytes.to_vec()));
        }
        heard.sort();
        assert!(heard.iter().zip(&all).all(|(heard, (sent, _))| heard == sent));
        println!("and a hundred more");

        server.cancel();
        Ok(())
    })
}

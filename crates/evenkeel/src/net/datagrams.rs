//! Many datagrams in one go: one wait, and where the kernel can, one system call.

use std::fmt;
use std::io;
use std::io::ErrorKind::{Interrupted, WouldBlock};
use std::net::SocketAddr;

use super::udp::UdpSocket;

/// In one system call; the kernel takes 1024 at most.
#[cfg(target_os = "linux")]
const AT_ONCE: usize = 64;

/// Room for datagrams: so many, each of so many bytes at most. To be filled again and again by
/// [`UdpSocket::recv_many`].
pub struct Datagrams {
    bytes: Vec<u8>,
    size: usize,
    /// How long each is, and from whom.
    filled: Vec<(usize, SocketAddr)>,
    count: usize,
    /// What came behind the last of them: the kernel tells it once, and the next call passes it on.
    behind: Option<io::Error>,
}

impl Datagrams {
    /// Room for `count` datagrams of `size` bytes each.
    ///
    /// # Panics
    ///
    /// If either is 0, or both together are more than there can be.
    pub fn new(count: usize, size: usize) -> Datagrams {
        assert!(count > 0 && size > 0, "there must be room for a datagram");
        let all = count.checked_mul(size).expect("so many datagrams of that size do not exist");
        let filled = Vec::with_capacity(count);
        Datagrams { bytes: vec![0; all], size, filled, count, behind: None }
    }

    /// How many are there.
    pub fn len(&self) -> usize {
        self.filled.len()
    }

    /// Whether none is there.
    pub fn is_empty(&self) -> bool {
        self.filled.is_empty()
    }

    /// Each with its sender, in the order in which they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], SocketAddr)> {
        let rooms = self.bytes.chunks(self.size);
        self.filled.iter().zip(rooms).map(|((n, from), room)| (&room[..*n], *from))
    }

    /// What came behind the last of them.
    fn go_on(&mut self) -> io::Result<()> {
        match self.behind.take() {
            None => Ok(()),
            Some(error) => {
                self.filled.clear();
                Err(error)
            }
        }
    }

    /// As many as are there, without waiting; the first must be.
    fn fill(
        &mut self,
        mut receive: impl FnMut(&mut [u8]) -> io::Result<(usize, SocketAddr)>,
    ) -> io::Result<usize> {
        self.filled.clear();
        for room in self.bytes.chunks_mut(self.size).take(self.count) {
            match receive(room) {
                Ok(received) => self.filled.push(received),
                Err(error) if self.filled.is_empty() => return Err(error),
                Err(error) => {
                    let is_news = !matches!(error.kind(), WouldBlock | Interrupted);
                    self.behind = is_news.then_some(error);
                    break;
                }
            }
        }
        Ok(self.filled.len())
    }
}

impl fmt::Debug for Datagrams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.filled.iter()).finish()
    }
}

impl UdpSocket {
    /// Waits for a datagram, and takes all that are there, as far as there is room. How many. What was in the
    /// room before is forgotten; of a datagram that is too long the rest is cut off.
    ///
    /// ```
    /// # evenkeel::run(async {
    /// use evenkeel::net::{Datagrams, UdpSocket};
    ///
    /// let (one, two) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
    /// let to = two.local_addr()?;
    /// assert_eq!(one.send_many(&[("even", to), ("keel", to)]).await?, 2);
    /// let mut room = Datagrams::new(8, 1500);
    /// assert_eq!(two.recv_many(&mut room).await?, 2);
    /// let words: Vec<&[u8]> = room.iter().map(|(bytes, _)| bytes).collect();
    /// assert_eq!(words, [b"even", b"keel"]);
    /// # std::io::Result::Ok(()) }).unwrap();
    /// ```
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is either in the room or still there.
    ///
    /// # Errors
    ///
    /// Those of `recvfrom`; a connected socket also hears that an earlier datagram was refused. What comes behind
    /// a datagram is the answer of the next call with this room: use it up with the same socket.
    #[doc(alias = "recvmmsg")]
    pub async fn recv_many(&self, room: &mut Datagrams) -> io::Result<usize> {
        room.go_on()?; // Before the wait: the kernel has no news of what it told already.
        // One system call each: what could take many in one is not to be had safely.
        self.source.read_with(|socket| room.fill(|room| socket.recv_from(room))).await
    }

    /// Sends datagrams, each to its address, as many as go without waiting; waits for the first. How many
    /// were sent: go on with the others.
    ///
    /// # Cancellation
    ///
    /// *Nothing lost*: a datagram is sent whole or not at all; how many were is not told then.
    ///
    /// # Errors
    ///
    /// Those of `sendto`, if the first could not be sent.
    #[doc(alias = "sendmmsg")]
    pub async fn send_many<B: AsRef<[u8]>>(
        &self,
        datagrams: &[(B, SocketAddr)],
    ) -> io::Result<usize> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        self.source.write_with(|socket| send(socket, datagrams)).await
    }

    /// Receives a datagram that is there.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if none is: [`readable`](UdpSocket::readable) then waits for one. Those of `recvfrom`.
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.source.get_ref().recv_from(buf)
    }

    /// Sends a datagram if there is room for it.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is not: [`writable`](UdpSocket::writable) then waits until there is. Those of
    /// `sendto`.
    pub fn try_send_to(&self, buf: &[u8], address: SocketAddr) -> io::Result<usize> {
        self.source.get_ref().send_to(buf, address)
    }
}

/// The first must go, or would block; the others as far as they do.
fn send<B: AsRef<[u8]>>(
    socket: &std::net::UdpSocket,
    datagrams: &[(B, SocketAddr)],
) -> io::Result<usize> {
    let mut sent = 0;
    while sent < datagrams.len() {
        match send_some(socket, &datagrams[sent..]) {
            Ok(0) => break,
            Ok(n) => sent += n,
            Err(error) if error.kind() == Interrupted => {}
            Err(error) if sent == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(sent)
}

#[cfg(target_os = "linux")]
fn send_some<B: AsRef<[u8]>>(
    socket: &std::net::UdpSocket,
    datagrams: &[(B, SocketAddr)],
) -> io::Result<usize> {
    use std::io::IoSlice;

    use rustix::net::addr::SocketAddrArg;
    use rustix::net::{MMsgHdr, SendAncillaryBuffer, SendFlags, sendmmsg};

    let some = &datagrams[..datagrams.len().min(AT_ONCE)];
    let to: Vec<_> = some.iter().map(|(_, to)| to.as_any()).collect();
    let slices: Vec<_> = some.iter().map(|(bytes, _)| [IoSlice::new(bytes.as_ref())]).collect();
    let mut extras: Vec<_> = some.iter().map(|_| SendAncillaryBuffer::default()).collect();
    let all = to.iter().zip(&slices).zip(&mut extras);
    let mut messages: Vec<_> =
        all.map(|((to, slices), extra)| MMsgHdr::new_with_addr(to, slices, extra)).collect();
    Ok(sendmmsg(socket, &mut messages, SendFlags::empty())?)
}

#[cfg(not(target_os = "linux"))]
fn send_some<B: AsRef<[u8]>>(
    socket: &std::net::UdpSocket,
    datagrams: &[(B, SocketAddr)],
) -> io::Result<usize> {
    let (bytes, to) = &datagrams[0];
    socket.send_to(bytes.as_ref(), to).map(|_| 1)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_error_behind_datagrams_is_the_next_answer() {
        let from = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut room = Datagrams::new(4, 8);
        // As the kernel, which forgets what it has told.
        let mut answers = vec![
            Err(WouldBlock.into()),
            Ok((3, from)),
            Err(io::ErrorKind::ConnectionRefused.into()),
            Ok((1, from)),
            Ok((2, from)),
        ];
        let mut receive = |_: &mut [u8]| answers.pop().expect("not asked too often");
        assert_eq!(room.fill(&mut receive).unwrap(), 2);
        let error = room.go_on().and_then(|()| room.fill(&mut receive)).unwrap_err();
        assert_eq!((error.kind(), room.len()), (io::ErrorKind::ConnectionRefused, 0));
        assert_eq!(room.fill(&mut receive).unwrap(), 1);
    }

    #[test]
    fn it_does_not_wait_for_the_next_datagram() {
        let heard = crate::run(async {
            let socket = UdpSocket::bind("127.0.0.1:0").await?;
            let mut room = Datagrams::new(4, 8);
            let soon = Duration::from_millis(1);
            crate::timeout(soon, socket.recv_many(&mut room)).await.expect_err("none comes");
            room.behind = Some(io::ErrorKind::ConnectionRefused.into());
            let soon = Duration::from_secs(5);
            crate::timeout(soon, socket.recv_many(&mut room)).await.map_err(io::Error::other)?
        });
        assert_eq!(heard.unwrap_err().kind(), io::ErrorKind::ConnectionRefused);
    }
}

//! Frames of HTTP/2 by hand: what a client says that leaves, dawdles or does not listen.

use std::io;

use evenkeel::net::TcpStream;
use futures_lite::{AsyncReadExt, AsyncWriteExt};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
pub(crate) const HEADERS: u8 = 1;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

/// One frame.
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = (payload.len() as u32).to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// How a client begins. `wide`: whose windows are as large as windows get.
pub(crate) fn hello(wide: bool) -> Vec<u8> {
    if !wide {
        return [PREFACE, &frame(SETTINGS, 0, 0, &[])].concat();
    }
    let window = frame(SETTINGS, 0, 0, &[0, 4, 0x7f, 0xff, 0xff, 0xff]);
    let update = frame(WINDOW_UPDATE, 0, 0, &0x7fff_0000_u32.to_be_bytes());
    [PREFACE, &window, &update].concat()
}

/// `GET http://x/`, whole.
pub(crate) fn get(stream: u32) -> Vec<u8> {
    // :method GET, :scheme http, :path /, :authority x
    frame(HEADERS, 0x5, stream, &[0x82, 0x86, 0x84, 0x41, 0x01, b'x'])
}

/// Says it all at once.
pub(crate) async fn say(mut stream: &TcpStream, words: &[Vec<u8>]) -> io::Result<()> {
    stream.write_all(&words.concat()).await
}

/// Reads frames until one of this kind; its stream and payload. `None`: the end came first.
pub(crate) async fn until(mut stream: &TcpStream, kind: u8) -> Option<(u32, Vec<u8>)> {
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await.ok()?;
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        stream.read_exact(&mut payload).await.ok()?;
        if head[3] == kind {
            let id = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
            return Some((id, payload));
        }
    }
}

//! tokio's traits on our streams, and ours on theirs.

use std::io::SeekFrom;

use evenkeel::io::{TokioIo, duplex};
use evenkeel::run;

#[test]
fn ours_for_tokio() {
    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncSeekExt, AsyncWriteExt};
    run(async {
        let (one, two) = duplex(64);
        let (mut one, mut two) = (TokioIo::new(one), TokioIo::new(two));
        one.write_all(b"even").await.unwrap();
        assert!(tokio::io::AsyncWrite::is_write_vectored(&one));
        let slices = [std::io::IoSlice::new(b"ke"), std::io::IoSlice::new(b"el")];
        assert_eq!(one.write_vectored(&slices).await.unwrap(), 4);
        one.flush().await.unwrap();
        one.shutdown().await.unwrap();
        let mut heard = String::new();
        two.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "evenkeel");

        let mut lines = TokioIo::new(&b"one\ntwo"[..]);
        let mut line = String::new();
        lines.read_line(&mut line).await.unwrap();
        assert_eq!(line, "one\n");

        let mut cursor = TokioIo::new(evenkeel::io::Cursor::new(b"0123456789".to_vec()));
        assert_eq!(cursor.seek(SeekFrom::End(-3)).await.unwrap(), 7);
        assert_eq!(cursor.stream_position().await.unwrap(), 7);
        let mut rest = String::new();
        cursor.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "789");
    });
}

#[test]
fn theirs_for_us() {
    use evenkeel::io::prelude::*;
    run(async {
        let (one, two) = tokio::io::duplex(64);
        let (mut one, mut two) = (TokioIo::new(one), TokioIo::new(two));
        one.write_all(b"evenkeel").await.unwrap();
        one.close().await.unwrap();
        let mut heard = String::new();
        two.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "evenkeel");
        let _ = two.get_ref();
        let _ = two.get_mut();

        let mut lines = TokioIo::new(&b"one\ntwo"[..]).lines();
        assert_eq!(lines.next().await.unwrap().unwrap(), "one");

        let mut cursor = TokioIo::new(std::io::Cursor::new(b"0123456789".to_vec()));
        assert_eq!(cursor.seek(SeekFrom::Start(8)).await.unwrap(), 8);
        assert_eq!(cursor.seek(SeekFrom::Current(-1)).await.unwrap(), 7);
        let mut rest = String::new();
        cursor.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "789");
    });
}

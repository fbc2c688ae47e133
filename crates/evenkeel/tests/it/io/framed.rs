//! Lines and frames with their length: cut anywhere, too long, broken off.

use std::io::ErrorKind;
use std::time::Duration;

use evenkeel::io::prelude::*;
use evenkeel::io::{ByteOrder, Framed, Lengths, Lines, duplex, sink};
use evenkeel::{create_task, gather, run, testing, timeout, yield_now};
use futures_lite::future::poll_once;

use super::Pieces;

/// Each frame, and the error that ended them.
async fn all<C: evenkeel::io::Codec>(
    pieces: &[&[u8]],
    codec: C,
) -> (Vec<C::Frame>, Option<String>) {
    let mut framed = Framed::new(Pieces::of(pieces), codec);
    let (mut frames, mut error) = (Vec::new(), None);
    while let Some(frame) = framed.next().await {
        assert!(error.is_none(), "after an error it is over");
        match frame {
            Ok(frame) => frames.push(frame),
            Err(it) => error = Some(it.to_string()),
        }
    }
    (frames, error)
}

#[test]
fn lines_wherever_they_are_cut() {
    run(async {
        let text = b"one\r\n\ntwo\r\nthree\r";
        for cut in 0..text.len() {
            let pieces: Vec<&[u8]> = vec![&text[..cut], &text[cut..]];
            let pieces: Vec<_> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
            let (lines, error) = all(&pieces, Lines::up_to(5)).await;
            assert_eq!(
                (lines, error),
                (["one", "", "two", "three"].map(String::from).to_vec(), None)
            );
        }
        let one_at_a_time: Vec<&[u8]> = text.chunks(1).collect();
        assert_eq!(all(&one_at_a_time, Lines::default()).await.0.len(), 4);
        assert_eq!(all(&[], Lines::default()).await.0.len(), 0);
    });
}

#[test]
fn a_line_that_is_too_long() {
    run(async {
        let too_long = Some("a line is longer than 4 bytes".to_owned());
        assert_eq!(
            all(&[b"even\nkeeel\nx\n"], Lines::up_to(4)).await,
            (vec!["even".into()], too_long.clone())
        );
        // Told before its end comes, which may be never.
        let (mut one, two) = duplex(64);
        one.write_all(b"xxxxxx").await.unwrap();
        let mut lines = Framed::new(two, Lines::up_to(4));
        let error = lines.next().await.unwrap().unwrap_err();
        assert_eq!((error.kind(), Some(error.to_string())), (ErrorKind::InvalidData, too_long));
        let error = lines.send("keeel").await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
        let error = lines.send("a\nb").await.unwrap_err();
        assert_eq!(error.to_string(), "a line holds the end of a line");
    });
}

#[test]
fn lengths_wherever_they_are_cut() {
    run(async {
        let bytes = b"\x03\0one\0\0\x05\0three";
        for cut in 1..bytes.len() {
            let codec = Lengths { width: 2, order: ByteOrder::Little, longest: 5 };
            let (frames, error) = all(&[&bytes[..cut], &bytes[cut..]], codec).await;
            assert_eq!((frames, error), (vec![b"one".to_vec(), vec![], b"three".to_vec()], None));
        }
        let broken_off = Some("the stream ended within a frame".to_owned());
        for bytes in [&b"\0"[..], b"\0\0\0\x04", b"\0\0\0\x04aho"] {
            assert_eq!(all(&[bytes], Lengths::default()).await, (vec![], broken_off.clone()));
        }
    });
}

#[test]
fn a_length_that_is_a_lie_costs_no_memory() {
    run(async {
        let (frames, error) =
            all(&[b"\xff\xff\xff\xff\xff\xff\xff\xff"], Lengths { width: 8, ..Lengths::default() })
                .await;
        assert!(frames.is_empty());
        assert_eq!(
            error.unwrap(),
            format!("a frame of {} bytes: the longest may have 8388608", u64::MAX)
        );
        // One within the limit is believed only as far as bytes come.
        let (_, error) = all(&[b"\0\x7f\xff\xffahoy"], Lengths::default()).await;
        assert_eq!(error.as_deref(), Some("the stream ended within a frame"));
    });
}

#[test]
fn there_and_back() {
    run(async {
        let (one, two) = duplex(10);
        let codec = |width| Lengths { width, longest: 300, order: ByteOrder::Big };
        let (mut one, mut two) = (Framed::new(one, codec(2)), Framed::new(two, codec(2)));
        let sends = async {
            one.feed(b"").unwrap();
            one.feed(&[7; 300]).unwrap();
            one.send(b"ahoy").await.unwrap();
            assert_eq!(one.send(&[7; 301]).await.unwrap_err().kind(), ErrorKind::InvalidData);
            *one.codec_mut() = codec(1);
            let error = one.send(&[7; 300]).await.unwrap_err();
            assert_eq!(error.to_string(), "a length of 300 does not fit into 1 bytes");
            one.close().await.unwrap();
        };
        let hears = async {
            let mut heard = Vec::new();
            while let Some(frame) = two.next().await {
                heard.push(frame.unwrap());
            }
            heard
        };
        let ((), heard) = gather((sends, hears)).await;
        assert_eq!(heard, [vec![], vec![7; 300], b"ahoy".to_vec()]);
    });
}

#[test]
fn what_is_cut_off_is_sent_and_heard_later() {
    testing::run(async {
        let (one, two) = duplex(3);
        let (mut one, mut two) =
            (Framed::new(one, Lines::default()), Framed::new(two, Lines::default()));
        let second = Duration::from_secs(1);
        assert!(timeout(second, one.send("ahoy")).await.is_err());
        assert!(timeout(second, two.next()).await.is_err());
        let hears =
            async { [two.next().await, two.next().await].map(|line| line.unwrap().unwrap()) };
        let (sent, heard) = gather((one.send("keel"), hears)).await;
        sent.unwrap();
        assert_eq!(heard, ["ahoy", "keel"]);
    });
}

#[test]
fn what_was_read_ahead_is_given_back() {
    run(async {
        let mut lines = Framed::new(&b"upgrade\n\x01\x02"[..], Lines::default());
        assert_eq!(lines.next().await.unwrap().unwrap(), "upgrade");
        let (stream, rest) = lines.into_parts();
        assert_eq!((stream, rest), (&b""[..], vec![1, 2]));
    });
}

#[test]
fn it_is_a_stream() {
    run(async {
        let lines = Framed::new(&b"3\n1\n2\n"[..], Lines::default());
        let sum = lines.fold(0, |sum, line| sum + line.unwrap().parse::<u32>().unwrap()).await;
        assert_eq!(sum, 6);
    });
}

#[test]
fn a_clone_of_a_codec_begins_anew() {
    run(async {
        let (mut far, near) = duplex(64);
        let mut lines = Framed::new(near, Lines::default());
        far.write_all(b"a long beginning of a line").await.unwrap();
        assert!(poll_once(lines.next()).await.is_none());
        let again = lines.codec_mut().clone();
        assert_eq!(all(&[b"one\ntwo\n"], again).await, (vec!["one".into(), "two".into()], None));
    });
}

#[test]
fn one_who_only_sends_lets_others_go_first() {
    run(async {
        let endless = create_task(async {
            let mut frames = Framed::new(sink(), Lengths::default());
            loop {
                frames.send(b"ahoy").await.unwrap();
            }
        });
        for _ in 0..10 {
            yield_now().await;
        }
        endless.cancelled().await;
    });
}

//! asyncio's reader and writer, by what CPython's own tests of them ask (`test_streams.py`).

use std::io::{self, ErrorKind};
use std::time::Duration;

use evenkeel::io::prelude::*;
use evenkeel::io::{ReadError, StreamReader, StreamWriter, duplex};
use evenkeel::{create_task, run, sleep, testing, timeout};

use super::Pieces;

fn reader(pieces: &[&[u8]]) -> StreamReader<Pieces> {
    StreamReader::new(Pieces::of(pieces))
}

/// `partial` and `expected`.
fn incomplete<T: std::fmt::Debug>(read: Result<T, ReadError>) -> (Vec<u8>, Option<usize>) {
    match read {
        Err(ReadError::Incomplete(error)) => (error.partial, error.expected),
        other => panic!("{other:?}"),
    }
}

/// `consumed`.
fn overrun<T: std::fmt::Debug>(read: Result<T, ReadError>) -> usize {
    match read {
        Err(ReadError::LimitOverrun(error)) => error.consumed,
        other => panic!("{other:?}"),
    }
}

#[test]
fn read() {
    run(async {
        let mut reader = reader(&[b"line1", b"line2"]);
        assert_eq!(reader.read(0).await.unwrap(), b"");
        assert_eq!(reader.read(30).await.unwrap(), b"line1");
        assert_eq!(reader.read(2).await.unwrap(), b"li");
        assert_eq!(reader.read_to_end().await.unwrap(), b"ne2");
        assert!(reader.at_eof());
        assert_eq!(reader.read(10).await.unwrap(), b"");
        assert_eq!(reader.read_to_end().await.unwrap(), b"");
    });
}

#[test]
fn readline() {
    run(async {
        let mut reader = reader(&[b"chunk1 ", b"chunk2 ", b"chunk3 ", b"\n chunk4", b"\nlast"]);
        assert_eq!(reader.readline().await.unwrap(), b"chunk1 chunk2 chunk3 \n");
        assert_eq!(reader.buffered(), b" chunk4");
        assert_eq!(reader.readline().await.unwrap(), b" chunk4\n");
        assert!(!reader.at_eof());
        assert_eq!(reader.readline().await.unwrap(), b"last", "at the end, without its own");
        assert_eq!(reader.readline().await.unwrap(), b"");
    });
}

#[test]
fn readline_beyond_the_limit() {
    run(async {
        // The end is there, too late: the line is dropped, and the next is whole.
        let pieces = Pieces::of(&[b"12345\nline2\n"]);
        let mut reader = StreamReader::with_limit(pieces, 3);
        assert_eq!(overrun(reader.readline().await), 5);
        assert_eq!(reader.buffered(), b"line2\n");
        // No end so far: what there is is dropped, whatever follows.
        let pieces = Pieces::of(&[b"12345", b"678\n", b"9\n"]);
        let mut reader = StreamReader::with_limit(pieces, 3);
        assert_eq!(overrun(reader.readline().await), 5);
        assert_eq!(reader.readline().await.unwrap(), b"678\n");
        assert_eq!(reader.readline().await.unwrap(), b"9\n");
        // Exactly the limit is no more than it.
        let mut reader = StreamReader::with_limit(Pieces::of(&[b"123", b"\n"]), 3);
        assert_eq!(reader.readline().await.unwrap(), b"123\n");
    });
}

#[test]
fn readuntil() {
    run(async {
        let mut reader = reader(&[b"some dataAAA", b"B", b"Bmore", b"AAA", b"Brest"]);
        assert_eq!(reader.readuntil(b"BB").await.unwrap(), b"some dataAAABB");
        assert_eq!(reader.readuntil(b"AAAB").await.unwrap(), b"moreAAAB");
        assert_eq!(incomplete(reader.readuntil(b"BB").await), (b"rest".to_vec(), None));
        assert!(reader.at_eof());
        assert_eq!(incomplete(reader.readuntil(b"BB").await), (vec![], None));
    });
}

#[test]
fn readuntil_beyond_the_limit() {
    run(async {
        let pieces = Pieces::of(&[b"some dataA", b"more"]);
        let mut reader = StreamReader::with_limit(pieces, 3);
        assert_eq!(overrun(reader.readuntil(b"AB").await), 9, "the last may begin a separator");
        assert_eq!(reader.buffered(), b"some dataA", "and all is still there");
        assert_eq!(reader.readexactly(12).await.unwrap(), b"some dataAmo");
        let mut reader = StreamReader::with_limit(Pieces::of(&[b"dataA"]), 3);
        assert_eq!(overrun(reader.readuntil(b"A").await), 4);
        let error = reader.readuntil(b"A").await.unwrap_err();
        assert_eq!(error.to_string(), "no separator within 3 bytes: there are 4 without one");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::InvalidData);
    });
}

#[test]
#[should_panic(expected = "wants a separator")]
fn readuntil_nothing() {
    run(async { drop(reader(&[]).readuntil(b"").await) });
}

#[test]
fn readexactly() {
    run(async {
        let mut pieces = reader(&[b"line1", b"line2"]);
        assert_eq!(pieces.readexactly(0).await.unwrap(), b"");
        assert_eq!(pieces.readexactly(7).await.unwrap(), b"line1li");
        assert_eq!(incomplete(pieces.readexactly(4).await), (b"ne2".to_vec(), Some(4)));
        // The limit is for searches, not for lengths that one says.
        let long = [7; 1000];
        let mut reader = StreamReader::with_limit(Pieces::of(&[&long]), 3);
        assert_eq!(reader.readexactly(1000).await.unwrap(), long);
        let error = reader.readexactly(1).await.unwrap_err();
        assert_eq!(error.to_string(), "the stream ended after 0 of 1 bytes");
        assert_eq!(io::Error::from(error).kind(), ErrorKind::UnexpectedEof);
    });
}

#[test]
fn an_error_of_the_stream() {
    run(async {
        let pieces = Pieces::of(&[b"half"]).then(ErrorKind::ConnectionReset);
        let mut reader = StreamReader::new(pieces);
        match reader.readline().await {
            Err(ReadError::Io(error)) => assert_eq!(error.kind(), ErrorKind::ConnectionReset),
            other => panic!("{other:?}"),
        }
        assert_eq!(reader.buffered(), b"half", "what came before it is kept");
        assert!(!reader.at_eof());
    });
}

#[test]
fn a_read_that_is_cut_off_loses_nothing() {
    testing::run(async {
        let (mut one, two) = duplex(64);
        let mut reader = StreamReader::new(two);
        let second = Duration::from_secs(1);
        one.write_all(b"ab").await.unwrap();
        assert!(timeout(second, reader.readline()).await.is_err());
        assert!(timeout(second, reader.readexactly(3)).await.is_err());
        assert!(timeout(second, reader.readuntil(b"d")).await.is_err());
        one.write_all(b"c\n").await.unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"abc\n");
    });
}

#[test]
fn a_reader_is_a_reader() {
    run(async {
        let mut reader = reader(&[b"one\ntwo\nthree"]);
        assert_eq!(reader.readline().await.unwrap(), b"one\n");
        let mut line = String::new();
        reader.read_line(&mut line).await.unwrap();
        let mut rest = [0; 3];
        AsyncReadExt::read_exact(&mut reader, &mut rest).await.unwrap();
        assert_eq!((line.as_str(), &rest), ("two\n", b"thr"));
    });
}

#[test]
fn write_and_drain() {
    testing::run(async {
        let (one, mut two) = duplex(4);
        let mut writer = StreamWriter::new(one);
        writer.write(b"even");
        writer.writelines(["ke", "el"]);
        assert_eq!(writer.buffered(), 8, "nothing goes before it is drained");
        let second = Duration::from_secs(1);
        assert!(timeout(second, writer.drain()).await.is_err(), "the other side is slow");
        assert_eq!(writer.buffered(), 4);
        let mut heard = [0; 8];
        let (drained, read) = evenkeel::gather((writer.drain(), two.read_exact(&mut heard))).await;
        drained.unwrap();
        read.unwrap();
        assert_eq!((&heard, writer.buffered()), (b"evenkeel", 0));
    });
}

#[test]
fn above_the_high_water_mark_it_goes_by_itself() {
    run(async {
        let (one, mut two) = duplex(100);
        let mut writer = StreamWriter::with_high_water(one, 10);
        writer.write(&[1; 10]);
        assert_eq!(writer.buffered(), 10);
        writer.write(&[2; 10]);
        assert_eq!(writer.buffered(), 0);
        writer.write(&[3; 200]);
        assert_eq!(writer.buffered(), 120, "as far as there is room");
        two.read_exact(&mut [0; 100]).await.unwrap();
        drop(two);
        writer.write(b"more");
        let error = writer.drain().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe, "told by the call that waits");
    });
}

#[test]
fn the_end_is_written_behind_the_rest() {
    run(async {
        let (one, mut two) = duplex(64);
        let mut writer = StreamWriter::new(one);
        writer.write(b"last");
        writer.write_eof();
        assert!(writer.is_closing());
        writer.drain().await.unwrap();
        let mut heard = String::new();
        two.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "last");
        writer.write(b"more");
        let error = writer.drain().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.to_string()),
            (ErrorKind::BrokenPipe, "written after close()".into())
        );
        assert!(writer.get_ref().is_some());
        writer.wait_closed().await.unwrap();
        assert!(writer.get_ref().is_none(), "the stream is gone");
        writer.wait_closed().await.unwrap();
        writer.drain().await.unwrap();
    });
}

#[cfg(feature = "net")]
#[test]
fn a_server_as_in_asyncio() {
    use evenkeel::io::{open_connection, start_server};
    run(async {
        let server = start_server("127.0.0.1:0", async |mut reader, mut writer| {
            loop {
                let line = reader.readline().await?;
                if line.is_empty() {
                    writer.close();
                    return writer.wait_closed().await.map_err(ReadError::from);
                }
                writer.write(&line);
                writer.drain().await?;
            }
        });
        let server = server.await.unwrap();
        assert!(server.is_serving());
        let ask = async |word: &str| {
            let (mut reader, mut writer) = open_connection(server.local_addr()).await.unwrap();
            writer.write(word.as_bytes());
            writer.write(b"\n");
            writer.drain().await.unwrap();
            let line = reader.readline().await.unwrap();
            writer.close();
            writer.wait_closed().await.unwrap();
            assert_eq!(reader.readline().await.unwrap(), b"");
            String::from_utf8(line).unwrap()
        };
        assert_eq!(
            evenkeel::gather((ask("even"), ask("keel"))).await,
            ("even\n".into(), "keel\n".into())
        );

        // Closing it lets who is there go on.
        let (mut reader, mut writer) = open_connection(server.local_addr()).await.unwrap();
        writer.write(b"one\n");
        writer.drain().await.unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"one\n");
        server.close();
        assert!(!server.is_serving());
        let over = create_task(async move { server.wait_closed().await.unwrap() });
        sleep(Duration::from_millis(5)).await;
        writer.write(b"two\n");
        writer.drain().await.unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"two\n");
        assert!(!over.is_finished());
        writer.close();
        writer.wait_closed().await.unwrap();
        let done = over.await;
        assert_eq!((done.accepted, done.failed, done.cancelled), (3, 0, 0));
    });
}

#[cfg(feature = "net")]
#[test]
fn a_server_can_end_its_clients() {
    use evenkeel::io::{open_connection, start_server};
    run(async {
        let server = start_server("127.0.0.1:0", async |mut reader, mut writer| {
            writer.write(b"ahoy\n");
            writer.drain().await?;
            reader.readline().await.map(drop)
        });
        let server = server.await.unwrap();
        let (mut reader, _writer) = open_connection(server.local_addr()).await.unwrap();
        assert_eq!(reader.readline().await.unwrap(), b"ahoy\n");
        server.abort_clients();
        assert!(!server.is_serving());
        // It says nothing and would be waited for without end.
        let done = timeout(Duration::from_secs(20), server.wait_closed()).await.unwrap().unwrap();
        assert_eq!((done.accepted, done.failed, done.cancelled), (1, 0, 1));
        assert_eq!(reader.readline().await.unwrap(), b"");
    });
}

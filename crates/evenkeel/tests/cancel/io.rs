//! Byte streams: what was read stays with the reader, what was written with the writer.
#![allow(clippy::await_holding_refcell_ref, reason = "one future holds it, and its drop lets go")]

use std::cell::RefCell;
use std::rc::Rc;

use evenkeel::io::prelude::*;
use evenkeel::io::{
    BufReader, DuplexStream, Framed, Lines, StreamReader, StreamWriter, copy, copy_bidirectional,
    copy_buf, duplex,
};
use futures_lite::future::block_on;

use crate::harness::{Case, World, case};

const STAYS: &str = "a stream keeps the last waker of each of its halves";
const WHOLE: &[u8] = b"abc\n";

/// An end of a stream that events use, until one drops it.
type Far = Rc<RefCell<Option<DuplexStream>>>;

fn write(far: &Far, bytes: &'static [u8], last: bool) -> impl FnOnce() + use<> {
    let far = Rc::clone(far);
    move || {
        // Whoever was cut off may have taken the other end along.
        let _ = block_on(far.borrow_mut().as_mut().unwrap().write_all(bytes));
        if last {
            far.borrow_mut().take();
        }
    }
}

fn read_all(far: &Far, heard: &Rc<RefCell<Vec<u8>>>) -> impl FnOnce() + use<> {
    let (far, heard) = (Rc::clone(far), Rc::clone(heard));
    move || {
        let (mut far, mut heard) = (far.borrow_mut(), heard.borrow_mut());
        let next = AsyncReadExt::read_to_end(far.as_mut().unwrap(), &mut heard);
        drop(block_on(futures_lite::future::poll_once(next)));
    }
}

pub(crate) fn cases() -> Vec<Case> {
    let mut cases = readers();
    cases.extend(writers());
    cases.extend(frames());
    cases.extend(copies());
    cases
}

/// What comes in two pieces is read once, by the one who is cut off or by the next.
fn reads<F>(read: F) -> World
where
    F: AsyncFn(&mut StreamReader<DuplexStream>) -> Vec<u8> + 'static,
{
    let (far, near) = duplex(64);
    let far = Rc::new(RefCell::new(Some(far)));
    let reader = Rc::new(RefCell::new(StreamReader::new(near)));
    let heard = Rc::new(RefCell::new(Vec::new()));
    let (seen, kept) = (Rc::clone(&reader), Rc::clone(&heard));
    World::new()
        .future(async move {
            let bytes = read(&mut reader.borrow_mut()).await;
            heard.borrow_mut().extend(bytes);
        })
        .event("a half", write(&far, b"ab", false))
        .event("the rest", write(&far, b"c\n", true))
        .in_order()
        .wakers_stay(STAYS)
        .check(move |_| {
            let rest = block_on(seen.borrow_mut().read_to_end()).unwrap();
            kept.borrow_mut().extend(rest);
            assert_eq!(*kept.borrow(), WHOLE, "bytes are lost, or twice");
        })
}

fn readers() -> Vec<Case> {
    vec![
        case("io_read", &["evenkeel/io/reader StreamReader::read"], || {
            reads(async |reader| reader.read(3).await.unwrap())
        }),
        case("io_read_to_end", &["evenkeel/io/reader StreamReader::read_to_end"], || {
            reads(async |reader| reader.read_to_end().await.unwrap())
        }),
        case("io_readline", &["evenkeel/io/reader StreamReader::readline"], || {
            reads(async |reader| reader.readline().await.unwrap())
        }),
        case("io_readuntil", &["evenkeel/io/reader StreamReader::readuntil"], || {
            reads(async |reader| reader.readuntil(b"c\n").await.unwrap())
        }),
        case("io_readexactly", &["evenkeel/io/reader StreamReader::readexactly"], || {
            reads(async |reader| reader.readexactly(3).await.unwrap())
        }),
    ]
}

/// What is written through a pipe that is too narrow arrives once, however often it is cut off.
fn writers() -> Vec<Case> {
    fn world(closes: bool) -> World {
        let (far, near) = duplex(2);
        let far = Rc::new(RefCell::new(Some(far)));
        let heard = Rc::new(RefCell::new(Vec::new()));
        let writer = Rc::new(RefCell::new(StreamWriter::new(near)));
        writer.borrow_mut().write(WHOLE);
        let (seen, kept, last) = (Rc::clone(&writer), Rc::clone(&heard), read_all(&far, &heard));
        World::new()
            .future(async move {
                let mut writer = writer.borrow_mut();
                if closes {
                    writer.wait_closed().await.unwrap();
                } else {
                    writer.drain().await.unwrap();
                }
            })
            .event("read", read_all(&far, &heard))
            .event("read again", read_all(&far, &heard))
            .wakers_stay(STAYS)
            .victim_may_wait()
            .check(move |_| {
                let rest = block_on(futures_lite::future::poll_once(async {
                    seen.borrow_mut().drain().await.unwrap();
                }));
                last();
                let all = rest.is_some() && *kept.borrow() == WHOLE;
                // Cut off before anything was read: the rest is still with the writer.
                assert!(all || kept.borrow().len() + seen.borrow().buffered() == WHOLE.len());
            })
    }
    vec![
        case("io_drain", &["evenkeel/io/writer StreamWriter::drain"], || world(false)),
        case("io_wait_closed", &["evenkeel/io/writer StreamWriter::wait_closed"], || world(true)),
    ]
}

fn frames() -> Vec<Case> {
    vec![
        case("io_frame", &["evenkeel/io/framed Framed::next"], || {
            let (far, near) = duplex(64);
            let far = Rc::new(RefCell::new(Some(far)));
            let lines = Rc::new(RefCell::new(Framed::new(near, Lines::default())));
            let seen = Rc::clone(&lines);
            World::new()
                .future(async move {
                    assert_eq!(lines.borrow_mut().next().await.unwrap().unwrap(), "abc");
                })
                .event("a half", write(&far, b"ab", false))
                .event("the rest", write(&far, b"c\n", true))
                .in_order()
                .wakers_stay(STAYS)
                .check(move |end| {
                    let next = block_on(seen.borrow_mut().next()).transpose().unwrap();
                    assert_eq!(next.is_some(), end.cut(), "a frame is lost, or twice");
                })
        }),
        case("io_send_frame", FRAMES, || {
            let (far, near) = duplex(2);
            let far = Rc::new(RefCell::new(Some(far)));
            let heard = Rc::new(RefCell::new(Vec::new()));
            let kept = Rc::clone(&heard);
            let mut lines = Framed::new(near, Lines::default());
            World::new()
                .future(async move {
                    lines.send("ab").await.unwrap();
                    lines.feed("cd").unwrap();
                    lines.flush().await.unwrap();
                    lines.close().await.unwrap();
                })
                .event("read", read_all(&far, &heard))
                .event("read more", read_all(&far, &heard))
                .event("read all", read_all(&far, &heard))
                .keep(far)
                .wakers_stay(STAYS)
                .victim_may_wait()
                .check(move |_| assert!(b"ab\ncd\n".starts_with(&kept.borrow())))
        }),
    ]
}

const FRAMES: &[&str] = &[
    "evenkeel/io/framed Framed::send",
    "evenkeel/io/framed Framed::flush",
    "evenkeel/io/framed Framed::close",
];

fn copies() -> Vec<Case> {
    /// Two ends of a copy's two streams.
    fn ends() -> ((DuplexStream, Far), (DuplexStream, Far)) {
        let end = || {
            let (far, near) = duplex(64);
            (near, Rc::new(RefCell::new(Some(far))))
        };
        (end(), end())
    }
    vec![
        case("io_copy", &["evenkeel/io/copy copy"], || {
            let ((from, sends), (to, hears)) = ends();
            World::new()
                .future(async move { assert_eq!(copy(from, to).await.unwrap(), 4) })
                .event("a half", write(&sends, b"ab", false))
                .event("the rest", write(&sends, b"c\n", true))
                .in_order()
                .keep(hears)
        }),
        case("io_copy_buf", &["evenkeel/io/copy copy_buf"], || {
            let ((from, sends), (to, hears)) = ends();
            World::new()
                .future(async move {
                    assert_eq!(copy_buf(BufReader::new(from), to).await.unwrap(), 4);
                })
                .event("a half", write(&sends, b"ab", false))
                .event("the rest", write(&sends, b"c\n", true))
                .in_order()
                .keep(hears)
        }),
        case("io_copy_bidirectional", &["evenkeel/io/copy copy_bidirectional"], || {
            let ((mut one, here), (mut two, there)) = ends();
            World::new()
                .future(async move {
                    let copied = copy_bidirectional(&mut one, &mut two).await;
                    // Who is gone before the other has spoken is one who cannot be written to.
                    assert!(copied.is_ok_and(|copied| copied == (4, 4)));
                })
                .event("this side", end_of(&here))
                .event("that side", end_of(&there))
                .keep((here, there))
        }),
    ]
}

/// Says it all, and ends its half.
fn end_of(far: &Far) -> impl FnOnce() + use<> {
    let far = Rc::clone(far);
    move || {
        let mut far = far.borrow_mut();
        let far = far.as_mut().unwrap();
        let _ = block_on(far.write_all(WHOLE));
        block_on(far.close()).unwrap();
    }
}

//! Reading into memory that hyper lends and that is not initialised.

// ONLY WRITTEN: whoever gets the memory writes bytes into it from its beginning, and nothing else; in
// particular it undoes no initialisation. `Socket` promises it for `poll_read_uninit`, whose only
// implementations are in `stream.rs` (the trait is sealed); the other users are in this file, and cursors of
// hyper's, whose own contract it is.
// COUNTED: the answer `n` means that the first n bytes are initialised. By the same promise.

use std::io;
use std::mem::MaybeUninit;
use std::task::{Context, Poll, ready};

#[cfg(feature = "server")]
use hyper::rt::ReadBuf;
use hyper::rt::ReadBufCursor;

use crate::stream::Socket;

/// From a socket, straight into hyper's memory.
pub(crate) fn read_socket<S: Socket>(
    socket: &S,
    cx: &mut Context<'_>,
    mut cursor: ReadBufCursor<'_>,
) -> Poll<io::Result<()>> {
    // SAFETY: ONLY WRITTEN.
    let memory = unsafe { cursor.as_mut() };
    let room = memory.len();
    let n = ready!(socket.poll_read_uninit(cx, memory))?;
    assert!(n <= room, "a read answered more than there was room for");
    // SAFETY: COUNTED.
    unsafe { cursor.advance(n) };
    Poll::Ready(Ok(()))
}

/// From a stream that wants initialised memory: as much of it as `most` is filled with zeros first.
pub(crate) fn read_zeroed(
    mut cursor: ReadBufCursor<'_>,
    most: usize,
    read: impl FnOnce(&mut [u8]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<()>> {
    let room = cursor.remaining().min(most);
    // SAFETY: ONLY WRITTEN: zeros, here.
    let memory = unsafe { &mut cursor.as_mut()[..room] };
    memory.fill(MaybeUninit::new(0));
    // SAFETY: all of it was just written; `u8` and `MaybeUninit<u8>` have one layout.
    let memory = unsafe { &mut *(memory as *mut [MaybeUninit<u8>] as *mut [u8]) };
    let n = ready!(read(memory))?;
    assert!(n <= room, "a read answered more than there was room for");
    // SAFETY: COUNTED: n is no more than was filled with zeros.
    unsafe { cursor.advance(n) };
    Poll::Ready(Ok(()))
}

/// From another stream of hyper's, telling how much it was: a cursor alone does not.
#[cfg(feature = "server")]
pub(crate) fn read_counted(
    mut cursor: ReadBufCursor<'_>,
    read: impl FnOnce(ReadBufCursor<'_>) -> Poll<io::Result<()>>,
) -> Poll<io::Result<usize>> {
    // SAFETY: ONLY WRITTEN, through another cursor.
    let mut lent = ReadBuf::uninit(unsafe { cursor.as_mut() });
    ready!(read(lent.unfilled()))?;
    let n = lent.filled().len();
    // SAFETY: COUNTED, by the other cursor.
    unsafe { cursor.advance(n) };
    Poll::Ready(Ok(n))
}

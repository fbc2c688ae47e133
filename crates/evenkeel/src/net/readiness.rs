//! What streams and datagram sockets have for code that tries by itself: waiting until that is worth it.
//!
//! The kernel is asked each time, so the answers hold whatever was read or written meanwhile, and by whom.

/// Waiting until a call is worth trying, as a future and as a poll function.
macro_rules! readiness {
    ($socket:ident) => {
        impl $socket {
            /// Waits until reading is worth trying: there is something to read, or an end or error.
            ///
            /// It asks the kernel each time. Another task may be quicker: what is tried next may find nothing.
            ///
            /// # Cancellation
            ///
            /// *Nothing lost*.
            ///
            /// # Errors
            ///
            /// Those of asking the kernel.
            pub async fn readable(&self) -> io::Result<()> {
                self.source.readable().await
            }

            /// Waits until writing is worth trying: there is room, or an error.
            ///
            /// It asks the kernel each time. Another task may be quicker: what is tried next may find no room.
            ///
            /// # Cancellation
            ///
            /// *Nothing lost*.
            ///
            /// # Errors
            ///
            /// Those of asking the kernel.
            pub async fn writable(&self) -> io::Result<()> {
                self.source.writable().await
            }

            /// [`readable`](Self::readable) as a poll function. Any number of tasks may wait by it.
            ///
            /// # Errors
            ///
            /// Those of asking the kernel.
            pub fn poll_readable(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<io::Result<()>> {
                self.source.poll_readable(cx)
            }

            /// [`writable`](Self::writable) as a poll function. Any number of tasks may wait by it.
            ///
            /// # Errors
            ///
            /// Those of asking the kernel.
            pub fn poll_writable(
                &self,
                cx: &mut std::task::Context<'_>,
            ) -> std::task::Poll<io::Result<()>> {
                self.source.poll_writable(cx)
            }
        }
    };
}

/// Reading and writing bytes without waiting.
macro_rules! tries_bytes {
    ($stream:ident) => {
        impl $stream {
            /// Reads what is there, without waiting; 0 is the end, if there was room.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if nothing is there: [`readable`](Self::readable) then waits until something is.
            /// Those of `recv`.
            pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
                io::Read::read(&mut self.source.get_ref(), buf)
            }

            /// As [`try_read`](Self::try_read), into one buffer after the other.
            ///
            /// # Errors
            ///
            /// As for [`try_read`](Self::try_read).
            pub fn try_read_vectored(&self, bufs: &mut [io::IoSliceMut<'_>]) -> io::Result<usize> {
                io::Read::read_vectored(&mut self.source.get_ref(), bufs)
            }

            /// Writes as much as there is room for, without waiting.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if there is none: [`writable`](Self::writable) then waits until there is. Those of
            /// `send`.
            pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
                io::Write::write(&mut self.source.get_ref(), buf)
            }

            /// As [`try_write`](Self::try_write), from one buffer after the other.
            ///
            /// # Errors
            ///
            /// As for [`try_write`](Self::try_write).
            pub fn try_write_vectored(&self, bufs: &[io::IoSlice<'_>]) -> io::Result<usize> {
                io::Write::write_vectored(&mut self.source.get_ref(), bufs)
            }
        }
    };
}

/// Datagrams to and from the socket it is connected to, without waiting.
macro_rules! tries_datagrams {
    ($socket:ident) => {
        impl $socket {
            /// [`recv`](Self::recv)s a datagram that is there.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if none is: [`readable`](Self::readable) then waits for one. Those of `recv`.
            pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
                self.source.get_ref().recv(buf)
            }

            /// [`send`](Self::send)s a datagram if there is room for it.
            ///
            /// # Errors
            ///
            /// `WouldBlock` if there is not: [`writable`](Self::writable) then waits until there is. Those of
            /// `send`.
            pub fn try_send(&self, buf: &[u8]) -> io::Result<usize> {
                self.source.get_ref().send(buf)
            }
        }
    };
}

pub(super) use {readiness, tries_bytes, tries_datagrams};
